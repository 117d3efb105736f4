"""Small problems for the probes of labels: features and a label, split in three."""

import numpy as np

from interaction_probes.probing.labels.probe import probe_label

PENALTIES = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
#: Rows of the training, the validation and the test part of a problem.
ROWS = (300, 200, 250)
#: Rows that a probe is fitted to in the end.
FITTED = 500


def parts(values, rows=ROWS):
    """Values [n, …] as those of the three parts."""
    return np.split(values[: sum(rows)], np.cumsum(rows)[:-1])


def features(seed=0, width=6):
    return np.random.default_rng(seed).normal(size=(sum(ROWS), width))


def label(kind, x, seed=1, columns=4):
    """A label that depends on features, with noise."""
    rng = np.random.default_rng(seed)
    signal = x @ rng.normal(size=(x.shape[1], columns))
    if kind == "classes":
        return (signal + rng.gumbel(size=signal.shape)).argmax(1)
    if kind == "multilabel":
        return signal + rng.logistic(size=signal.shape) > np.linspace(-1, 2, columns)
    return signal * np.logspace(-2, 2, columns) + 3 + rng.normal(size=signal.shape)


def probe(kind, x, y, counts=None, penalties=PENALTIES, rows=ROWS, **options):
    """The probe of features and a label, which are split in three."""
    examples = zip(parts(x, rows), parts(y, rows), strict=True)
    return probe_label(kind, *examples, penalties=penalties, counts=counts, **options)


def standardised(x, fitted=FITTED):
    """Features standardised by the training and validation rows, as scikit-learn is given them."""
    mean, deviation = x[:fitted].mean(0), x[:fitted].std(0)
    return (x - mean) / np.where(deviation > 0, deviation, 1)

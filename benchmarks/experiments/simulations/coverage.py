"""How often 95 % intervals of a probe's accuracy and bits hold the truth, on simulated test sets.

Run with ``python benchmarks/experiments/simulations/coverage.py [--sets 60] [--out coverage.csv]``.
Codes are one-hot vectors of the class, times a signal, plus normal noise: perfect, middling or
chance. Four probes of each are fitted, and each scores many test sets of its own. The truth is that
probe's accuracy and bits on a large set. The classes of a test set are even by design, drawn at
random from even frequencies, or drawn from uneven ones (1, 1/2, 1/3, …). Two more designs have a
rare class of some five rows, and pairs as a run generates them: those of 200 test images with the
same shape.

Columns of the table are intervals of four kinds, by the same resamplings:

- ``probe``: what `probe` and every run print;
- ``entropy resampled``: percentiles of the metric of each resampling, where a class that it lacks
  is left out of accuracy: what versions before this benchmark printed;
- ``basic``: the same, reflected at the estimate;
- ``entropy kept``: H(Y) of the scored labels, and percentiles of the resampled cross-entropy.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from interaction_probes.common.streams import stream
from interaction_probes.probing.intervals import Interval, draw_resample_counts
from interaction_probes.probing.linear import choose_penalties, refit
from interaction_probes.probing.metrics import METRICS, label_entropy, measure
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.result import score_log_probabilities
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.probe_config import ProbeConfig
from trifeature import FactorCounts
from trifeature.images.image_sets import split_combinations

FITS = 4
#: Classes and rows per class of the test sets.
SIZES = ((2, 100), (10, 20), (10, 100), (20, 10), (50, 4))
SIGNALS = {"perfect": 12.0, "middling": 2.5, "chance": 0.0}
DESIGNS = ("even", "drawn", "uneven")
#: Frequencies of the two classes of which one is rare, and rows of a test set.
RARE, RARE_ROWS = np.array([0.95, 0.05]), 100
#: An interval ends at the truth where both are the same number, up to this.
ROUNDING = 1e-4

#: Features [n, d] → log-probabilities [n, classes], in nats.
Probe = Callable[[np.ndarray], np.ndarray]


def codes(labels: np.ndarray, classes: int, signal: float, rng: np.random.Generator) -> np.ndarray:
    """One-hot codes times the signal, with noise: [n, classes]."""
    return signal * np.eye(classes)[labels] + rng.normal(size=(len(labels), classes))


def fit(features: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Probe:
    """The probe of every run, of the penalty chosen for bits."""
    classes, penalties = int(labels.max()) + 1, ProbeConfig().strengths
    basis = PCABasis.of(torch.from_numpy(features).float())
    rotated = basis.rotate(torch.from_numpy(features).float())
    split = stratified_split(labels, rng)
    selection = choose_penalties(rotated, basis.variance, labels, classes, penalties, split)
    probes = refit(rotated, basis.variance, labels, classes, penalties, selection)
    return lambda x: probes.log_probabilities(basis.rotate(torch.from_numpy(x).float()))["bits"]


def truth(
    log_probabilities: np.ndarray, labels: np.ndarray, frequencies: np.ndarray
) -> tuple[float, float]:
    """Accuracy and bits of a probe on a large set, for classes of these frequencies."""
    rows = np.arange(len(labels))
    sizes = np.bincount(labels)
    surprise = np.bincount(labels, -log_probabilities[rows, labels] / np.log(2)) / sizes
    recall = np.bincount(labels, log_probabilities.argmax(1) == labels) / sizes
    entropy = -frequencies @ np.log2(frequencies)
    return float(recall.mean()), float(entropy - frequencies @ surprise)


def intervals(
    log_probabilities: np.ndarray, labels: np.ndarray, counts: np.ndarray
) -> dict[tuple[str, str], Interval]:
    """(metric, kind) → interval of one test set."""
    each = dict.fromkeys(METRICS, log_probabilities)
    classes = log_probabilities.shape[1]
    score = score_log_probabilities(each, labels, counts)
    resampled = measure(each, labels, counts)
    member = np.eye(classes)[labels]
    hits = counts @ (member * (log_probabilities.argmax(1) == labels)[:, None])
    sizes = counts @ member
    recalls = np.divide(hits, sizes, out=np.full_like(hits, np.nan), where=sizes > 0)
    entropy = label_entropy(labels, classes, counts)
    replicates = {
        "accuracy": np.nanmean(recalls, axis=1),
        "bits": entropy - resampled.cross_entropy,
    }
    found = {}
    for metric, values in replicates.items():
        estimate = getattr(score, metric)
        before = Interval.of(values)
        found[metric, "probe"] = score.intervals[metric]
        found[metric, "entropy resampled"] = before
        found[metric, "basic"] = Interval(2 * estimate - before.high, 2 * estimate - before.low)
    kept = score.bits + score.cross_entropy - resampled.cross_entropy
    found["bits", "entropy kept"] = Interval.of(kept)
    return found


def independent_rows(sets: int) -> Iterator[dict[str, object]]:
    """Rows of results of test sets whose samples are independent."""
    cases = [(classes, classes * rows, design) for classes, rows in SIZES for design in DESIGNS]
    for classes, n, design in [*cases, (2, RARE_ROWS, "rare class")]:
        frequencies = np.full(classes, 1 / classes)
        if design == "uneven":
            frequencies = (1 / np.arange(1, classes + 1)) / (1 / np.arange(1, classes + 1)).sum()
        if design == "rare class":
            frequencies = RARE
        for name, signal in SIGNALS.items():
            for fitted in range(FITS):
                rng = stream(fitted, "coverage", str(classes), str(n), design, name)
                labels = np.arange(40 * classes) % classes
                probe = fit(codes(labels, classes, signal, rng), labels, rng)
                large = np.arange(20_000) % classes
                true = truth(probe(codes(large, classes, signal, rng)), large, frequencies)
                for _ in range(sets):
                    drawn = rng.choice(classes, n, p=frequencies)
                    scored = np.arange(n) % classes if design == "even" else drawn
                    if len(np.unique(scored)) < 2:
                        continue
                    counts = draw_resample_counts(np.arange(n)[:, None], n, rng)
                    found = intervals(probe(codes(scored, classes, signal, rng)), scored, counts)
                    yield from results((design, classes, n, name), found, true)


def image_codes(factors: np.ndarray, signal: float, rng: np.random.Generator) -> np.ndarray:
    """Codes of the shape and the texture of images whose factors are [n, 3]: [n, 20]."""
    return np.hstack([codes(factors[:, factor], 10, signal, rng) for factor in range(2)])


def balanced_pairs(n: int, signal: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Codes [n, 40] of pairs of the same shape, each of its own images, and factors of image 1."""
    first, second = rng.integers(10, size=(2, n, 3))
    second[:, 0] = first[:, 0]
    return np.hstack([image_codes(each, signal, rng) for each in (first, second)]), first


def generated_pairs(sets: int) -> Iterator[dict[str, object]]:
    """The same of all pairs of test images with the same shape, as a run scores R and U1."""
    for factor, task in enumerate(("R", "U1")):
        for name, signal in SIGNALS.items():
            for fitted in range(FITS):
                rng = stream(fitted, "coverage", task, name)
                features, factors = balanced_pairs(10_000, signal, rng)
                probe = fit(features, factors[:, factor], rng)
                features, factors = balanced_pairs(20_000, signal, rng)
                true = truth(probe(features), factors[:, factor], np.full(10, 0.1))
                for k in range(sets):
                    _, test = split_combinations(FactorCounts(), 1000 * fitted + k)
                    pairs = np.argwhere(test[:, None, 0] == test[None, :, 0])
                    features = image_codes(test, signal, rng)[pairs].reshape(len(pairs), -1)
                    weights = draw_resample_counts(pairs, len(test), rng)
                    found = intervals(probe(features), test[pairs[:, 0], factor], weights)
                    yield from results((f"of {task} in a run", 10, len(test), name), found, true)


def results(
    case: tuple[str, int, int, str],
    found: dict[tuple[str, str], Interval],
    true: tuple[float, float],
) -> Iterator[dict[str, object]]:
    """A row per interval of a test set."""
    names = dict(zip(("classes_are", "classes", "n", "codes"), case, strict=True))
    for (metric, kind), interval in found.items():
        value = dict(zip(("accuracy", "bits"), true, strict=True))[metric]
        covers = interval.low - ROUNDING <= value <= interval.high + ROUNDING
        width = interval.high - interval.low
        yield names | {"metric": metric, "kind": kind, "covers": covers, "width": width}


def main() -> None:
    """Print the coverage and the mean width of each kind, and write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=60, help="test sets of each of the four probes")
    parser.add_argument("--out", type=Path, help="a CSV file for the table")
    arguments = parser.parse_args()
    if arguments.sets < 1:
        parser.error(f"--sets must be 1 or more, not {arguments.sets}")
    torch.set_num_threads(1)
    rows = pd.DataFrame([*independent_rows(arguments.sets), *generated_pairs(arguments.sets)])
    case = ["metric", "classes_are", "classes", "n", "codes", "kind"]
    table = rows.groupby(case, sort=False).agg(
        sets=("covers", "size"), coverage=("covers", "mean"), width=("width", "mean")
    )
    print(table["coverage"].unstack("kind").round(3).to_string())
    if arguments.out is not None:
        table.round(4).to_csv(arguments.out)


if __name__ == "__main__":
    main()

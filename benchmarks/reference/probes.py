"""Linear probes as usually scripted: each task encodes its pairs anew and fits each L2 penalty."""

import time
import warnings
from collections.abc import Sequence

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor

from benchmarks.reference.comm import ReferenceCoMM
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.probing.splits import Split
from trifeature import PairedImages


def fit_sklearn(
    x: np.ndarray, y: np.ndarray, l2: float, max_iter: int = 5_000
) -> LogisticRegression:
    """scikit-learn's solution of mean cross-entropy + λ/2 ‖W‖²."""
    model = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-5, max_iter=max_iter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ConvergenceWarning
        return model.fit(x, y)


def reference_probe(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    l2_penalties: Sequence[float],
    split: Split,
    max_iter: int,
) -> float:
    """Macro accuracy of a probe whose L2 penalty is chosen on held-out training pairs.

    Args:
        train: features [n, d] and labels [n].
        test: features [m, d] and labels [m].
        l2_penalties: λ to choose from.
        split: rows of the training pairs to fit on and to validate on.
        max_iter: iterations of scikit-learn's solver at most.
    """
    mean, deviation = train[0].mean(0), train[0].std(0) + 1e-12
    x, x_test = (((features - mean) / deviation).astype(float) for features in (train[0], test[0]))
    y, (fitted, held_out) = train[1], split
    accuracies = [
        balanced_accuracy_score(
            y[held_out],
            fit_sklearn(x[fitted], y[fitted], l2, max_iter).predict(x[held_out]),
        )
        for l2 in l2_penalties
    ]
    best = l2_penalties[int(np.argmax(accuracies))]
    predicted = fit_sklearn(x, y, best, max_iter).predict(x_test)
    return float(balanced_accuracy_score(test[1], predicted))


@torch.no_grad()
def seconds_to_encode(
    model: ReferenceCoMM, data: PairedImages, images: Tensor, pairs: int
) -> float:
    """Seconds to encode every probed pair once, extrapolated from a few.

    Args:
        model: encodes both images of every pair.
        data: its probe_train and probe_test give the number of pairs.
        images: uint8 [n, 3, h, w].
        pairs: how many are timed.
    """
    model.eval()
    size = images.shape[2]
    timed = images[torch.arange(pairs) % len(images)]
    model.represent([eval_transform(timed[:2], size)] * 2)  # warm-up: it allocates
    started = time.perf_counter()
    for batch in timed.split(50):
        model.represent([eval_transform(batch, size), eval_transform(batch, size)])
    per_pair = (time.perf_counter() - started) / pairs
    return per_pair * (len(data.probe_train.index) + len(data.probe_test.index))

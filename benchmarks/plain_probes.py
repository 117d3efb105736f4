"""Linear probes as usually scripted: every task encodes its pairs anew and fits each strength."""

import time
import warnings
from collections.abc import Sequence

import numpy as np
import torch
from plain_comm import PlainCoMM
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor

from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.probing.splits import Split
from trifeature import PairedImages


def fit_oracle(
    x: np.ndarray, y: np.ndarray, strength: float, passes: int = 5_000
) -> LogisticRegression:
    """scikit-learn's solution of mean cross-entropy + λ/2 ‖W‖²."""
    oracle = LogisticRegression(C=1 / (strength * len(y)), tol=1e-5, max_iter=passes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the passes do not reach its tolerance
        return oracle.fit(x, y)


def probe_plainly(
    fit: tuple[np.ndarray, np.ndarray],
    score: tuple[np.ndarray, np.ndarray],
    strengths: Sequence[float],
    split: Split,
    passes: int,
) -> float:
    """Macro accuracy of a probe whose strength is chosen on held-out fitting pairs.

    Args:
        fit: features [n, d] and labels [n] to choose the strength on and to fit.
        score: features [m, d] and labels [m] to score.
        strengths: λ to choose from.
        split: rows of the fitting pairs to fit and to validate on.
        passes: of scikit-learn's solver at most.
    """
    mean, deviation = fit[0].mean(0), fit[0].std(0) + 1e-12
    x, scored = (((features - mean) / deviation).astype(float) for features in (fit[0], score[0]))
    y, (fitted, held) = fit[1], split
    held_out = [
        balanced_accuracy_score(
            y[held],
            fit_oracle(x[fitted], y[fitted], strength, passes).predict(x[held]),
        )
        for strength in strengths
    ]
    chosen = strengths[int(np.argmax(held_out))]
    guesses = fit_oracle(x, y, chosen, passes).predict(scored)
    return float(balanced_accuracy_score(score[1], guesses))


@torch.no_grad()
def seconds_to_encode(model: PlainCoMM, data: PairedImages, images: Tensor, pairs: int) -> float:
    """Seconds to represent all pairs that are fitted and scored once, from some that are timed.

    Args:
        model: it encodes both images of every pair.
        data: how many pairs there are.
        images: uint8 [n, 3, h, w].
        pairs: how many are timed.
    """
    model.eval()
    size = images.shape[2]
    some = images[torch.arange(pairs) % len(images)]
    model.represent([eval_transform(some[:2], size)] * 2)  # not counted: it allocates
    started = time.perf_counter()
    for part in some.split(50):
        model.represent([eval_transform(part, size), eval_transform(part, size)])
    each = (time.perf_counter() - started) / pairs
    return each * (len(data.probe_train.index) + len(data.probe_test.index))

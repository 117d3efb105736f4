"""Seconds to fit linear probes along all strengths, against one scikit-learn fit per strength.

Run with ``python benchmarks/probes.py [--pairs 10000] [--width 256]`` on an otherwise idle machine.
Features are synthetic, with a covariance that spans five decades. Both solve the same problems in
one process with the same threads; the table gives the ratio of seconds, and how far the objectives
of the toolkit lie above scikit-learn's at most (below them where scikit-learn did not converge).
"""

import argparse
import platform
import time

import numpy as np
import sklearn
import torch
from plain_probes import fit_oracle
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.logistic import fit_logistic
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.config import ProbeConfig

Problem = tuple[torch.Tensor, dict[str, np.ndarray]]


def synthetic(pairs: int, width: int) -> Problem:
    """Features of two images' factors, some of them hard to read, and the labels of four tasks."""
    rng = np.random.default_rng(0)
    shape, texture, other, colour = rng.integers(10, size=(4, pairs))
    codes = np.concatenate([np.eye(10)[f] for f in (shape, texture, other, colour)], axis=1)
    noise = 3.0 * rng.normal(size=(pairs, width))
    hidden = np.tanh(1.5 * codes @ rng.normal(size=(40, width)) + noise)
    spread = np.logspace(0, -2.5, width)  # standard deviations: variances span five decades
    mixed = hidden * spread @ np.linalg.qr(rng.normal(size=(width, width)))[0]
    hit = (colour == rng.permutation(10)[texture]).astype(np.int64)
    labels = {"R": shape, "U1": texture, "U2": other, "S": hit}
    return torch.from_numpy(mixed).float(), labels


def objective(oracle: LogisticRegression, x: np.ndarray, y: np.ndarray, strength: float) -> float:
    """Mean cross-entropy + λ/2 ‖W‖² of scikit-learn's solution, in float64."""
    weight = oracle.coef_
    logits = torch.from_numpy(x @ weight.T + oracle.intercept_)
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    loss = F.cross_entropy(logits, torch.from_numpy(y))
    return float(loss) + strength / 2 * float((weight**2).sum())


def main() -> None:
    """Print a line per task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=256)
    arguments = parser.parse_args()
    features, labels = synthetic(arguments.pairs, arguments.width)
    strengths = ProbeConfig().strengths
    print(
        f"python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, {torch.get_num_threads()} threads; {len(features)} pairs, "
        f"width {features.shape[1]}, {len(strengths)} strengths"
    )
    started = time.perf_counter()
    spectrum = PCABasis.of(features)
    rotated = spectrum.rotate(features)
    standard = spectrum.standardise(features).double().numpy()
    print(f"spectrum {time.perf_counter() - started:.2f} s")
    whole = 0.0
    for task, y in labels.items():
        classes = 2 if task == "S" else int(y.max()) + 1
        started = time.perf_counter()
        found = fit_logistic(rotated, spectrum.variance, torch.from_numpy(y), classes, strengths)
        ours = time.perf_counter() - started
        theirs, worst = 0.0, -1.0
        for k, strength in enumerate(strengths):
            started = time.perf_counter()
            oracle = fit_oracle(standard, y, strength)
            theirs += time.perf_counter() - started
            best = objective(oracle, standard, y, strength)
            worst = max(worst, float(found.objective[k]) / best - 1)
        started = time.perf_counter()
        split = stratified_split(y, np.random.default_rng(0))
        linear_probe((features, y), (features, y), classes, strengths, split, spectrum)
        probe = time.perf_counter() - started
        whole += probe
        print(
            f"{task:<3} path {ours:6.2f} s  scikit-learn {theirs:7.2f} s  "
            f"ratio {theirs / ours:6.1f}  objective at most {100 * worst:+.4f} %  "
            f"whole probe {probe:5.2f} s"
        )
    print(f"whole probing {whole:.2f} s")


if __name__ == "__main__":
    main()

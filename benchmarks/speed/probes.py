"""Seconds to fit linear probes for all L2 penalties, against one scikit-learn fit per penalty.

Run with ``python benchmarks/speed/probes.py [--pairs 10000] [--width 256]`` on an otherwise idle
machine. Features are synthetic, with a covariance that spans five decades. Both solve the same
problems in one process with the same threads. The table has the ratio of seconds, and the largest
excess of the toolkit's objective over scikit-learn's (negative if scikit-learn did not converge).

With ``--classes C`` one problem of C classes is fitted at one penalty, by the probe's solver,
by `LinearProbe` and by scikit-learn's LogisticRegression, in turn, each in a process of its own:
processor seconds of the fit, peak memory of the process and objective. ``--pairs 1000 --width 25088
--classes 10`` are wide features, ``--pairs 5000 --classes 1000`` many classes. Compare
seconds where objectives agree: on wide features scikit-learn stops after one step at its default
tolerance, and ``--tolerance 1e-6`` gives it the same digits.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.reference.probes import fit_sklearn
from benchmarks.speed.measure import versions
from interaction_probes import LinearProbe
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.solver.path import fit_logistic
from interaction_probes.probing.splits import stratified_split
from interaction_probes.runtime.memory import peak_memory
from interaction_probes.settings.probe_config import ProbeConfig

Problem = tuple[torch.Tensor, dict[str, np.ndarray]]


def synthetic(pairs: int, width: int) -> Problem:
    """Noisy non-linear features of the factors of two images, and the labels of four tasks."""
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


def objective(model: LogisticRegression, x: np.ndarray, y: np.ndarray, l2: float) -> float:
    """Mean cross-entropy + λ/2 ‖W‖² of scikit-learn's solution, in float64."""
    weight = model.coef_
    logits = torch.from_numpy(x @ weight.T + model.intercept_)
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    loss = F.cross_entropy(logits, torch.from_numpy(y))
    return float(loss) + l2 / 2 * float((weight**2).sum())


FITS = ("solver", "LinearProbe", "scikit-learn")


def noisy_classes(pairs: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised features: a mean per class and noise, most of it in 200 directions."""
    rng = np.random.default_rng(0)
    y = np.arange(pairs) % classes
    spread = np.logspace(0, -1.5, min(200, width))
    codes = (rng.normal(size=(classes, len(spread)))[y] + rng.normal(size=(pairs, len(spread)))) * (
        spread
    )
    x = codes @ rng.normal(size=(len(spread), width))
    x += 0.5 * rng.normal(size=x.shape)
    x -= x.mean(0)
    x /= np.sqrt(np.einsum("nd,nd->d", x, x) / pairs)
    return x, y


def fit_once(
    fit: str, pairs: int, width: int, classes: int, l2: float, tolerance: float
) -> dict[str, float]:
    """Processor seconds, peak memory of the process in bytes, and objective of one fit."""
    x, y = noisy_classes(pairs, width, classes)
    features = torch.from_numpy(x.astype(np.float32))
    started = time.process_time()
    value = 0.0
    model = LinearProbe((l2,))
    if fit == "solver":
        basis = PCABasis.of(features)
        solution = fit_logistic(basis.rotated, basis.variance, torch.from_numpy(y), classes, [l2])
        value = float(solution.objective[0])
    elif fit == "LinearProbe":
        model.fit(x, y)
    else:
        c = 1 / (l2 * len(y))
        model = LogisticRegression(C=c, max_iter=5_000, tol=tolerance).fit(x, y)
    seconds = time.process_time() - started
    return {
        "seconds": seconds,
        "bytes": peak_memory(),
        "objective": value or objective(model, x, y, l2),
    }


def compare_processes(arguments: argparse.Namespace) -> None:
    """Print a line per fit: the medians of several, in turn."""
    print(f"{versions()}; {arguments}")
    options = ("pairs", "width", "classes", "penalty", "tolerance")
    given = [f"--{name}={getattr(arguments, name)}" for name in options]
    found: dict[str, list[dict[str, float]]] = {fit: [] for fit in FITS}
    for _ in range(arguments.repeats):
        for fit in FITS:
            command = [sys.executable, __file__, *given, f"--fit={fit}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[fit].append(json.loads(done.stdout))
    medians = {
        fit: {name: float(np.median([run[name] for run in runs])) for name in runs[0]}
        for fit, runs in found.items()
    }
    reference = medians["scikit-learn"]
    for fit, median in medians.items():
        print(
            f"{fit:<13}{median['seconds']:7.2f} s  ({median['seconds'] / reference['seconds']:.2f})"
            f"{median['bytes'] / 1e6:8.0f} MB  ({median['bytes'] / reference['bytes']:.2f})"
            f"  objective {median['objective']:.6f}",
        )


def main() -> None:
    """Print a line per task, or per fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--classes", type=int, default=0)
    parser.add_argument("--penalty", type=float, default=1e-3)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of scikit-learn")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--fit", choices=FITS, help="this one alone, in this process")
    arguments = parser.parse_args()
    if arguments.fit:
        sizes = arguments.pairs, arguments.width, arguments.classes
        measured = fit_once(arguments.fit, *sizes, arguments.penalty, arguments.tolerance)
        print(json.dumps(measured))
        return
    if arguments.classes:
        compare_processes(arguments)
        return
    features, labels = synthetic(arguments.pairs, arguments.width)
    l2_penalties = ProbeConfig().strengths
    print(
        f"python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, {torch.get_num_threads()} threads; {len(features)} pairs, "
        f"width {features.shape[1]}, {len(l2_penalties)} L2 penalties"
    )
    started = time.perf_counter()
    basis = PCABasis.of(features)
    rotated = basis.rotated
    standardised = basis.standardise(features).double().numpy()
    print(f"PCA basis {time.perf_counter() - started:.2f} s")
    total = 0.0
    for task, y in labels.items():
        classes = 2 if task == "S" else int(y.max()) + 1
        started = time.perf_counter()
        path = fit_logistic(rotated, basis.variance, torch.from_numpy(y), classes, l2_penalties)
        toolkit = time.perf_counter() - started
        reference, excess = 0.0, -1.0
        for k, l2 in enumerate(l2_penalties):
            started = time.perf_counter()
            model = fit_sklearn(standardised, y, l2)
            reference += time.perf_counter() - started
            best = objective(model, standardised, y, l2)
            excess = max(excess, float(path.objective[k]) / best - 1)
        started = time.perf_counter()
        split = stratified_split(y, np.random.default_rng(0))
        linear_probe((features, y), (features, y), classes, l2_penalties, split, basis)
        probe = time.perf_counter() - started
        total += probe
        print(
            f"{task:<3} path {toolkit:6.2f} s  scikit-learn {reference:7.2f} s  "
            f"ratio {reference / toolkit:6.1f}  objective at most {100 * excess:+.4f} %  "
            f"whole probe {probe:5.2f} s"
        )
    print(f"total probing {total:.2f} s")


if __name__ == "__main__":
    main()

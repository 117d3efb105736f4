"""The curves of growth.py: each is a function that measures a cost at one size."""

import contextlib
import io
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.speed.measure import median_seconds, memory_growth
from interaction_probes.collect import main as collect
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.losses import nce
from interaction_probes.execution.estimate import step_seconds
from interaction_probes.experiment.evaluation.epoch import probe_epoch
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.runtime.memory import peak_memory
from interaction_probes.runtime.precision import autocast, training_dtype
from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.sweep import main as sweep
from interaction_probes.sweep import read
from trifeature import Geometry, PairedImages, generate

CPU = torch.device("cpu")
_STEPS, _WARM_UP = 3, 1
_RATES = 10  # values of the sweeps' grid: a sweep of n runs has n / 10 seeds


@dataclass(frozen=True)
class Workload:
    """How much is measured.

    Attributes:
        config: towers, widths and data.
        sizes: curve → the sizes at which it is measured, ascending.
    """

    config: RunConfig
    sizes: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Curve:
    """A cost against a size.

    Attributes:
        seconds: does the work at one size and returns its seconds; takes the config, the size and
            a folder of finished runs.
        reads_runs: whether the folder must hold as many runs as the size.
    """

    seconds: Callable[[RunConfig, int, Path], float]
    reads_runs: bool = False


def measure_point(name: str, workload: Workload, size: int, runs: Path) -> dict[str, float]:
    """Seconds of a curve at one size, and by how many MB the peak memory of this process grew."""
    before = peak_memory()
    seconds = CURVES[name].seconds(workload.config, size, runs)
    return {"seconds": seconds, "peak_mb": memory_growth(before) / 1e6}


def _generate(config: RunConfig) -> PairedImages:
    return generate(config.images, config.design, config.seed, config.n_pairs)


def _steps(config: RunConfig, steps: int = _STEPS) -> list[float]:
    """Seconds of training steps with their views."""
    data = _generate(config)
    method = initialise(find_method(config.method), config).to(memory_format=torch.channels_last)
    return step_seconds(method, config, data, pixels(data.train.images), steps, _WARM_UP)


def epoch(config: RunConfig, pairs: int, _: Path) -> float:
    """Every step of an epoch."""
    return sum(_steps(replace(config, n_pairs=pairs), pairs // config.optim.batch))


def probing(config: RunConfig, pairs: int, _: Path) -> float:
    """One probing of all tasks, fitted on so many pairs."""
    config = replace(config, n_pairs=pairs)
    data = _generate(config)
    method = initialise(find_method(config.method), config).to(memory_format=torch.channels_last)
    train, test = pixels(data.train.images), pixels(data.test.images)
    started = time.perf_counter()
    probe_epoch(method, data, train, test, config, final=False)
    return time.perf_counter() - started


def step_by_side(config: RunConfig, side: int, _: Path) -> float:
    """A training step on views of so many pixels a side; image, shape and texture scale with them.

    One render per combination of factors, since a step renders no images.
    """
    geometry = config.images.geometry
    image, shape, period = (
        round(length * side / config.model.size)
        for length in (geometry.image, geometry.shape, geometry.period)
    )
    images = replace(config.images, geometry=Geometry(image, shape, max(5, period)), renders=1)
    model = replace(config.model, size=side)
    return statistics.median(_steps(replace(config, images=images, model=model)))


def step_by_batch(config: RunConfig, batch: int, _: Path) -> float:
    """A training step of so many pairs."""
    optim = replace(config.optim, batch=batch)
    return statistics.median(_steps(replace(config, optim=optim, n_pairs=max(batch, 200))))


def loss(config: RunConfig, batch: int, _: Path) -> float:
    """InfoNCE of so many pairs, forward and backward."""
    first, second = torch.randn(2, batch, config.model.projection).requires_grad_()

    def forward_backward() -> None:
        nce(first, second, config.model.temperature).backward(retain_graph=False)

    return median_seconds(forward_backward, 1)


def fusion_and_loss(config: RunConfig, modalities: int, _: Path) -> float:
    """CoMM after its towers, forward and backward, on random feature maps."""
    method = CoMM(config.model, modalities).train()
    dtype = training_dtype(config.optim, CPU)
    maps = [
        torch.randn(2 * config.optim.batch, *method.feature_shape).to(dtype).requires_grad_()
        for _ in range(modalities)
    ]

    def forward_backward() -> None:
        with autocast(dtype, CPU):
            tokens = [method.fusion.tokenise(m, features) for m, features in enumerate(maps)]
            values = method.compare(method.project_masks(tokens, method.terms), method.terms)
        torch.stack(list(values.values())).sum().backward()

    return median_seconds(forward_backward, _STEPS)


def sweep_words(runs: int, root: Path) -> list[str]:
    """The options of a sweep of so many runs, a multiple of ten."""
    seeds = map(str, range(runs // _RATES))
    rates = [f"{k}e-3" for k in range(1, _RATES + 1)]
    words = ["--preset", "smoke", "--pairs", "unbiased", "--out", str(root)]
    return [*words, "--seed", *seeds, "--grid", "optim.lr", *rates]


def listing(_: RunConfig, runs: int, root: Path) -> float:
    """``sweep --print-commands``."""
    return _seconds_silently(lambda: sweep([*sweep_words(runs, root), "--print-commands"]))


def checking(_: RunConfig, runs: int, root: Path) -> float:
    """``sweep`` when every run is finished: it lists and checks them, and stops."""
    return _seconds_silently(lambda: sweep(sweep_words(runs, root)))


def collecting(_: RunConfig, runs: int, root: Path) -> float:
    """``collect`` of so many runs."""
    out = root.parent / f"{root.name}.csv"
    try:
        return _seconds_silently(lambda: collect([str(root), "--out", str(out)]))
    finally:
        out.unlink(missing_ok=True)


def _seconds_silently(command: Callable[[], None]) -> float:
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        command()
    return time.perf_counter() - started


def many_runs(root: Path, runs: int) -> None:
    """Fill a folder with finished runs: one run of the smoke preset, copied under other names.

    Files with the same content in every run are hard links, so that 10,000 runs need little disk.
    """
    configs = read(sweep_words(runs, root)).configs
    first = run(configs[0], root, CPU)
    status = first.read_json("run.json")
    assert status is not None
    status.pop("sha256")
    for config in configs[1:]:
        folder = RunFolder(root / folder_name(config))
        if folder.path.exists():
            continue
        folder.path.mkdir()
        for name in ("metrics.csv", "losses.csv", "dynamics.csv"):
            os.link(first.path / name, folder.path / name)
        # Not by RunFolder, which syncs every file to disk.
        text = json.dumps(to_dict(config))
        (folder.path / "config.json").write_text(text)
        (folder.path / "run.json").write_text(json.dumps(with_checksums(status, folder.path)))


CURVES = {
    "epoch by pairs": Curve(epoch),
    "probing by pairs": Curve(probing),
    "step by pixels a side": Curve(step_by_side),
    "step by batch": Curve(step_by_batch),
    "loss by batch": Curve(loss),
    "fusion by modalities": Curve(fusion_and_loss),
    "listing by runs": Curve(listing),
    "checking by runs": Curve(checking, reads_runs=True),
    "collecting by runs": Curve(collecting, reads_runs=True),
}
_RUNS = (10, 100, 1_000, 3_000)
WORKLOADS = {
    "quick": Workload(
        PRESETS["quick"],
        {
            "epoch by pairs": (1_000, 2_000, 4_000, 8_000),
            "probing by pairs": (1_250, 2_500, 5_000, 10_000),
            "step by pixels a side": (24, 48, 72, 96, 144),
            "step by batch": (32, 64, 128, 256, 512, 1_024),
            "loss by batch": (128, 256, 512, 1_024, 2_048, 4_096),
            "fusion by modalities": (2, 3, 4),
            "listing by runs": _RUNS,
            "checking by runs": _RUNS,
            "collecting by runs": _RUNS,
        },
    ),
    "smoke": Workload(
        PRESETS["smoke"],
        {
            "epoch by pairs": (100, 200),
            "probing by pairs": (100, 200),
            "step by pixels a side": (32, 48),
            "step by batch": (20, 40),
            "loss by batch": (20, 40),
            "fusion by modalities": (2, 3),
            "listing by runs": (10, 20),
            "checking by runs": (10, 20),
            "collecting by runs": (10, 20),
        },
    ),
}

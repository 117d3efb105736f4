"""How long runs will take: a few training steps and one probing, timed, times what is left."""

import heapq
import itertools
import json
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from interaction_probes.contrast.method import Method
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation import probe_epoch
from interaction_probes.experiment.representations import pixels
from interaction_probes.experiment.runner import initialise
from interaction_probes.runtime.memory import peak_memory
from interaction_probes.runtime.precision import full_float32
from interaction_probes.settings.config import OptimConfig, RunConfig, to_dict
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loop import pretrain
from interaction_probes.training.loss_terms import term_weights
from interaction_probes.training.optim import optimizer_for
from trifeature import PairDesign, PairedImages

_WARM_UP = 2  # steps that are not counted: the first ones also allocate and compile
_STEPS = 4


@dataclass(frozen=True)
class Cost:
    """What a run's parts cost.

    Attributes:
        start: seconds from nothing to data and an initialised model.
        step: seconds of a training step; 0 for a method that does not train.
        probing: seconds of one probing of all tasks.
        operations: floating-point operations of a training step: the matrix products and
            convolutions of views, forward and backward pass, an addition and a multiplication each
            counted as one.
        parameters: of the method.
        memory: peak resident size of the process that measured, in bytes; 0 where unknown.
        gpu_memory: what PyTorch held on the GPU at most, in bytes; 0 without one.
    """

    start: float
    step: float
    probing: float
    operations: float = 0
    parameters: float = 0
    memory: float = 0
    gpu_memory: float = 0


@full_float32()
def measure_cost(
    config: RunConfig, device: torch.device, started: float, cache: Path | None = None
) -> Cost:
    """Time a run's parts in this process; no run's folder is made.

    Args:
        config: the run's.
        device: where it is to take place.
        started: when the process started, by time.perf_counter().
        cache: folder of rendered images.

    Raises:
        ValueError: an impossible config.
    """
    method_class = find_method(config.method)
    data = dataset(config, cache)
    method = initialise(method_class, config, data.modalities).to(
        device, memory_format=torch.channels_last
    )
    method.place = method_class.find_place(config.probe.features)
    train, test = (pixels(part.images).to(device) for part in (data.train, data.test))
    ready = time.perf_counter()
    probe_epoch(method, data, train, test, config, final=False)
    probed = time.perf_counter()
    gpu_memory = _gpu_peak(device)
    trains = bool(method.terms) and config.optim.epochs > 0
    steps = step_seconds(method, config, data, train, _STEPS, _WARM_UP) if trains else [0.0]
    memory = peak_memory()  # before operations are counted, which a run does not do
    # A recorded step keeps its memory while a run is probed: at most the two together.
    gpu_memory += _gpu_peak(device) if trains else 0
    return Cost(
        start=ready - started,
        step=statistics.median(steps),
        probing=probed - ready,
        operations=step_flops(method, config, data, train) if trains else 0,
        parameters=sum(parameter.numel() for parameter in method.parameters()),
        memory=memory,
        gpu_memory=gpu_memory,
    )


def _gpu_peak(device: torch.device) -> int:
    """Bytes that PyTorch held on the GPU at most since this was last asked; 0 without one."""
    if device.type != "cuda":
        return 0
    peak = torch.cuda.max_memory_reserved(device)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return peak


def step_flops(method: Method, config: RunConfig, data: PairedImages, images: torch.Tensor) -> int:
    """Floating-point operations of one training step, counted as it is made.

    Those of matrix products and convolutions, forward and backward; the rest is left out.

    Args:
        method: a method that trains, on the images' device.
        config: the run's.
        data: pairs and labels.
        images: uint8 [n, 3, h, w], the training images.
    """
    with FlopCounterMode(display=False) as counter:
        step_seconds(method, config, data, images, steps=0, warm_up=0)
    return counter.get_total_flops()


def step_seconds(
    method: Method,
    config: RunConfig,
    data: PairedImages,
    images: torch.Tensor,
    steps: int,
    warm_up: int,
) -> list[float]:
    """Seconds of each of some training steps, after a few that are not counted.

    Args:
        method: a method that trains, on the images' device.
        config: the run's.
        data: pairs and labels; they are repeated where the steps need more.
        images: uint8 [n, 3, h, w], the training images.
        steps: how many are timed.
        warm_up: how many go before.
    """
    optim = replace(config.optim, epochs=1, batch=min(config.optim.batch, config.n_pairs))
    chosen = np.arange((warm_up + steps + 1) * optim.batch) % len(data.pretrain.index)
    ends: list[float] = []

    def tick(*_: int) -> None:
        ends.append(time.perf_counter())  # of a GPU: it is never more than a step behind

    for _ in pretrain(
        method,
        optimizer_for(method, optim),
        images,
        torch.from_numpy(data.pretrain.index[chosen]),
        config.views,
        optim,
        {term: w for term, w in term_weights(method, config.weights).items() if w},
        config.seed,
        on_step=tick,
        labels={
            task: torch.from_numpy(known[chosen]) for task, known in data.pretrain.labels.items()
        },
    ):
        pass
    # the first step has no start to count from
    return [end - start for start, end in itertools.pairwise(ends)][warm_up:]


def cost_key(config: RunConfig) -> str:
    """Equal for runs whose parts cost the same: they differ in numbers, not in work."""
    alike = replace(
        config,
        seed=0,
        design=PairDesign(),
        optim=OptimConfig(
            epochs=min(1, config.optim.epochs),
            batch=config.optim.batch,
            precision=config.optim.precision,
        ),
        probe=replace(config.probe, every=1, controls=()),
        model=replace(config.model, temperature=1.0),
        weights={term: 0.0 for term, weight in config.weights.items() if not weight},
    )
    return json.dumps(to_dict(alike), sort_keys=True)


def remaining_seconds(config: RunConfig, cost: Cost, done: int | None) -> float:
    """Seconds that a run still needs.

    Args:
        config: the run's.
        cost: what its parts cost.
        done: epochs finished; None: it has not begun.
    """
    epochs = config.optim.epochs if cost.step else 0
    due = {*range(0, epochs + 1, config.probe.every), epochs}
    probings = sum(1 for epoch in due if done is None or epoch > done)
    controls = config.probe.controls
    # Each control is about one more probing; one per image, where images are probed alone.
    if "all" in controls:
        probings += 6 + ("sklearn" in controls)
    else:
        probings += len(controls) + ("masks" in controls)
    if config.probe.protocol == "public" and config.probe.has("public"):
        probings -= 1  # it is no further probing then
    steps = remaining_steps(config, done) if cost.step else 0
    return cost.start + probings * cost.probing + steps * cost.step


def remaining_steps(config: RunConfig, done: int | None) -> int:
    """Training steps that a run still needs after `done` epochs (None: it has not begun)."""
    per_epoch = config.n_pairs // min(config.optim.batch, config.n_pairs)
    return (config.optim.epochs - (done or 0)) * per_epoch


def wall_clock(seconds: Iterable[float], at_a_time: int) -> float:
    """When the last of several runs ends, if the next one starts where one has ended."""
    ends = [0.0] * at_a_time
    for duration in seconds:
        heapq.heapreplace(ends, ends[0] + duration)
    return max(ends)


def format_duration(seconds: float) -> str:
    """A duration to two digits or so: 45 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

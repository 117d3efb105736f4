"""Cost of a run, from timing a few training steps and one probing."""

import contextlib
import heapq
import itertools
import json
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from interaction_probes.contrast.method import Method
from interaction_probes.contrast.phases import phase_epochs
from interaction_probes.experiment.image_data import ImageData
from interaction_probes.experiment.initialisation import check_batch_exists, initialise
from interaction_probes.experiment.opened_data import open_data
from interaction_probes.experiment.run_data import RunData
from interaction_probes.experiment.vector_data import VectorData
from interaction_probes.runtime.memory import peak_memory
from interaction_probes.runtime.precision import full_float32
from interaction_probes.settings.config import OptimConfig, RunConfig, to_dict
from interaction_probes.settings.probe_config import NOT_IN_ALL
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loop import pretrain
from interaction_probes.training.loss_terms import term_weights
from interaction_probes.training.optim import optimizer_for
from trifeature import PairDesign, PairedImages
from trifeature.dataset.image_samples import ImageSamples

_WARM_UP = 2  # untimed steps: the first ones also allocate and compile
_STEPS = 4


@dataclass(frozen=True)
class Cost:
    """Measured cost of the parts of a run.

    Attributes:
        start: seconds from the start of the process to data and an initialised model.
        step: seconds of a training step; 0 for a method that does not train.
        probing: seconds of one probing of all tasks.
        operations: floating-point operations of a training step: matrix products and convolutions
            of views, forward and backward pass. A multiplication and an addition count as two.
        parameters: number of the method's parameters.
        memory: peak resident memory of the measuring process, in bytes; 0 if unknown.
        gpu_memory: peak GPU memory that PyTorch reserved, in bytes; 0 without a GPU.
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
    """Time the parts of a run in this process, without making a run folder.

    Args:
        config: configuration of the run.
        device: device of the run.
        started: time.perf_counter() at the start of the process.
        cache: folder of rendered images.

    Raises:
        ValueError: the config is invalid.
    """
    method_class = find_method(config.method)
    data = open_data(config, device, cache)
    check_batch_exists(method_class, config, data.pretraining)
    method = initialise(method_class, config, data.modalities).to(
        device, memory_format=torch.channels_last
    )
    method.place = method_class.find_place(config.probe.features)
    initialised = time.perf_counter()
    data.probe(method, 0, False, None, [])
    probed = time.perf_counter()
    gpu_memory = _gpu_peak(device)
    trains = bool(method.terms) and config.optim.epochs > 0
    steps = _steps_of(data, method, config, _STEPS, _WARM_UP) if trains else [0.0]
    memory = peak_memory()  # before FLOPs are counted, which a run does not do
    # A CUDA graph keeps its memory during a probing, so the peak is at most the sum of the two.
    gpu_memory += _gpu_peak(device) if trains else 0
    return Cost(
        start=initialised - started,
        step=statistics.median(steps),
        probing=probed - initialised,
        operations=_flops_of(data, method, config) if trains else 0,
        parameters=sum(parameter.numel() for parameter in method.parameters()),
        memory=memory,
        gpu_memory=gpu_memory,
    )


def _steps_of(
    data: RunData, method: Method, config: RunConfig, steps: int, warm_up: int
) -> list[float]:
    """Seconds of each of several training steps on any data, after a warm-up."""
    if isinstance(data, ImageData) and not isinstance(data, VectorData):
        return step_seconds(method, config, data.samples, data.train, steps, warm_up)
    # an epoch has a step at least
    optim = replace(config.optim, epochs=method.phases * (warm_up + steps + 1))
    weights = {term: w for term, w in term_weights(method, config.weights).items() if w}
    seconds: list[float] = []
    for phase in phase_epochs(method, optim.epochs):
        ends: list[float] = []

        def record_end(*_: int, ends: list[float] = ends) -> None:
            ends.append(time.perf_counter())
            if len(ends) > warm_up + steps:
                raise _EnoughSteps

        optimizer = optimizer_for(method, optim)
        with contextlib.suppress(_EnoughSteps):
            for _ in data.pretrain(method, optimizer, optim, weights, phase.start, record_end):
                pass
        seconds += _intervals(ends)[warm_up:]
    return seconds


def _intervals(ends: Sequence[float]) -> list[float]:
    """Seconds of each step by when steps ended; the first has no recorded start."""
    return [end - start for start, end in itertools.pairwise(ends)]


class _EnoughSteps(Exception):
    """All steps have been timed."""


def _flops_of(data: RunData, method: Method, config: RunConfig) -> int:
    """Floating-point operations of one training step on any data, the mean over phases.

    Only matrix products and convolutions count, forward and backward.
    """
    with FlopCounterMode(display=False) as counter:
        _steps_of(data, method, config, steps=0, warm_up=0)
    return counter.get_total_flops() // method.phases


def _gpu_peak(device: torch.device) -> int:
    """Peak bytes that PyTorch reserved on the GPU since the last call; 0 without a GPU."""
    if device.type != "cuda":
        return 0
    peak = torch.cuda.max_memory_reserved(device)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return peak


def step_seconds(
    method: Method,
    config: RunConfig,
    data: PairedImages | ImageSamples,
    images: torch.Tensor,
    steps: int,
    warm_up: int,
) -> list[float]:
    """Seconds of each of several training steps, after a warm-up, of every phase of the method.

    Args:
        method: a method that trains, on the images' device.
        config: configuration of the run.
        data: pairs and labels; repeated if the steps need more.
        images: uint8 [n, 3, h, w], the training images.
        steps: number of timed steps of a phase.
        warm_up: number of untimed steps before them.
    """
    optim = replace(
        config.optim,
        epochs=method.phases,
        batch=min(config.optim.batch, config.n_pairs),
    )
    # Whole batches, as most steps have them. Where a run's are not all of one size, a last one of
    # half the size, which is timed as little as the first, keeps a GPU from replaying a graph.
    sizes = config.optim.batch_sizes(config.n_pairs)
    rest = optim.batch // 2 if len(set(sizes)) > 1 else 0
    rows = np.arange((warm_up + steps + 1) * optim.batch + rest) % len(data.pretrain.index)
    ends: list[list[float]] = [[] for _ in range(method.phases)]

    def record_end(epoch: int, *_: int) -> None:
        ends[epoch].append(time.perf_counter())  # a GPU is at most one step behind

    for _ in pretrain(
        method,
        optimizer_for(method, optim),
        images,
        torch.from_numpy(data.pretrain.index[rows]),
        config.views,
        optim,
        {term: w for term, w in term_weights(method, config.weights).items() if w},
        config.seed,
        on_step=record_end,
        labels={
            task: torch.from_numpy(labels[rows]) for task, labels in data.pretrain.labels.items()
        },
    ):
        pass
    timed = slice(warm_up, warm_up + steps)
    return [seconds for of_phase in ends for seconds in _intervals(of_phase)[timed]]


def cost_key(config: RunConfig) -> str:
    """A key that is equal for runs with the same cost per step and per probing."""
    normalised = replace(
        config,
        seed=0,
        design=PairDesign(),
        pair_rule_strength=0.0,
        triple_rule_strength=0.0,
        optim=OptimConfig(
            epochs=min(1, config.optim.epochs),
            batch=config.optim.batch,
            precision=config.optim.precision,
            optimizer=config.optim.optimizer,
            drop_last=config.optim.drop_last,
        ),
        probe=replace(config.probe, every=1, controls=()),
        model=replace(config.model, temperature=1.0),
        weights={term: 0.0 for term, weight in config.weights.items() if not weight},
    )
    return json.dumps(to_dict(normalised), sort_keys=True)


def remaining_seconds(config: RunConfig, cost: Cost, finished_epochs: int | None) -> float:
    """Seconds that a run still needs.

    Args:
        config: configuration of the run.
        cost: cost of its parts.
        finished_epochs: number of finished epochs; None for a run that has not started.
    """
    epochs = config.optim.epochs if cost.step else 0
    probed_epochs = {*range(0, epochs + 1, config.probe.every), epochs}
    probings = sum(1 for e in probed_epochs if finished_epochs is None or e > finished_epochs)
    controls = config.probe.controls
    # Each control costs about one probing; "masks" probes each image alone and costs two, and
    # "factors" fits a linear probe and an MLP to six labels and costs four.
    if "all" in controls:
        probings += 6 + sum(control in controls for control in NOT_IN_ALL)
    else:
        probings += len(controls) + ("masks" in controls)
    if config.modalities > 2 and config.probe.has("masks"):
        probings += 2**config.modalities - 4  # every subset, all tasks
    probings += 3 * ("factors" in controls)
    if config.probe.protocol == "public" and config.probe.has("public"):
        probings -= 1  # the control is then the probing itself
    steps = remaining_steps(config, finished_epochs) if cost.step else 0
    return cost.start + probings * cost.probing + steps * cost.step


def remaining_steps(config: RunConfig, finished_epochs: int | None) -> int:
    """Training steps that a run still needs; None for a run that has not started."""
    per_epoch = len(config.optim.batch_sizes(config.n_pairs))
    return (config.optim.epochs - (finished_epochs or 0)) * per_epoch


def wall_clock(seconds: Iterable[float], n_parallel: int) -> float:
    """Seconds until the last of several runs ends, if each free slot takes the next run."""
    ends = [0.0] * n_parallel
    for duration in seconds:
        heapq.heapreplace(ends, ends[0] + duration)
    return max(ends)


def format_duration(seconds: float) -> str:
    """A duration to about two digits: 45 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

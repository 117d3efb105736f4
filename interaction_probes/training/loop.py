"""The training loop: views → loss terms → optimiser, one epoch per step of an iterator."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.distributed import average, local_shard, rank, world_size
from interaction_probes.contrast.method import Batch, Method
from interaction_probes.contrast.phases import phase_epochs
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.runtime.distributed import broadcast_from_rank0
from interaction_probes.runtime.global_random_state import seeded_global_state
from interaction_probes.runtime.precision import autocast, training_dtype
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import OptimConfig

from .cuda_graphs import AsyncHostCopy, CapturedStep, can_capture
from .loss_terms import compute_terms, evaluate_terms
from .modalities import Modality, ModalitySource
from .optim import Optimizer, learning_rate, set_learning_rate
from .sources import ImageSource, Source


@dataclass(frozen=True)
class Epoch:
    """Result of one epoch.

    Attributes:
        number: index of the epoch, from 1.
        terms: loss term → its unweighted mean over the epoch's steps, in nats; a term of weight 0
            is evaluated once, on the last whole batch at the end of the epoch.
        seconds: wall-clock time.
    """

    number: int
    terms: dict[str, float]
    seconds: float


def pretrain(
    method: Method,
    optimizer: Optimizer,
    images: Tensor,
    pairs: Tensor,
    views: ViewConfig,
    config: OptimConfig,
    weights: Mapping[str, float],
    seed: int,
    finished_epochs: int = 0,
    on_step: Callable[[int, int, int], None] | None = None,
    labels: Mapping[str, Tensor] | None = None,
) -> Iterator[Epoch]:
    """Train a method in place, yielding after each epoch.

    Every epoch has random streams of its own for the permutation, the augmentation and the loss.
    The global random states of torch, NumPy and Python, which layers such as dropout and methods of
    a user's own draw from, are seeded by epoch and rank. A resumed training is therefore identical
    to an uninterrupted one. Under torchrun the batch size
    is that of all ranks together: each rank draws the whole batch and trains on its shard, so the
    result is that of one process, except for draws from the global random states.

    Args:
        method: the model, on its device.
        optimizer: the optimiser of :func:`interaction_probes.training.optim.optimizer_for`.
        images: uint8 [n, 3, h, w], on the method's device.
        pairs: int64 [N, modalities], rows of the images.
        views: strengths of the augmentation.
        config: optimiser, schedule, batch size and precision.
        weights: loss term → weight; a term of weight 0 is evaluated once per epoch for the log,
            without gradient and without effect on the method.
        seed: seed of the random streams.
        finished_epochs: number of epochs in the checkpoint to resume from; 0 at the start.
        on_step: called with (finished epochs, step, steps per epoch).
        labels: task name → int64 [N], the labels of the pairs.

    Raises:
        ValueError: fewer than 2 pairs, a batch size, or an incomplete last batch, that the number
            of ranks does not divide, or a method that returns other terms than requested, terms
            that are not scalars or have no gradient, or views that are not a ViewConfig.
        FloatingPointError: a loss term is not finite.
        PeerLostError: another rank did not respond.
    """
    if len(pairs) < 2:
        raise ValueError(f"a contrastive batch has at least 2 pairs, but there are {len(pairs)}")
    if finished_epochs >= config.epochs:  # also methods without training: no check of their batch
        return
    source = ImageSource(method, images, pairs, views)
    labels = {task: values.to(images.device) for task, values in (labels or {}).items()}
    loop = _EpochLoop(method, optimizer, source, config, weights, seed, labels)
    yield from loop.train(finished_epochs, on_step)


def pretrain_modalities(
    method: Method,
    optimizer: Optimizer,
    modalities: Sequence[Modality],
    config: OptimConfig,
    weights: Mapping[str, float],
    seed: int,
    rows: np.ndarray | None = None,
    views: ViewConfig | None = None,
    finished_epochs: int = 0,
    on_step: Callable[[int, int, int], None] | None = None,
    labels: Mapping[str, np.ndarray] | None = None,
) -> Iterator[Epoch]:
    """Train a method in place on modalities of any kind, yielding after each epoch.

    It is :func:`pretrain`, with samples of arrays in the place of pairs of images. A batch's rows
    are gathered from the arrays, which may be memory maps; they are never copied as a whole.

    Args:
        method: the model, on its device, built from a ModelConfig whose `inputs` describe the
            modalities (:func:`interaction_probes.training.modalities.describe`).
        optimizer: the optimiser of :func:`interaction_probes.training.optim.optimizer_for`.
        modalities: arrays of all samples.
        config: optimiser, schedule, batch size and precision.
        weights: loss term → weight, as of :func:`pretrain`.
        seed: seed of the random streams.
        rows: int64 [N], the samples to train on; all where none are given.
        views: strengths of the augmentation of images; the paper's where none are given. Those of
            vectors and sequences are in the method's `inputs`.
        finished_epochs: number of epochs in the checkpoint to resume from; 0 at the start.
        on_step: called with (finished epochs, step, steps per epoch).
        labels: task name → whole numbers, one per sample of the arrays.

    Raises:
        ValueError: modalities that the method was not built for, fewer than 2 samples; else as
            :func:`pretrain`.
        FloatingPointError: a loss term is not finite.
        PeerLostError: another rank did not respond.
    """
    source = ModalitySource(method, modalities, rows, views or ViewConfig())
    if len(source) < 2:
        raise ValueError(f"a contrastive batch has at least 2 samples, but there are {len(source)}")
    if finished_epochs >= config.epochs:
        return
    trained = {
        task: torch.from_numpy(np.asarray(values)[source.rows]).to(source.device)
        for task, values in (labels or {}).items()
    }
    loop = _EpochLoop(method, optimizer, source, config, weights, seed, trained)
    yield from loop.train(finished_epochs, on_step)


def check_last_batch(config: OptimConfig, samples: int) -> None:
    """Refuse an incomplete last batch of an epoch that processes cannot share evenly.

    Args:
        config: batch size, and whether incomplete ones are left out.
        samples: how many there are to pretrain on.

    Raises:
        ValueError: they cannot.
    """
    last = config.batch_sizes(samples)[-1]
    if last < min(config.batch, samples) and last % world_size():
        raise ValueError(
            f"the last batch of an epoch has {last} of {samples} samples, which {world_size()} "
            "processes cannot share evenly: leave it out (--optim.drop-last)"
        )


@dataclass(eq=False)
class _EpochLoop:
    """Training of single epochs; the fields are arguments of :func:`pretrain`."""

    method: Method
    optimizer: Optimizer
    source: Source
    config: OptimConfig
    weights: Mapping[str, float]
    seed: int
    labels: Mapping[str, Tensor]

    def __post_init__(self) -> None:
        self.device = self.source.device
        self.batch_sizes = self.config.batch_sizes(len(self.source))  # of all ranks together
        self.steps = len(self.batch_sizes)
        self.phases = phase_epochs(self.method, self.config.epochs)
        self.dtype = broadcast_from_rank0(lambda: training_dtype(self.config, self.device))
        local_shard(self.batch_sizes[0])  # refused before the first step
        check_last_batch(self.config, len(self.source))
        self.terms = [term for term, weight in self.weights.items() if weight]
        self.lag = int(
            self.device.type == "cuda"
        )  # steps between a step and the check of its terms
        # A training of one step has nothing to replay.
        self.use_cuda_graph = self.steps * self.config.epochs > 1
        self.use_cuda_graph &= len(set(self.batch_sizes)) == 1  # a graph has batches of one size
        self.use_cuda_graph &= can_capture(self.method, self.device)
        self.captured_step: CapturedStep | None = None

    def train(
        self, finished_epochs: int, on_step: Callable[[int, int, int], None] | None
    ) -> Iterator[Epoch]:
        """Train the epochs that are left."""
        for epoch in range(finished_epochs, self.config.epochs):
            with seeded_global_state(self.seed, "global", epoch, rank(), device=self.device):
                result = self.train_epoch(epoch, on_step)
            yield result

    def train_epoch(self, epoch: int, on_step: Callable[[int, int, int], None] | None) -> Epoch:
        """Train one epoch; `epoch` is counted from 0."""
        started = time.perf_counter()
        self.method.train()
        order = torch.randperm(len(self.source), generator=torch_stream(self.seed, "order", epoch))
        view_streams = self.source.streams(self.seed, epoch)
        loss_stream = torch_stream(self.seed, "loss", epoch)
        progress = (epoch + 1) / self.config.epochs
        phase = next(each for each in self.phases if epoch in each)
        totals = dict.fromkeys(self.terms, 0.0)
        pending: deque[tuple[int, AsyncHostCopy]] = deque()
        batches = order[: sum(self.batch_sizes)].split(self.batch_sizes)
        for step, rows in enumerate(batches):
            done, whole = (epoch - phase.start) * self.steps + step, len(phase) * self.steps
            set_learning_rate(self.optimizer, learning_rate(self.config, done, whole))
            views = self.source.views(rows, view_streams, self.dtype)
            if step + 1 < self.steps:
                self.source.prepare(batches[step + 1])
            batch = Batch(views, self._labels(rows), progress, loss_stream)
            if len(rows) == self.batch_sizes[0]:
                whole_batch = batch
            pending.append((step, self._step(batch)))
            if len(pending) > self.lag:
                self._add_terms(totals, *pending.popleft(), epoch)
            if on_step:
                on_step(epoch, step + 1, self.steps)
        for last_step, values in pending:
            self._add_terms(totals, last_step, values, epoch)
        means = {term: total / self.steps for term, total in totals.items()}
        if inactive := [term for term, weight in self.weights.items() if not weight]:
            last_batch = replace(
                whole_batch, generator=torch_stream(self.seed, "loss", epoch, "inactive")
            )
            with autocast(self.dtype, self.device):
                means |= evaluate_terms(self.method, last_batch, inactive)
        in_order = {term: means[term] for term in self.weights}
        return Epoch(epoch + 1, in_order, time.perf_counter() - started)

    def _labels(self, rows: Tensor) -> dict[str, Tensor]:
        """Labels of this rank's shard of a batch, by task."""
        shard = rows[local_shard(len(rows))].to(self.device, non_blocking=True)
        return {task: values[shard] for task, values in self.labels.items()}

    def _step(self, batch: Batch) -> AsyncHostCopy:
        """One optimiser step; returns the loss terms before it."""
        if self.use_cuda_graph and self.captured_step is None:
            self.optimizer.zero_grad()
            self.captured_step = CapturedStep(self._backward, self.method, batch)
        if self.captured_step is not None:
            values = self.captured_step.replay(batch)
        else:
            self.optimizer.zero_grad()
            values = self._backward(batch)
        average([*(p.grad for p in self.method.parameters() if p.grad is not None), values])
        self.optimizer.step()
        return AsyncHostCopy(values)

    def _backward(self, batch: Batch) -> Tensor:
        """Forward and backward pass of a batch; returns the terms, [terms], detached."""
        with autocast(self.dtype, self.device):
            terms = compute_terms(self.method, batch, self.terms)
        values = [terms[term] for term in self.terms]
        weighted = [self.weights[term] * terms[term] for term in self.terms]
        loss = torch.stack(weighted).sum()
        if not loss.requires_grad:
            raise ValueError(
                f"no loss term has a gradient ({', '.join(self.terms)}): each was detached, or is "
                "of no parameter of the method"
            )
        loss.backward()
        return torch.stack([value.detach() for value in values])

    def _add_terms(
        self, totals: dict[str, float], step: int, values: AsyncHostCopy, epoch: int
    ) -> None:
        """Add the terms of a step to the totals.

        Raises:
            FloatingPointError: a term is not finite.
        """
        for term, value in zip(totals, values.result(), strict=True):
            totals[term] += value
            if not math.isfinite(value):
                hint = "a lower learning rate may help"
                if epoch == step == 0:
                    hint = "nothing has been learnt yet: look at the loss, or at the data"
                raise FloatingPointError(
                    f"the loss term {term} is {value} at step {step + 1} of epoch {epoch + 1}; "
                    f"{hint}"
                )

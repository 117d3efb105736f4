"""The training loop: pairs → views → loss terms → AdamW, one epoch per step of an iterator."""

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from interaction_probes.contrast.distributed import average, local_shard, rank
from interaction_probes.contrast.method import Batch, Method
from interaction_probes.contrast.views.augment import augment
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.runtime.distributed import broadcast_from_rank0
from interaction_probes.runtime.precision import autocast, training_dtype
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import OptimConfig

from .cuda_graphs import AsyncHostCopy, CapturedStep, can_capture
from .loss_terms import compute_terms, evaluate_terms
from .optim import learning_rate


@dataclass(frozen=True)
class Epoch:
    """What one epoch left behind.

    Attributes:
        number: 1 for the first.
        terms: loss term → its mean over the epoch's steps (unweighted), in nats; of a term of
            weight 0, its value for the last step's batch at the end of the epoch.
        seconds: wall-clock time.
    """

    number: int
    terms: dict[str, float]
    seconds: float


def pretrain(
    method: Method,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    pairs: Tensor,
    views: ViewConfig,
    config: OptimConfig,
    weights: Mapping[str, float],
    seed: int,
    done: int = 0,
    on_step: Callable[[int, int, int], None] | None = None,
    labels: Mapping[str, Tensor] | None = None,
) -> Iterator[Epoch]:
    """Train a method in place, yielding after each epoch.

    Every epoch draws its permutation, its augmentation and what a loss draws from streams named
    after it, and layers that draw from torch's global state, such as dropout, find it seeded by the
    epoch and the process. So a run resumed after `done` epochs goes on exactly as it would have.
    Processes that have joined each train on their own rows of every batch, which is drawn as a
    whole: they do together what one process would do alone, but for what is drawn globally.

    Args:
        method: the model, on its device.
        optimizer: as :func:`interaction_probes.training.optim.optimizer_for` makes it.
        images: uint8 [n, 3, h, w], on the method's device.
        pairs: int64 [N, modalities], rows of the images.
        views: strengths of the augmentation.
        config: optimisation.
        weights: loss term → weight; a term of weight 0 is computed once per epoch, without
            gradient and without a trace in the method, to be logged.
        seed: names the streams.
        done: epochs already trained.
        on_step: called with (epochs done, step, steps of the epoch).
        labels: task name → int64 [N], the labels of the pairs.

    Raises:
        ValueError: fewer than 2 pairs, a batch that the processes cannot share evenly, or a method
            whose terms are not scalars, are not those that were asked for, or whose views are no
            ViewConfig.
        FloatingPointError: a term that is not finite.
        Lost: another process did not answer.
    """
    if len(pairs) < 2:
        raise ValueError(f"a contrastive batch has at least 2 pairs, but there are {len(pairs)}")
    if done >= config.epochs:  # as of a method that does not learn, whatever its batch is
        return
    views = method.views(views)
    if not isinstance(views, ViewConfig):
        raise ValueError(f"the method's views are a ViewConfig, not {type(views).__name__}")
    labels = {task: values.to(images.device) for task, values in (labels or {}).items()}
    training = _Training(method, optimizer, images, pairs, views, config, weights, seed, labels)
    for epoch in range(done, config.epochs):
        with _global_stream(images.device, seed, epoch):
            finished = training.epoch(epoch, on_step)
        yield finished


@dataclass(eq=False)
class _Training:
    """What does not change from step to step; the fields are arguments of :func:`pretrain`."""

    method: Method
    optimizer: torch.optim.Optimizer
    images: Tensor
    pairs: Tensor
    views: ViewConfig
    config: OptimConfig
    weights: Mapping[str, float]
    seed: int
    labels: Mapping[str, Tensor]

    def __post_init__(self) -> None:
        self.batch = min(self.config.batch, len(self.pairs))
        self.steps = len(self.pairs) // self.batch
        self.dtype = broadcast_from_rank0(lambda: training_dtype(self.config, self.images.device))
        self.own = local_shard(self.batch)
        self.terms = [term for term, weight in self.weights.items() if weight]
        self.late = int(self.images.is_cuda)  # steps until a step's terms are read
        # A single step has nothing to replay.
        self.records = self.steps * self.config.epochs > 1
        self.records &= can_capture(self.method, self.images.device)
        self.recording: CapturedStep | None = None

    def epoch(self, epoch: int, on_step: Callable[[int, int, int], None] | None) -> Epoch:
        """Train for epoch 0, 1, …"""
        started = time.perf_counter()
        self.method.train()
        order = torch.randperm(len(self.pairs), generator=torch_stream(self.seed, "order", epoch))
        draws = torch_stream(self.seed, "augmentation", epoch)
        randomness = torch_stream(self.seed, "loss", epoch)
        progress = (epoch + 1) / self.config.epochs
        totals = dict.fromkeys(self.terms, 0.0)
        told: deque[tuple[int, AsyncHostCopy]] = deque()
        for step in range(self.steps):
            chosen = order[step * self.batch : (step + 1) * self.batch]
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(
                    self.config, epoch * self.steps + step, self.config.epochs * self.steps
                )
            batch = Batch(self._views(chosen, draws), self._known(chosen), progress, randomness)
            told.append((step, self._step(batch)))
            if len(told) > self.late:
                self._add(totals, *told.popleft(), epoch)
            if on_step:
                on_step(epoch, step + 1, self.steps)
        for last_step, values in told:
            self._add(totals, last_step, values, epoch)
        means = {term: total / self.steps for term, total in totals.items()}
        if inactive := [term for term, weight in self.weights.items() if not weight]:
            last = replace(batch, generator=torch_stream(self.seed, "loss", epoch, "inactive"))
            with autocast(self.dtype, self.images.device):
                means |= evaluate_terms(self.method, last, inactive)
        in_order = {term: means[term] for term in self.weights}
        return Epoch(epoch + 1, in_order, time.perf_counter() - started)

    def _views(self, chosen: Tensor, draws: torch.Generator) -> Sequence[Tensor]:
        """The augmented views of a batch's pairs, of the rows that are this process's."""
        n, size = self.method.n_views, self.method.config.size
        own_views = local_shard(self.batch, n)
        made = []
        for column in self.pairs[chosen].T.to(self.images.device, non_blocking=True):
            repeated = self.images[column.repeat(n)[own_views]]
            view = augment(repeated, self.views, draws, size, self.dtype, self.batch * n, own_views)
            made.append(view.unflatten(0, (n, -1)))
        return made

    def _known(self, chosen: Tensor) -> dict[str, Tensor]:
        own = chosen[self.own].to(self.images.device, non_blocking=True)
        return {task: values[own] for task, values in self.labels.items()}

    def _step(self, batch: Batch) -> AsyncHostCopy:
        """Change the method by one step; the terms' values before it."""
        if self.records and self.recording is None:
            self.optimizer.zero_grad()
            self.recording = CapturedStep(self._differentiate, self.method, batch)
        if self.recording is not None:
            values = self.recording.replay(batch)
        else:
            self.optimizer.zero_grad()
            values = self._differentiate(batch)
        average([*(p.grad for p in self.method.parameters() if p.grad is not None), values])
        self.optimizer.step()
        return AsyncHostCopy(values)

    def _differentiate(self, batch: Batch) -> Tensor:
        """Add a batch's gradients to the parameters'; the terms' values, in their order."""
        with autocast(self.dtype, self.images.device):
            found = compute_terms(self.method, batch, self.terms)
        values = [found[term] for term in self.terms]
        weighted = [self.weights[term] * found[term] for term in self.terms]
        torch.stack(weighted).sum().backward()
        return torch.stack([value.detach() for value in values])

    def _add(self, totals: dict[str, float], step: int, told: AsyncHostCopy, epoch: int) -> None:
        """Add a step's terms to their totals."""
        for term, value in zip(totals, told.read(), strict=True):
            totals[term] += value
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"the loss term {term} is {value} at step {step + 1} of "
                    f"epoch {epoch + 1}; a lower learning rate may help"
                )


@contextlib.contextmanager
def _global_stream(device: torch.device, seed: int, epoch: int) -> Iterator[None]:
    """torch's global random state, seeded for an epoch of this process.

    That of the CPU and of the device are put back afterwards.
    """
    on_gpu = device.type == "cuda"
    state = torch_stream(seed, "global", epoch, rank()).initial_seed()
    with torch.random.fork_rng([device] if on_gpu else []):
        # Not torch.manual_seed, which would also seed the other GPUs.
        torch.default_generator.manual_seed(state)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(state)
        yield

"""The training loop: pairs → views → loss terms → AdamW, one epoch per step of an iterator."""

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from interaction_probes.contrast.distributed import average, own_rows
from interaction_probes.contrast.method import Batch, Method
from interaction_probes.contrast.views import ViewConfig, augment
from trifeature.streams import seed_sequence

from .config import OptimConfig
from .optim import learning_rate
from .precision import autocast, training_dtype
from .processes import from_first
from .terms import terms_of, watch


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


def torch_stream(seed: int, *names: str | int) -> torch.Generator:
    """A CPU generator for a purpose, independent of every other purpose's."""
    state = seed_sequence(seed, *names).generate_state(1, dtype="uint64")
    return torch.Generator().manual_seed(int(state[0]) >> 1)


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
    after it, so that a run resumed after `done` epochs goes on exactly as it would have. Processes
    that have joined each train on their own rows of every batch, which is drawn as a whole: they
    do together what one process would do alone.

    Args:
        method: the model, on its device.
        optimizer: as :func:`optimizer_for` makes it.
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
    device = images.device
    batch = min(config.batch, len(pairs))
    steps = len(pairs) // batch
    active = [term for term, weight in weights.items() if weight]
    inactive = [term for term, weight in weights.items() if not weight]
    views = method.views(views)
    if not isinstance(views, ViewConfig):
        raise ValueError(f"the method's views are a ViewConfig, not {type(views).__name__}")
    labels = {task: values.to(device) for task, values in (labels or {}).items()}
    size = method.config.size
    dtype = from_first(lambda: training_dtype(config, device))
    own = own_rows(batch)
    whole, own_views = batch * method.n_views, own_rows(batch, method.n_views)
    for epoch in range(done, config.epochs):
        started = time.perf_counter()
        method.train()
        order = torch.randperm(len(pairs), generator=torch_stream(seed, "order", epoch))
        draws = torch_stream(seed, "augmentation", epoch)
        randomness = torch_stream(seed, "loss", epoch)
        progress = (epoch + 1) / config.epochs
        totals = dict.fromkeys(active, 0.0)
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            rows = pairs[chosen]
            known = {task: values[chosen[own].to(device)] for task, values in labels.items()}
            made = []
            for column in rows.T.to(device):
                repeated = images[column.repeat(method.n_views)[own_views]]
                view = augment(repeated, views, draws, size, dtype, whole, own_views)
                made.append(view.unflatten(0, (method.n_views, -1)))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(config, epoch * steps + step, config.epochs * steps)
            with autocast(dtype, device):
                values = terms_of(method, Batch(made, known, progress, randomness), active)
            loss = torch.stack([weights[term] * value for term, value in values.items()]).sum()
            optimizer.zero_grad()
            loss.backward()
            gradients = (p.grad for p in method.parameters() if p.grad is not None)
            average(itertools.chain(gradients, (value.detach() for value in values.values())))
            optimizer.step()
            # In one piece: a GPU is waited for once a step.
            told = torch.stack([value.detach() for value in values.values()]).tolist()
            for term, value in zip(values, told, strict=True):
                totals[term] += value
                if not math.isfinite(value):
                    raise FloatingPointError(
                        f"the loss term {term} is {value} at step {step + 1} of "
                        f"epoch {epoch + 1}; a lower learning rate may help"
                    )
            if on_step:
                on_step(epoch, step + 1, steps)
        means = {term: total / steps for term, total in totals.items()}
        if inactive:
            last = Batch(made, known, progress, torch_stream(seed, "loss", epoch, "inactive"))
            with autocast(dtype, device):
                means |= watch(method, last, inactive)
        in_order = {term: means[term] for term in weights}
        yield Epoch(epoch + 1, in_order, time.perf_counter() - started)

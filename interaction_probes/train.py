"""The training loop: pairs → views → loss terms → AdamW, one epoch per step of an iterator."""

import difflib
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from interaction_probes.contrast.method import Batch, Method
from interaction_probes.contrast.views import ViewConfig, augment
from trifeature.streams import seed_sequence

from .config import OptimConfig


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


def optimizer_for(method: nn.Module, config: OptimConfig) -> torch.optim.AdamW:
    """AdamW whose decay spares biases, norms and single vectors."""
    decayed = [p for p in method.parameters() if p.ndim > 1]
    spared = [p for p in method.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, fused=True)


def term_weights(method: Method | type[Method], chosen: Mapping[str, float]) -> dict[str, float]:
    """The weight of every loss term: the method's own unless chosen otherwise.

    Raises:
        ValueError: a term that the method does not have, or no term left.
    """
    terms = method.terms
    for term in chosen:
        if term not in terms:
            known = f"this method's terms are {', '.join(terms)}" if terms else "it has none"
            close = difflib.get_close_matches(term, terms, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ValueError(f"no loss term {term!r}; {hint}{known}")
    weights = {**terms, **chosen}
    if terms and not any(weights.values()):
        raise ValueError("every loss term has weight 0: nothing is left to learn from")
    return weights


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """The rate of a step: linear warm-up, then constant or a half cosine to 0."""
    warmup = config.warmup * steps
    if step < warmup:
        return config.lr * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.lr
    progress = (step - warmup) / max(1, steps - warmup)
    return config.lr * 0.5 * (1 + math.cos(math.pi * progress))


def training_dtype(config: OptimConfig, device: torch.device) -> torch.dtype:
    """The type in which towers and views are computed: bfloat16 or float32.

    ``auto`` takes bfloat16 where the device multiplies matrices of it in hardware.
    """
    if config.precision == "auto":
        if device.type == "cuda":
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    else:
        fast = config.precision == "bf16"
    return torch.bfloat16 if fast else torch.float32


def autocast(dtype: torch.dtype, device: torch.device) -> torch.autocast:
    """The context in which a method runs in a type that :func:`training_dtype` gave."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


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
    after it, so that a run resumed after `done` epochs goes on exactly as it would have.

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
        ValueError: fewer than 2 pairs, or a method whose terms are not scalars, are not those that
            were asked for, or whose views are no ViewConfig.
        FloatingPointError: a term that is not finite.
    """
    if len(pairs) < 2:
        raise ValueError(f"a contrastive batch has at least 2 pairs, but there are {len(pairs)}")
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
    dtype = training_dtype(config, device)
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
            known = {task: values[chosen.to(device)] for task, values in labels.items()}
            made = []
            for column in rows.T.to(device):
                repeated = images[column.repeat(method.n_views)]
                view = augment(repeated, views, draws, size, dtype)
                made.append(view.unflatten(0, (method.n_views, -1)))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(config, epoch * steps + step, config.epochs * steps)
            with autocast(dtype, device):
                values = terms_of(method, Batch(made, known, progress, randomness), active)
            loss = torch.stack([weights[term] * value for term, value in values.items()]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            for term, value in values.items():
                totals[term] += float(value.detach())
                if not math.isfinite(totals[term]):
                    raise FloatingPointError(
                        f"the loss term {term} is {float(value.detach())} at step {step + 1} of "
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


def terms_of(method: Method, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
    """The value of each of the named terms: scalars, unweighted.

    Raises:
        ValueError: the method returned other terms, or terms that are not scalars.
    """
    values = method.loss(batch, terms)
    if not isinstance(values, Mapping):
        raise ValueError(f"a method's loss is a dict of terms, not {type(values).__name__}")
    if set(values) != set(terms):
        raise ValueError(
            f"the method was asked for the terms {', '.join(sorted(terms))} and returned "
            f"{', '.join(sorted(values)) or 'none'}"
        )
    for term, value in values.items():
        if not isinstance(value, Tensor) or value.ndim:
            given = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(f"the loss term {term} is a scalar tensor, not {given}")
    return dict(values)


@torch.no_grad()
def watch(method: Method, batch: Batch, terms: Collection[str]) -> dict[str, float]:
    """The value of terms that nothing learns from; the method stays as it was.

    Running statistics and the global random state are put back, and no gradient is left.
    """
    before = {name: buffer.clone() for name, buffer in method.named_buffers()}
    devices = {parameter.device for parameter in method.parameters() if parameter.is_cuda}
    with torch.random.fork_rng(sorted(devices, key=str)):
        values = terms_of(method, batch, terms)
    for name, buffer in method.named_buffers():
        buffer.copy_(before[name])
    return {term: float(value) for term, value in values.items()}

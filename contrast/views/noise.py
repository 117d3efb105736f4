"""Augmented views of vectors and sequences: noise, and dropped steps."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class NoiseConfig:
    """Strengths of the augmentation of vectors and sequences; the defaults are the CoMM paper's.

    Attributes:
        noise: standard deviation of the Gaussian noise, in units of the data.
        noise_probability: fraction of the samples that noise is added to.
        drop: least and greatest fraction of the steps that are set to 0; of a vector, whose steps
            are its values.
        drop_probability: fraction of the samples whose steps are dropped.

    Raises:
        ValueError: a negative noise, a range that is empty or out of [0, 1], or a probability
            outside of it.
    """

    noise: float = 0.1
    noise_probability: float = 0.5
    drop: tuple[float, float] = (0.0, 0.8)
    drop_probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.noise < math.inf:
            raise ValueError(f"noise is 0 or more, not {self.noise}")
        low, high = self.drop
        if not 0 <= low <= high <= 1:
            raise ValueError(f"drop is a range 0 <= low <= high <= 1, not {low} to {high}")
        for name in ("noise_probability", "drop_probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} lies in [0, 1], not {getattr(self, name)}")


class NoiseStreams(NamedTuple):
    """The generators of one modality's views, one per purpose, on the CPU."""

    noise: torch.Generator
    drop: torch.Generator


def augment_values(
    values: Tensor,
    config: NoiseConfig,
    streams: NoiseStreams,
    lengths: Tensor | None = None,
    whole: int | None = None,
    rows: slice | Tensor = slice(None),
) -> Tensor:
    """One augmented view of each sample: noise is added, then steps are dropped.

    Args:
        values: [n, d] or [n, T, d], floating point; changed in place.
        config: strengths.
        streams: generators of the noise and of the drops.
        lengths: int64 [n] on the CPU, the valid steps of each sequence; T where none are given.
        whole: samples of the batch that these are a part of; it is drawn for all of them, so that
            a sample gets the same view in every division of the batch.
        rows: which of the whole batch these are.

    Returns:
        The values.
    """
    whole = len(values) if whole is None else whole
    add_noise(values, config, streams.noise, whole, rows)
    return drop_steps(values, config, streams.drop, lengths, whole, rows)


def add_noise(
    values: Tensor,
    config: NoiseConfig,
    generator: torch.Generator,
    whole: int,
    rows: slice | Tensor = slice(None),
) -> Tensor:
    """Add Gaussian noise to the samples that are drawn for it; as :func:`augment_values`."""
    drawn = torch.rand(whole, generator=generator) < config.noise_probability
    noise = torch.randn(int(drawn.sum()), *values.shape[1:], generator=generator)
    noisy, own = _own(drawn, rows)
    moved = noise[own].to(values.device, values.dtype, non_blocking=True)
    noisy = noisy.to(values.device, non_blocking=True)
    return values.index_add_(0, noisy, moved, alpha=config.noise)


def drop_steps(
    values: Tensor,
    config: NoiseConfig,
    generator: torch.Generator,
    lengths: Tensor | None,
    whole: int,
    rows: slice | Tensor = slice(None),
) -> Tensor:
    """Set floor(f · steps) steps of the drawn samples to 0, but never all: f is drawn uniformly.

    Arguments are as of :func:`augment_values`.
    """
    steps = values.shape[1]
    low, high = config.drop
    drawn = torch.rand(whole, generator=generator) < config.drop_probability
    count = int(drawn.sum())
    share = torch.rand(count, generator=generator) * (high - low) + low
    order = torch.rand(count, steps, generator=generator)
    dropped, own = _own(drawn, rows)
    share, order = share[own], order[own]
    if lengths is None:
        number = (share * steps).long().clamp_(max=steps - 1)
    else:
        valid = lengths[dropped]
        order.masked_fill_(torch.arange(steps) >= valid[:, None], 2.0)  # behind all valid ones
        number = torch.minimum((share * valid).long(), valid - 1)
    # The steps of the smallest numbers; NumPy sorts them ten times as fast as torch.
    in_order = torch.from_numpy(np.sort(order.numpy(), axis=1))
    keep = order >= in_order.gather(1, number[:, None])
    keep = keep if values.ndim == 2 else keep[..., None]
    moved = keep.to(values.device, non_blocking=True)
    dropped = dropped.to(values.device, non_blocking=True)
    values[dropped] = torch.where(moved, values[dropped], 0)
    return values


def _own(drawn: Tensor, rows: slice | Tensor) -> tuple[Tensor, slice | Tensor]:
    """Which of this process's samples were drawn, and which of all drawn samples these are."""
    [found] = drawn[rows].nonzero(as_tuple=True)
    if isinstance(rows, slice):
        return found, slice(None)
    return found, (drawn.cumsum(0) - 1)[rows][found]

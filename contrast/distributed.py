"""Processes that share a batch: who has which rows, the gather with gradient, means over them.

Every process holds its own rows of each batch, in the order of the ranks. What they minimise
together is the mean of their losses, so a loss that is a mean over samples needs nothing, and one
that compares samples gathers them first; :func:`average` then gives every process the gradient
that one process would have on the whole batch. Alone, all of this costs and changes nothing.
"""

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class PeerLostError(RuntimeError):
    """Another process of the job has gone, or does not answer."""


def world_size() -> int:
    """How many processes share a batch: 1 where none have joined."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this process among them, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


@contextlib.contextmanager
def answers() -> Iterator[None]:
    """Tell a communication that fails from every other RuntimeError.

    Raises:
        PeerLostError: a process did not answer.
    """
    try:
        yield
    except torch.OutOfMemoryError:  # a RuntimeError too, and no fault of the others
        raise
    except RuntimeError as error:  # what it says differs between backends and versions
        raise PeerLostError(str(error)) from error


def local_shard(batch: int, views: int = 1) -> slice | Tensor:
    """Which rows of a whole batch are this process's.

    Args:
        batch: samples of the whole batch.
        views: how often the batch is repeated, one view of all samples after another.

    Returns:
        An index into the views · batch rows; all of them where the process is alone.

    Raises:
        ValueError: the processes cannot have equally many.
    """
    processes = world_size()
    if processes == 1:
        return slice(None)
    if batch % processes:
        near = max(1, round(batch / processes)) * processes
        raise ValueError(
            f"{processes} processes share a batch evenly, which {batch} pairs cannot be; "
            f"a batch of {near} can"
        )
    return torch.arange(views * batch).view(views, processes, -1)[:, rank()].flatten()


def own_rows(batch: int, views: int = 1) -> slice | Tensor:
    """:func:`local_shard` by its name up to 0.1."""
    warnings.warn("own_rows is now local_shard", DeprecationWarning, stacklevel=2)
    return local_shard(batch, views)


def gather(own: Tensor, dim: int = 0) -> Tensor:
    """The rows of every process, in the order of the ranks; the gradient finds its way back.

    What comes back to a process is the sum of the gradients that all processes have for its rows,
    as the mean of their losses asks for, since :func:`average` divides by their number.

    Args:
        own: this process's rows, as many as every other's.
        dim: the dimension of the rows.

    Returns:
        The same type, with the rows of all; the tensor itself where the process is alone.

    Raises:
        PeerLostError: a process did not answer.
    """
    if world_size() == 1:
        return own
    whole: Tensor = _Gather.apply(own.movedim(dim, 0))
    return whole.movedim(0, dim)


class _Gather(torch.autograd.Function):
    """Rows of every process, along the first dimension."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        whole = own.new_empty(world_size() * len(own), *own.shape[1:])
        with answers():
            dist.all_gather(list(whole.chunk(world_size())), own.contiguous())
        return whole

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        [gradient] = gradients
        # A copy, since it is summed in place, and bfloat16 would round every sum.
        summed = torch.empty(
            gradient.shape,
            dtype=torch.promote_types(gradient.dtype, torch.float32),
            device=gradient.device,
        ).copy_(gradient)
        with answers():
            dist.all_reduce(summed)
        return summed.chunk(world_size())[rank()].to(gradient.dtype)


@torch.no_grad()
def average(tensors: Iterable[Tensor]) -> None:
    """Replace tensors by their means over the processes, which bring them in the same order.

    Raises:
        PeerLostError: a process did not answer.
    """
    if world_size() == 1:
        return
    by_type: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        by_type.setdefault(tensor.dtype, []).append(tensor)
    for alike in by_type.values():
        flat = torch.cat([tensor.flatten() for tensor in alike])
        with answers():
            dist.all_reduce(flat)
        flat /= world_size()
        for tensor, mean in zip(alike, flat.split([t.numel() for t in alike]), strict=True):
            tensor.copy_(mean.view(tensor.shape))

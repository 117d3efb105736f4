"""Training steps on a GPU without waiting: recorded once and replayed, their terms read later.

A step of CoMM is some 3,000 small operations, and a CPU needs longer to launch them than a large
GPU to do them (the paper's model on an H200: 33 ms against 11). A recording launches them as one.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Batch, Method

from .loss_terms import preserve_state

#: Passes before the recording, in which libraries choose their kernels and allocate.
_WARM_UP = 2
_REFUSED = (
    "the method says that its loss is capturable, but its step cannot be captured as a CUDA graph"
)


def can_capture(method: Method, device: torch.device) -> bool:
    """Whether the steps of a method can be replayed: on one GPU, where its own class says so.

    A subclass may do in its loss what its parent does not, so that nothing is inherited.
    """
    return device.type == "cuda" and world_size() == 1 and _declares_capturable(type(method))


def _declares_capturable(method: type[Method]) -> bool:
    """What a class says for itself; up to 0.1 the attribute was called ``steady``."""
    own = vars(method)
    return bool(own.get("capturable") or own.get("steady"))


class CapturedStep:
    """The gradients and terms of a step, recorded as a CUDA graph.

    What is replayed leaves its gradients in the same tensors each time: they must not be taken
    away from the parameters.

    Args:
        compute: leaves the gradients of a batch in the method's parameters and returns its terms,
            [terms], detached; the same operations for every batch.
        method: the model; its parameters and buffers are as they were afterwards.
        batch: one like those to come.

    Raises:
        ValueError: the computation reads what differs from step to step, draws at random on the
            CPU, or waits for the GPU.
    """

    def __init__(self, compute: Callable[[Batch], Tensor], method: Method, batch: Batch) -> None:
        labels = {task: values.clone() for task, values in (batch.labels or {}).items()}
        self.batch = _StaticBatch([view.clone() for view in batch.views], labels)
        device = batch.views[0].device
        self.graph = torch.cuda.CUDAGraph()
        aside = torch.cuda.Stream(device)
        with torch.cuda.device(device), preserve_state(method):
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                for _ in range(_WARM_UP):
                    check_no_cpu_random(lambda: compute(self.batch))
                    method.zero_grad()
            torch.cuda.current_stream().wait_stream(aside)
        try:
            with torch.cuda.device(device), torch.cuda.graph(self.graph, stream=aside):
                self.terms = compute(self.batch)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"{_REFUSED}: it waits for the GPU, or so ({reason})") from error

    def replay(self, batch: Batch) -> Tensor:
        """The terms of a batch, [terms], until the next replay; its gradients are in place."""
        for own, view in zip(self.batch.views, batch.views, strict=True):
            own.copy_(view)
        for task, own in (self.batch.labels or {}).items():
            own.copy_((batch.labels or {})[task])
        self.graph.replay()
        return self.terms


class _StaticBatch(Batch):
    """A batch of which a loss may only read what is copied anew for every step."""

    def __init__(self, views: Sequence[Tensor], labels: Mapping[str, Tensor]) -> None:
        super().__init__(views, labels)

    def __getattribute__(self, name: str) -> Any:
        if name in ("progress", "generator"):
            raise ValueError(f"{_REFUSED}: it reads the batch's {name}")
        return super().__getattribute__(name)


def check_no_cpu_random(compute: Callable[[], Tensor]) -> None:
    """Compute, and refuse what drew from a random state of the CPU, which no replay would do.

    Raises:
        ValueError: it drew from that of torch, NumPy or Python.
    """
    before = _random_states()
    compute()
    drawn = [name for name, state in _random_states().items() if state != before[name]]
    if drawn:
        raise ValueError(f"{_REFUSED}: it draws from the random state of {drawn[0]} on the CPU")


def _random_states() -> dict[str, object]:
    numpys: Any = np.random.get_state()
    kind, keys, *rest = numpys
    return {
        "torch": bytes(torch.get_rng_state().numpy()),
        "NumPy": (kind, bytes(keys), *rest),
        "Python": random.getstate(),
    }


class AsyncHostCopy:
    """Numbers on their way from their device; a GPU is not waited for until they are read."""

    def __init__(self, numbers: Tensor) -> None:
        self.numbers = numbers.to("cpu", non_blocking=True)
        self.arrived = None
        if numbers.is_cuda:
            self.arrived = torch.cuda.Event()
            self.arrived.record(torch.cuda.current_stream(numbers.device))

    def read(self) -> list[float]:
        """The numbers."""
        if self.arrived is not None:
            self.arrived.synchronize()
        found: list[float] = self.numbers.tolist()
        return found

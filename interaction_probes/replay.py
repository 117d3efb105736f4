"""Training steps on a GPU without waiting: recorded once and replayed, their terms read later.

A step of CoMM is some 3,000 small operations, and a CPU needs longer to launch them than a large
GPU to do them (the paper's model on an H200: 33 ms against 11). A recording launches them as one.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Batch, Method

from .terms import undisturbed

#: Passes before the recording, in which libraries choose their kernels and allocate.
_WARM_UP = 2


def recordable(method: Method, device: torch.device) -> bool:
    """Whether the steps of a method can be replayed: on one GPU, where its own class says so.

    A subclass may do in its loss what its parent does not, so that nothing is inherited.
    """
    return device.type == "cuda" and world_size() == 1 and bool(vars(type(method)).get("steady"))


class Recording:
    """The gradients and terms of a step, recorded as a CUDA graph.

    What is replayed leaves its gradients in the same tensors each time: they must not be taken
    away from the parameters.

    Args:
        compute: leaves the gradients of a batch in the method's parameters and returns its terms,
            [terms], detached; the same operations for every batch.
        method: the model; it is as it was afterwards, but for the gradients.
        batch: one like those to come.

    Raises:
        ValueError: the computation waits for the GPU, or does what cannot be recorded.
    """

    def __init__(self, compute: Callable[[Batch], Tensor], method: Method, batch: Batch) -> None:
        labels = {task: values.clone() for task, values in (batch.labels or {}).items()}
        # No progress and no generator: what a loss takes from them would be recorded as it is now.
        self.batch = Batch([view.clone() for view in batch.views], labels, progress=math.nan)
        device = batch.views[0].device
        self.graph = torch.cuda.CUDAGraph()
        aside = torch.cuda.Stream(device)
        try:
            with torch.cuda.device(device), undisturbed(method):
                aside.wait_stream(torch.cuda.current_stream())
                with torch.cuda.stream(aside):
                    for _ in range(_WARM_UP):
                        compute(self.batch)
                        method.zero_grad()
                torch.cuda.current_stream().wait_stream(aside)
            with torch.cuda.device(device), torch.cuda.graph(self.graph, stream=aside):
                self.terms = compute(self.batch)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            name, [reason, *_] = type(method).__name__, str(error).splitlines()
            raise ValueError(
                f"a step of {name} cannot be recorded ({reason}); a method whose loss waits for "
                "the GPU, or differs from step to step, is not steady"
            ) from error

    def replay(self, batch: Batch) -> Tensor:
        """The terms of a batch, [terms], until the next replay; its gradients are in place."""
        for own, view in zip(self.batch.views, batch.views, strict=True):
            own.copy_(view)
        for task, own in (self.batch.labels or {}).items():
            own.copy_((batch.labels or {})[task])
        self.graph.replay()
        return self.terms


class Told:
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

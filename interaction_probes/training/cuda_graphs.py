"""CUDA graphs: capture a training step once and replay it, without device synchronisation.

A step of CoMM launches about 3,000 small kernels. The launches take the CPU longer than the kernels
take a large GPU (the paper's model on an H200: 33 ms against 11). A CUDA graph is one launch.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Batch, Method

from .attributes import attributes, registered
from .digests import digest
from .loss_terms import preserve_state

#: Steps before the capture, in which libraries choose their kernels and allocate memory.
_WARM_UP = 2
_NOT_CAPTURABLE = (
    "the method declares capturable = True, but its step cannot be captured as a CUDA graph"
)


def can_capture(method: Method, device: torch.device) -> bool:
    """Whether a method's steps can use a CUDA graph: on one GPU, if its class is capturable.

    The class attribute ``capturable`` is not inherited, since a subclass may change the loss.
    """
    return device.type == "cuda" and world_size() == 1 and _declares_capturable(type(method))


def _declares_capturable(method: type[Method]) -> bool:
    """Whether a class itself declares ``capturable``; ``steady`` is its name up to 0.1."""
    attributes = vars(method)
    return bool(attributes.get("capturable") or attributes.get("steady"))


class CapturedStep:
    """Forward and backward pass of a step, captured as a CUDA graph.

    Every replay writes the gradients to the same tensors, so the parameters' ``grad`` must not be
    set to None.

    Args:
        compute: adds the gradients of a batch to the method's parameters and returns its detached
            loss terms, [terms]; the same operations for every batch.
        method: the model; the capture does not change its parameters and buffers.
        batch: an example batch, of the same shapes as all later ones.

    Raises:
        ValueError: the computation depends on the step, draws random numbers on the CPU, keeps
            something that is no tensor changed in place, or synchronises with the GPU.
    """

    def __init__(self, compute: Callable[[Batch], Tensor], method: Method, batch: Batch) -> None:
        labels = {task: values.clone() for task, values in (batch.labels or {}).items()}
        self.batch = _StaticBatch([view.clone() for view in batch.views], labels)
        self._compute = lambda: compute(self.batch)
        device = batch.views[0].device
        self.graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.Stream(device)  # a capture needs a stream that is not the default
        with torch.cuda.device(device), preserve_state(method):
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(_WARM_UP):
                    check_no_cpu_random(lambda: check_in_place(method, self._compute))
                    method.zero_grad()
            torch.cuda.current_stream().wait_stream(stream)
        try:
            with torch.cuda.device(device), torch.cuda.graph(self.graph, stream=stream):
                self.terms = compute(self.batch)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"{_NOT_CAPTURABLE}: its loss probably synchronises with the GPU ({reason})"
            ) from error

    def replay(self, batch: Batch) -> Tensor:
        """Compute the gradients of a batch; returns its terms, [terms], until the next replay."""
        for static_view, view in zip(self.batch.views, batch.views, strict=True):
            static_view.copy_(view)
        for task, static_labels in (self.batch.labels or {}).items():
            static_labels.copy_((batch.labels or {})[task])
        self.graph.replay()
        return self.terms


class _StaticBatch(Batch):
    """Input tensors of a CUDA graph; refuses access to the fields that no replay would update."""

    def __init__(self, views: Sequence[Tensor], labels: Mapping[str, Tensor]) -> None:
        super().__init__(views, labels)

    def __getattribute__(self, name: str) -> Any:
        if name in ("progress", "generator"):
            raise ValueError(f"{_NOT_CAPTURABLE}: it reads the batch's {name}")
        return super().__getattribute__(name)


def check_no_cpu_random(compute: Callable[[], Tensor]) -> None:
    """Call a function, and refuse random draws on the CPU, which no replay would repeat.

    Raises:
        ValueError: the function used the global random state of torch, NumPy or Python.
    """
    before = _random_states()
    compute()
    used = [name for name, state in _random_states().items() if state != before[name]]
    if used:
        raise ValueError(
            f"{_NOT_CAPTURABLE}: it draws from the random state of {used[0]} on the CPU"
        )


def check_in_place(method: Method, compute: Callable[[], Tensor]) -> Tensor:
    """Call a function, and refuse changes of the method that no replay would repeat.

    A replay writes into the same tensors; a counter, or a tensor that an attribute is set to anew,
    would stay what it was at the capture.

    Raises:
        ValueError: the function changed an attribute or a buffer other than in place.
    """
    known = registered(method)
    buffers, kept = dict(method.named_buffers()), attributes(method)
    digests = {name: digest(value, known) for name, value in kept.items()}
    values = compute()
    known = registered(method)
    changed = [name for name, buffer in method.named_buffers() if buffers.get(name) is not buffer]
    changed += [
        name
        for name, value in attributes(method).items()
        if digest(value, known) != digests.get(name)
        and not (isinstance(value, Tensor) and value is kept.get(name))
    ]
    if changed:
        raise ValueError(
            f"{_NOT_CAPTURABLE}: it changes {changed[0]} from step to step, which only a buffer "
            "that is changed in place can be"
        )
    return values


def _random_states() -> dict[str, object]:
    numpy_state: Any = np.random.get_state()
    kind, keys, *rest = numpy_state
    return {
        "torch": bytes(torch.get_rng_state().numpy()),
        "NumPy": (kind, bytes(keys), *rest),
        "Python": random.getstate(),
    }


class AsyncHostCopy:
    """An asynchronous copy of a vector to the CPU; only :meth:`result` waits for a GPU."""

    def __init__(self, values: Tensor) -> None:
        self.values = values.to("cpu", non_blocking=True)
        self.event = None
        if values.is_cuda:
            self.event = torch.cuda.Event()
            self.event.record(torch.cuda.current_stream(values.device))

    def result(self) -> list[float]:
        """Wait for the copy; returns the values."""
        if self.event is not None:
            self.event.synchronize()
        values: list[float] = self.values.tolist()
        return values

"""Named loss terms of a method: weights, values, and evaluation of terms without weight."""

import contextlib
from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.distributed import average
from interaction_probes.contrast.method import Batch, Method


def term_weights(method: Method | type[Method], overrides: Mapping[str, float]) -> dict[str, float]:
    """The weight of every loss term: the method's default unless overridden.

    Raises:
        ValueError: the method has no such term, or every weight is 0.
    """
    terms = method.terms
    for term in overrides:
        if term not in terms:
            hint = did_you_mean(term, terms)
            known = ", ".join(terms) or "none"
            raise ValueError(f"no loss term {term!r}; {hint}this method's terms: {known}")
    weights = {**terms, **overrides}
    if terms and not any(weights.values()):
        raise ValueError("every loss term has weight 0: nothing is left to train")
    return weights


def compute_terms(method: Method, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
    """The unweighted value of each named term, a scalar tensor.

    Raises:
        ValueError: the method did not return these terms, or a term is not a scalar.
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
            actual = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(f"the loss term {term} is a scalar tensor, not {actual}")
    return dict(values)


@torch.no_grad()
def evaluate_terms(method: Method, batch: Batch, terms: Collection[str]) -> dict[str, float]:
    """The value of terms without gradient, for logging, averaged over all ranks.

    The method's parameters and buffers and the global random state do not change.
    """
    with preserve_state(method):
        values = compute_terms(method, batch, terms)
    average(values.values())
    return {term: float(value) for term, value in values.items()}


@contextlib.contextmanager
def preserve_state(method: Method) -> Iterator[None]:
    """Restore a method's parameters and buffers and the global random state after the block."""
    tensors = [*method.parameters(), *method.buffers()]
    before = [tensor.detach().clone() for tensor in tensors]
    devices = {parameter.device for parameter in method.parameters() if parameter.is_cuda}
    with torch.random.fork_rng(sorted(devices, key=str)):
        yield
    with torch.no_grad():
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)

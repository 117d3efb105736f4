"""The named terms of a method's loss: their weights, their values, those that are only watched."""

import contextlib
from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.distributed import average
from interaction_probes.contrast.method import Batch, Method


def term_weights(method: Method | type[Method], chosen: Mapping[str, float]) -> dict[str, float]:
    """The weight of every loss term: the method's own unless chosen otherwise.

    Raises:
        ValueError: a term that the method does not have, or no term left.
    """
    terms = method.terms
    for term in chosen:
        if term not in terms:
            hint = did_you_mean(term, terms)
            known = ", ".join(terms) or "none"
            raise ValueError(f"no loss term {term!r}; {hint}this method's terms: {known}")
    weights = {**terms, **chosen}
    if terms and not any(weights.values()):
        raise ValueError("every loss term has weight 0: nothing is left to learn from")
    return weights


def compute_terms(method: Method, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
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
def evaluate_terms(method: Method, batch: Batch, terms: Collection[str]) -> dict[str, float]:
    """The value of terms that nothing learns from; the method stays as it was.

    Parameters, buffers and the global random state are put back, and no gradient is left.
    """
    with preserve_state(method):
        values = compute_terms(method, batch, terms)
    average(values.values())
    return {term: float(value) for term, value in values.items()}


@contextlib.contextmanager
def preserve_state(method: Method) -> Iterator[None]:
    """Put a method's parameters, its buffers and the global random state back after the block."""
    kept = [*method.parameters(), *method.buffers()]
    before = [tensor.detach().clone() for tensor in kept]
    devices = {parameter.device for parameter in method.parameters() if parameter.is_cuda}
    with torch.random.fork_rng(sorted(devices, key=str)):
        yield
    with torch.no_grad():
        for tensor, value in zip(kept, before, strict=True):
            tensor.copy_(value)

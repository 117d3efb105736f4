"""Named loss terms of a method: weights, values, and evaluation of terms without weight."""

import contextlib
from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor, nn

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.distributed import average
from interaction_probes.contrast.method import Batch, Method
from interaction_probes.runtime.global_random_state import preserved_global_state

from .attributes import attributes, delete_attribute, set_attributes
from .method_state import attribute_digests
from .plain_values import decode, encode


def term_weights(method: Method | type[Method], overrides: Mapping[str, float]) -> dict[str, float]:
    """The weight of every loss term of a method: its default unless overridden.

    Raises:
        ValueError: as :func:`overridden`.
    """
    return overridden(method.terms, overrides)


def overridden(terms: Mapping[str, float], overrides: Mapping[str, float]) -> dict[str, float]:
    """The weight of every loss term: the default unless overridden.

    Args:
        terms: term → its default weight.
        overrides: term → its weight.

    Raises:
        ValueError: there is no such term, or every weight is 0.
    """
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

    The method's state and the global random states do not change.
    """
    with preserve_state(method):
        values = compute_terms(method, batch, terms)
    average(values.values())
    return {term: float(value) for term, value in values.items()}


@contextlib.contextmanager
def preserve_state(method: Method) -> Iterator[None]:
    """Restore a method's state and the global random states after the block.

    Its state is its parameters and buffers, and those of its attributes that a checkpoint can hold.
    """
    buffers = {module: dict(module._buffers) for module in method.modules()}
    tensors = [*method.parameters(), *method.buffers()]
    before = [tensor.detach().clone() for tensor in tensors]
    plain = {name: v for name, v in attributes(method).items() if not isinstance(v, nn.Parameter)}
    kept, digests = encode(plain)[0], attribute_digests(method)
    devices = {parameter.device for parameter in method.parameters() if parameter.is_cuda}
    with preserved_global_state(sorted(devices, key=str)):
        yield
    with torch.no_grad():
        for module, known in buffers.items():
            module._buffers.update(known)  # the same tensors, also where others had been assigned
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)
    now = attribute_digests(method)
    for name in now.keys() - digests.keys():
        delete_attribute(method, name)
    changed = {name: kept[name] for name in kept if now.get(name) != digests[name]}
    set_attributes(method, decode(changed, next(iter(devices), torch.device("cpu"))))

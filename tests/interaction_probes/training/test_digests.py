import functools
import itertools
import logging
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import nn

from interaction_probes.training.digests import digest


@dataclass
class Own:
    """A class of the user's."""

    values: list = field(default_factory=list)


class Slotted:
    """A class without a dictionary."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def counter(start):
    count = start

    def step():
        nonlocal count
        count += 1
        return count

    return step


def unfinished(start):
    yield start
    yield start + 1


def advanced(iterator):
    next(iterator)
    return iterator


PAIRS = {
    "number": (1, 2),
    "kind": (1, 1.0),
    "flag": (1, True),
    "sign": (0.0, -0.0),
    "text": (["ab", "c"], ["a", "bc"]),
    "nesting": ([1, [2]], [[1], 2]),
    "order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "tensor": (torch.zeros(2), torch.zeros(2, 1)),
    "tensor's type": (torch.zeros(2), torch.zeros(2).double()),
    "gradient": (torch.zeros(2), torch.zeros(2, requires_grad=True)),
    "sparse": (torch.eye(2).to_sparse(), torch.ones(2, 2).to_sparse()),
    "array": (np.zeros(2), np.ones(2)),
    "array of objects": (np.array([None]), np.array([Own()])),
    "object": (Own([1]), Own([2])),
    "slots": (Slotted(1), Slotted(2)),
    "module": (nn.Linear(1, 1), nn.Linear(1, 1)),
    "closure": (counter(0), counter(1)),
    "partial": (functools.partial(max, 1), functools.partial(max, 2)),
    "iterator": (iter([1, 2]), advanced(iter([1, 2]))),
    "count": (itertools.count(), advanced(itertools.count())),
    "generator": (unfinished(0), advanced(unfinished(0))),
    "random": (np.random.default_rng(0), np.random.default_rng(1)),
    "torch's": (torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)),
    "class": (Own, Slotted),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_different_content_has_different_digests(one, other):
    assert digest(one) != digest(other)
    assert digest(one) == digest(one)


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"a": [1, (2.0, None)], "b": {3, "c"}},
        lambda: Own([np.ones(2), torch.ones(2)]),
        lambda: counter(3),
        lambda: advanced(unfinished(0)),
        lambda: logging.getLogger("of a test"),
        lambda: open(__file__),  # noqa: SIM115
        threading.Lock,
        lambda: functools.lru_cache(counter),
    ],
)
def test_equal_content_has_equal_digests(make):
    assert digest(make()) == digest(make())


def test_what_is_read_is_not_moved():
    iterator = iter([1, 2])
    digest(iterator)
    assert next(iterator) == 1


def test_what_holds_itself_has_a_digest():
    ring = []
    ring.append(ring)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert digest(ring) != digest([[]])
    assert digest(deep)
    while deep:  # taken apart: nothing so deep can be freed at once
        deep = deep[0]


def test_registered_objects_count_by_their_name():
    layer = nn.Linear(1, 1)
    known = {id(layer): "head"}
    before = digest([layer], known)
    with torch.no_grad():
        layer.weight.add_(1)
    assert digest([layer], known) == before != digest([layer])

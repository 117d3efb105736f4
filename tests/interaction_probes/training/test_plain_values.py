import io
import math
import random
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
import pytest
import torch
from torch import nn

from interaction_probes.training.digests import digest
from interaction_probes.training.plain_values import decode, encode

CPU = torch.device("cpu")


def through_a_file(values):
    """What comes back of values that a checkpoint held."""
    encoded, failed = encode(values)
    assert not failed
    buffer = io.BytesIO()
    torch.save(encoded, buffer)
    buffer.seek(0)
    return decode(torch.load(buffer, weights_only=True), CPU)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 3, 2**200, -0.0, math.inf, 1 + 2j, "text\n", b"\x00bytes", b""),
        *([1, [2.0]], (1, ("a",)), {1, "a"}, frozenset({2}), [], {}),
        *({1: {"a": [None]}}, OrderedDict(b=1, a=2), Counter("aab"), deque([1, 2], 3)),
        defaultdict(list, {"a": [1]}),
        defaultdict(None, {"a": 1}),
        *(np.float32(0.5), np.int64(2**62), np.bool_(True), np.datetime64("2026-01-01")),
        *(np.arange(6).reshape(2, 3), np.zeros((0, 2)), np.array(1.5), np.array(["ab", "c"])),
        *(torch.arange(4), torch.ones(2, 3).T, torch.tensor(1.5), torch.ones(2).bfloat16()),
        *(nn.Parameter(torch.ones(2)), torch.ones(2, requires_grad=True), torch.empty(0)),
        np.random.default_rng(3),
        np.random.Generator(np.random.MT19937(3)),
        np.random.RandomState(3),
        random.Random(3),
        torch.Generator().manual_seed(3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back(value):
    [found] = through_a_file({"value": value}).values()
    assert type(found) is type(value)
    assert digest(found) == digest(value)


def test_nan_comes_back():
    assert math.isnan(through_a_file({"value": [math.nan]})["value"][0])


def test_generators_go_on_where_they_were():
    own = np.random.default_rng(0), random.Random(0), torch.Generator().manual_seed(0)

    def drawn(generators):
        of_numpy, python, of_torch = generators
        [child] = of_numpy.spawn(1)
        numbers = [of_numpy.normal(), child.random(), python.gauss(0, 1)]
        return [*numbers, torch.rand((), generator=of_torch).item()]

    drawn(own)
    assert drawn(through_a_file({"all": own})["all"]) == drawn(own)


def test_objects_that_are_shared_stay_shared():
    queue, generator = [1], np.random.default_rng(0)
    ring = [queue]
    ring.append(ring)
    found = through_a_file(
        {"a": queue, "b": {"a": queue, "g": generator}, "g": generator, "r": ring}
    )
    assert found["a"] is found["b"]["a"] is found["r"][0]
    assert found["g"] is found["b"]["g"]
    assert found["r"][1] is found["r"]


def test_what_cannot_be_saved_is_named_and_the_rest_kept():
    class Own(list):
        pass

    shared = [1]
    values = {"own": [shared, Own()], "kept": shared, "lambda": len, "object": np.array([{}])}
    encoded, failed = encode(values)
    assert list(encoded) == ["kept"]
    assert decode(encoded, CPU) == {"kept": [1]}
    assert failed["own"].endswith("Own")
    assert failed["object"] == "numpy.ndarray"
    assert set(failed) == {"own", "lambda", "object"}


def test_a_view_is_saved_without_what_it_is_a_view_of():
    encoded, _ = encode({"view": torch.zeros(1000)[:2]})
    buffer = io.BytesIO()
    torch.save(encoded, buffer)
    assert buffer.tell() < 3000


@pytest.mark.parametrize(
    "damaged",
    [("new", 0, "os.system", "ls"), ("same", 7), (), ("new", 0, "Generator", ("plain", 1))],
)
def test_what_another_program_wrote_is_refused(damaged):
    with pytest.raises(ValueError, match="attributes that cannot be decoded"):
        decode({"value": damaged}, CPU)


def test_no_class_is_looked_up_by_a_name_from_a_file():
    encoded, _ = encode({"g": np.random.default_rng(0)})
    text = {"bit_generator": "default_rng"}
    state = encode({"g": (text, {"entropy": 1})})[0]["g"]
    kind, number, name, _ = encoded["g"]
    with pytest.raises(ValueError, match="cannot be decoded"):
        decode({"g": (kind, number, name, state)}, CPU)

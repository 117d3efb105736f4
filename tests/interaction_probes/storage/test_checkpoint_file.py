import io
from collections import deque

import numpy as np
import pytest
import torch

from interaction_probes.storage.checkpoint_file import (
    checkpoint_bytes,
    parse_checkpoint,
    read_back,
)


def test_a_state_comes_back():
    state = {"epoch": 1, "method": {"weight": torch.arange(3.0), "_extra_state": {"a": [1]}}}
    found = read_back(checkpoint_bytes(state), state)
    assert found["method"]["_extra_state"] == {"a": [1]}
    assert torch.equal(found["method"]["weight"], torch.arange(3.0))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"heads.0._extra_state": np.int64(3)},
            "get_extra_state of heads.0 returns a numpy.int64;",
        ),
        ({"_extra_state": {"a": [np.float32(1)]}}, "get_extra_state of the method returns a nump"),
        ({"_extra_state": deque([1])}, "get_extra_state of the method returns a collections"),
        ({"_extra_state": lambda: 1}, "get_extra_state of the method returns a function"),
        ({"queue": np.ones(2)}, "queue is a numpy.ndarray;"),
    ],
)
def test_what_cannot_be_read_back_is_named(entry, words):
    state = {"epoch": 0, "method": {"weight": torch.ones(2), **entry}}
    with pytest.raises(ValueError, match=f"the checkpoint could not be read back: {words}") as no:
        read_back(checkpoint_bytes(state), state)
    assert "\n" not in str(no.value)


def test_the_fault_of_a_file_is_told():
    with pytest.raises(ValueError, match="not a zip file"):
        parse_checkpoint(io.BytesIO(b"damaged"))

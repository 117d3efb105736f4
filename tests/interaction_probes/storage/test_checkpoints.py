"""Checkpoints survive, or are refused; no code of theirs is run."""

import contextlib
import math
import os

import pytest
import torch

from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.run_folder import RunFolder


def state():
    return {
        "epoch": 2,
        "method": {"weight": torch.arange(300.0), "count": torch.tensor(7)},
        "rows": [(0, "R", "linear", "bits", math.pi)],
    }


@pytest.fixture
def saved(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_checkpoint(checkpoint_bytes(state()))
    return folder


def test_a_checkpoint_survives(saved):
    found = saved.load_checkpoint()
    assert found["rows"] == state()["rows"]
    assert torch.equal(found["method"]["weight"], state()["method"]["weight"])


def test_no_checkpoint_is_none(tmp_path):
    assert RunFolder(tmp_path).load_checkpoint() is None


def refused(folder):
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged .*delete it") as caught:
        folder.load_checkpoint()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", ['{"status": "finished"}', "{"])
def test_without_its_checkpoint_a_finished_run_would_stay_so(saved, status):
    """And one whose status is damaged could not be mended."""
    (saved.path / "run.json").write_text(status)
    (saved.path / "checkpoint.pt").write_bytes(b"")
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged ") as caught:
        saved.load_checkpoint()
    assert str(caught.value).endswith(f"; delete the folder {saved.path} to start this run again")
    (saved.path / "run.json").write_text('{"status": "running"}')
    refused(saved)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(saved, share):
    path = saved.path / "checkpoint.pt"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(saved)


def test_a_flipped_byte_is_refused_or_changes_nothing(saved):
    path = saved.path / "checkpoint.pt"
    content = path.read_bytes()
    weight = state()["method"]["weight"]
    start = content.index(weight.numpy().tobytes())
    data = range(start, start + weight.nbytes)
    assert weight.nbytes == 1200
    # All of the tensor's bytes but for speed every 40th, and as many of the rest.
    for position in [*data[::40], *range(0, len(content), 97)]:
        broken = bytearray(content)
        broken[position] ^= 0x10
        path.write_bytes(broken)
        if position in data:
            refused(saved)
            continue
        # Names and padding of the archive may differ without harm.
        with contextlib.suppress(ValueError):
            found = saved.load_checkpoint()
            assert torch.equal(found["method"]["weight"], weight)
            assert found["rows"] == state()["rows"]


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path):
    folder = RunFolder(tmp_path)
    torch.save({"epoch": Bomb(tmp_path / "exploded")}, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match=r"is damaged \(it holds more than tensors") as caught:
        folder.load_checkpoint()
    assert "weights_only" not in str(caught.value)  # torch would say how to run it all the same
    assert not (tmp_path / "exploded").exists()
    torch.load(tmp_path / "checkpoint.pt", weights_only=False)  # the bomb is a real one
    assert (tmp_path / "exploded").exists()


def test_a_checkpoint_of_another_kind_is_refused(tmp_path):
    torch.save(torch.ones(3), tmp_path / "checkpoint.pt")
    refused(RunFolder(tmp_path))

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from interaction_probes.contrast import row_blocks
from interaction_probes.contrast.losses import nce

#: Of 26 anchors and as many candidates: blocks of one row, of 5 with one row left over, of 7 that
#: reach from a into b, of 25 that leave a block of one.
ENTRIES = [1, 5 * 26, 7 * 26, 25 * 26]


def rows(n, d, seed=0, dtype=torch.float64):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def observed(a, b, temperature=0.1, autocast=False):
    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        loss = nce(a, b, temperature)
    loss.backward()
    return loss.detach(), a.grad, b.grad


@pytest.mark.parametrize("entries", ENTRIES)
@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_blocks_give_the_loss_and_gradients_of_the_whole_matrix(monkeypatch, entries, temperature):
    a, b = rows(13, 4, 1), rows(13, 4, 2)
    whole = observed(a, b, temperature)
    monkeypatch.setattr(row_blocks, "ENTRIES", entries)
    for found, expected in zip(observed(a, b, temperature), whole, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_a_matrix_that_fits_is_whole_and_one_entry_more_is_not(monkeypatch):
    seen = []

    def compute(anchors, first):
        seen.append((first, len(anchors)))
        return anchors.sum(1)

    monkeypatch.setattr(row_blocks, "ENTRIES", 5 * 6)
    torch.testing.assert_close(row_blocks.by_rows(compute, rows(5, 2), 6), rows(5, 2).sum(1))
    assert seen == [(0, 5)]
    torch.testing.assert_close(row_blocks.by_rows(compute, rows(5, 2), 7), rows(5, 2).sum(1))
    assert seen[1:] == [(0, 4), (4, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_blocks_are_in_float32_under_autocast_in_the_gradient_too(monkeypatch, dtype):
    """The matrices are made again when the gradient asks for them, outside of the context."""
    a, b = rows(13, 64, 1, torch.float32).to(dtype), rows(13, 64, 2, torch.float32).to(dtype)
    whole = observed(a, b)
    monkeypatch.setattr(row_blocks, "ENTRIES", 5 * 26)
    found = observed(a, b, autocast=True)
    for value, expected in zip(found, whole, strict=True):
        assert value.dtype == expected.dtype
        torch.testing.assert_close(value, expected, rtol=1e-5, atol=1e-7)


def test_extreme_temperatures_stay_finite_in_blocks(monkeypatch):
    monkeypatch.setattr(row_blocks, "ENTRIES", 5 * 26)
    found = observed(rows(13, 4, 1, torch.float32), rows(13, 4, 2, torch.float32), 1e-3)
    assert all(value.isfinite().all() for value in found)


class Largest(TorchDispatchMode):
    """The most entries of any tensor that is made."""

    entries = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, list | tuple) else [out]:
            if isinstance(tensor, torch.Tensor):
                self.entries = max(self.entries, tensor.numel())
        return out


def memory(n):
    """(entries of the largest tensor, entries kept for the gradient) of the loss of n pairs."""
    kept = []
    a = rows(n, 4, 1).requires_grad_()
    with Largest() as largest:
        pack = lambda tensor: kept.append(tensor.numel()) or tensor  # noqa: E731
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = nce(a, rows(n, 4, 2))
        loss.backward()
    return largest.entries, sum(kept)


def test_no_tensor_is_larger_than_a_block_and_none_is_kept(monkeypatch):
    monkeypatch.setattr(row_blocks, "ENTRIES", 1024)
    assert memory(16)[0] == 32 * 32
    entries, kept = memory(64)
    assert entries <= 1024
    # Four times the pairs: four times as much is kept, whereas the matrix is 16 times as large.
    assert memory(256)[1] <= 4.1 * kept
    monkeypatch.setattr(row_blocks, "ENTRIES", 1 << 24)
    assert memory(64)[1] >= 128 * 128

"""Muon on batches of equal matrices: the bytes of torch's own, one matrix after another."""

import copy

import pytest
import torch
from torch import nn

from interaction_probes.training.batched_muon import BatchedMuon, orthogonalised

#: Square, wide and tall ones, each shape twice or more, and one that is alone.
SHAPES = [
    *[(192, 192)] * 3,
    *[(96, 576)] * 2,
    *[(192, 96)] * 2,
    *[(48, 48)] * 2,
    *[(5, 3)] * 2,
    (192, 768),
    (768, 192),
    (1, 7),
]


def parameters(shapes=SHAPES, dtype=torch.float32):
    generator = torch.Generator().manual_seed(3)
    return [nn.Parameter(torch.randn(shape, generator=generator, dtype=dtype)) for shape in shapes]


def gradients(held, step):
    generator = torch.Generator().manual_seed(step)
    for p in held:
        p.grad = torch.randn(p.shape, generator=generator, dtype=p.dtype) * 10.0 ** (-2 * step)


def plain_muon(held):
    return torch.optim.Muon(
        held, lr=0.02, weight_decay=0.1, ns_steps=3, adjust_lr_fn="match_rms_adamw"
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_every_matrix_gets_the_bytes_of_torchs_muon(dtype):
    ours, plain = parameters(dtype=dtype), parameters(dtype=dtype)
    batched, one_by_one = BatchedMuon(ours, 0.02, 0.1, ns_steps=3), plain_muon(plain)
    for step in range(4):
        for held, optimizer in ((ours, batched), (plain, one_by_one)):
            gradients(held, step)
            held[step].grad = None  # a matrix may have none
            held[-step - 1].grad = torch.zeros_like(held[-step - 1])
            optimizer.param_groups[0]["lr"] = 0.02 / (step + 1)
            optimizer.step()
    for mine, theirs in zip(ours, plain, strict=True):
        assert torch.equal(mine, theirs), tuple(mine.shape)
    kept, known = batched.state_dict(), one_by_one.state_dict()
    assert kept["state"].keys() == known["state"].keys()
    for k, state in kept["state"].items():
        assert torch.equal(state["momentum_buffer"], known["state"][k]["momentum_buffer"])


def test_it_resumes_from_a_state_of_torchs_muon():
    ours, plain = parameters(), parameters()
    one_by_one = plain_muon(plain)
    gradients(plain, 0)
    one_by_one.step()
    batched = BatchedMuon(ours, 0.02, 0.1, ns_steps=3)
    batched.load_state_dict(copy.deepcopy(one_by_one.state_dict()))  # which shares its tensors
    for mine, theirs in zip(ours, plain, strict=True):
        mine.data.copy_(theirs.detach())
    for held, optimizer in ((ours, batched), (plain, one_by_one)):
        gradients(held, 1)
        optimizer.step()
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(ours, plain, strict=True))


@pytest.mark.parametrize("other", [{"nesterov": False}, {"adjust_lr_fn": "original"}])
def test_a_state_with_updates_that_it_does_not_make_is_refused(other):
    settings = {"adjust_lr_fn": "match_rms_adamw", **other}
    state = torch.optim.Muon(parameters(), lr=0.02, **settings).state_dict()
    with pytest.raises(ValueError, match="another momentum or another scale"):
        BatchedMuon(parameters(), 0.02, 0.1, ns_steps=3).load_state_dict(state)


def test_a_batch_is_the_iteration_of_its_matrices():
    """In float64, by the singular value decomposition: each value x becomes a x + b x³ + c x⁵."""
    coefficients = (3.4445, -4.7750, 2.0315)
    matrices = torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(0)).double()
    found = orthogonalised(matrices, coefficients, 2, 1e-7)
    for matrix, made in zip(matrices, found, strict=True):
        left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        values = values / matrix.norm()
        for _ in range(2):
            values = sum(c * values**k for c, k in zip(coefficients, (1, 3, 5), strict=True))
        torch.testing.assert_close(made, left @ values.diag() @ right)

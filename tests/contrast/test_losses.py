import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from interaction_probes.contrast import row_blocks
from interaction_probes.contrast.losses import (
    batched_nce,
    club_upper_bound,
    infonce_lower_bound,
    nce,
    symmetric_cross_entropy,
)


def rows(n, d, seed=0, dtype=torch.float64):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def cosine(x, y):
    dot = sum(p * q for p, q in zip(x, y, strict=True))
    return dot / math.sqrt(sum(p * p for p in x)) / math.sqrt(sum(q * q for q in y))


def slow_nce(a, b, temperature):
    """The mean cross-entropy of [[ab', aa' − ∞I], [bb' − ∞I, ba']] / τ with its diagonal."""
    a, b = a.double().tolist(), b.double().tolist()
    n, total = len(a), 0.0
    for anchors, positives in ((a, b), (b, a)):
        for i in range(n):
            target = cosine(anchors[i], positives[i]) / temperature
            denominator = 0.0
            for j in range(n):
                denominator += math.exp(cosine(anchors[i], positives[j]) / temperature)
                if j != i:
                    denominator += math.exp(cosine(anchors[i], anchors[j]) / temperature)
            total += math.log(denominator) - target
    return total / (2 * n)


@pytest.mark.parametrize("n", [2, 3, 8])
@pytest.mark.parametrize("d", [1, 2, 7])
@pytest.mark.parametrize("temperature", [0.05, 0.1, 1.0, 10.0])
def test_slow_twin(n, d, temperature):
    a, b = rows(n, d, 1), rows(n, d, 2)
    expected = slow_nce(a, b, temperature)
    assert float(nce(a, b, temperature)) == pytest.approx(expected, rel=1e-11, abs=1e-13)
    single = float(nce(a.float(), b.float(), temperature))
    assert single == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("entries", [row_blocks.ENTRIES, 3 * 10 * 10 - 1])
def test_a_batch_of_pairs_is_pair_by_pair(monkeypatch, entries):
    """By one product, and where its matrices would be too large, one after another."""
    monkeypatch.setattr(row_blocks, "ENTRIES", entries)
    a, b = (torch.stack([rows(5, 4, seed + k) for k in range(3)]) for seed in (1, 4))
    a, b = a.requires_grad_(), b.requires_grad_()
    weights = rows(3, 1, 9)[:, 0]
    together = batched_nce(a, b, 0.2)
    apart = torch.stack([nce(x, y, 0.2) for x, y in zip(a, b, strict=True)])
    torch.testing.assert_close(together, apart, rtol=1e-13, atol=0)
    gradients = [torch.autograd.grad(found @ weights, (a, b)) for found in (together, apart)]
    torch.testing.assert_close(*gradients, rtol=1e-11, atol=1e-14)


def test_a_batch_of_pairs_in_bfloat16_is_compared_in_float32():
    a, b = (torch.stack([rows(5, 4, seed + k) for k in range(2)]).bfloat16() for seed in (1, 4))
    with torch.autocast("cpu", torch.bfloat16):
        found = batched_nce(a, b)
    torch.testing.assert_close(found, torch.stack([nce(x, y) for x, y in zip(a, b, strict=True)]))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), (4, 3)), r"two \[k, N, d\], not \[4, 3\] and \[4, 3\]"),
        (((2, 4, 3), (2, 5, 3)), r"two \[k, N, d\], not"),
        (((0, 4, 3), (0, 4, 3)), r"two \[k, N, d\], not"),
        (((2, 1, 3), (2, 1, 3)), "one sample has no negatives"),
    ],
)
def test_no_batch_of_pairs_is_refused(shapes, message):
    with pytest.raises(ValueError, match=message):
        batched_nce(*map(torch.zeros, shapes))


def test_the_default_temperature_is_the_papers():
    a, b = rows(4, 3, 1), rows(4, 3, 2)
    assert torch.equal(nce(a, b), nce(a, b, 0.1))


def test_symmetry():
    a, b = rows(6, 5, 1), rows(6, 5, 2)
    torch.testing.assert_close(nce(a, b, 0.2), nce(b, a, 0.2), rtol=1e-13, atol=0)


def test_the_order_of_the_batch_does_not_matter_but_the_pairing_does():
    a, b = rows(6, 5, 1), rows(6, 5, 2)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(nce(a[order], b[order]), nce(a, b), rtol=1e-13, atol=0)
    assert abs(nce(a[order], b) - nce(a, b)) > 1e-3


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(1, 5), st.floats(0.05, 5), st.integers(0, 99))
def test_scales_of_rows_and_rotations_do_not_matter(n, d, temperature, seed):
    a, b = rows(n, d, seed), rows(n, d, seed + 1)
    scale = rows(n, 1, seed + 2).exp()
    rotation = torch.linalg.qr(rows(d, d, seed + 3)).Q
    value = nce(a, b, temperature)
    torch.testing.assert_close(nce(scale * a, b / scale, temperature), value)
    torch.testing.assert_close(nce(a @ rotation, b @ rotation, temperature), value)
    assert 0 <= value <= math.log(2 * n - 1) + 2 / temperature


@pytest.mark.parametrize("n", [2, 5, 64])
def test_identical_embeddings_give_the_log_of_the_candidates(n):
    z = torch.ones(n, 3, dtype=torch.float64)
    assert float(nce(z, 4 * z)) == pytest.approx(math.log(2 * n - 1), rel=1e-12)


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_orthonormal_embeddings(n, temperature):
    z = torch.eye(n, dtype=torch.float64)
    aligned = math.log1p((2 * n - 2) * math.exp(-1 / temperature))
    assert float(nce(z, z, temperature)) == pytest.approx(aligned, rel=1e-9)
    opposed = 1 / temperature + math.log(math.exp(-1 / temperature) + 2 * n - 2)
    assert float(nce(z, -z, temperature)) == pytest.approx(opposed, rel=1e-12)


def test_gradients():
    a, b = rows(4, 3, 1).requires_grad_(), rows(4, 3, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: nce(a, b, 0.3), (a, b))


def test_extreme_temperatures_stay_finite():
    a = rows(4, 3, 1, torch.float32).requires_grad_()
    loss = nce(a, rows(4, 3, 2, torch.float32), 1e-3)
    loss.backward()
    assert loss.isfinite()
    assert a.grad.isfinite().all()


def test_a_zero_row_has_cosine_zero():
    a = torch.zeros(2, 3, dtype=torch.float64)
    assert float(nce(a, torch.eye(2, 3, dtype=torch.float64))) == pytest.approx(
        (2 * math.log(3) + 2 * math.log(3)) / 4
    )


def test_it_is_computed_in_float32_under_autocast_and_for_bfloat16():
    a, b = rows(16, 8, 1, torch.float32), rows(16, 8, 2, torch.float32)
    expected = nce(a, b)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(nce(a, b), expected)
    short_a, short_b = a.bfloat16(), b.bfloat16()
    assert torch.equal(nce(short_a, short_b), nce(short_a.float(), short_b.float()))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((4, 3), (4, 2), r"NCE compares two \[N, d\] batches, not \[4, 3\] and \[4, 2\]"),
        ((4, 3), (5, 3), r"NCE compares two \[N, d\] batches, not \[4, 3\] and \[5, 3\]"),
        ((2, 4, 3), (2, 4, 3), r"NCE compares two \[N, d\] batches, not \[2, 4, 3\] and"),
        ((1, 3), (1, 3), "NCE needs a batch of at least 2: one sample has no negatives"),
    ],
)
def test_bad_shapes_are_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        nce(torch.ones(a), torch.ones(b))


@pytest.mark.parametrize("temperature", [0.0, -0.1, math.nan])
def test_bad_temperatures_are_refused(temperature):
    with pytest.raises(
        ValueError, match=f"a temperature is one positive number, not {temperature}"
    ):
        nce(rows(3, 2), rows(3, 2), temperature)


@pytest.mark.parametrize("temperature", ["0.1", None, True, math.inf, torch.ones(2)])
def test_what_is_no_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="a temperature is one positive number, not"):
        nce(rows(3, 2), rows(3, 2), temperature)


def test_temperatures_of_numpy_are_numbers():
    a, b = rows(3, 2), rows(3, 2)
    for temperature in (np.float32(0.5), np.float64(0.5), torch.tensor(0.5)):
        assert nce(a, b, temperature) == pytest.approx(nce(a, b, 0.5))


@pytest.mark.parametrize("values", [[[1.0]], None, rows(3, 3).numpy(), torch.eye(3).to_sparse()])
def test_what_is_no_dense_tensor_is_refused(values):
    with pytest.raises(ValueError, match="NCE compares dense tensors, not a"):
        nce(values, values)
    for bound in (infonce_lower_bound, club_upper_bound):
        with pytest.raises(ValueError, match="as a dense tensor, not a"):
            bound(values)
        with pytest.raises(ValueError, match=r"scores of floating point, not torch\.bool"):
            bound(torch.eye(3, dtype=torch.bool))


def slow_cross_entropy(logits, smoothing):
    """Row by row and column by column, with the smoothed target written out."""
    table, total = logits.tolist(), 0.0
    n = len(table)
    for rows_ in (table, [list(column) for column in zip(*table, strict=True)]):
        for i, row in enumerate(rows_):
            log_sum = math.log(sum(map(math.exp, row)))
            for j, logit in enumerate(row):
                total += ((1 - smoothing) * (i == j) + smoothing / n) * (log_sum - logit)
    return total / (2 * n)


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_symmetric_cross_entropy(n, smoothing):
    logits = 3 * rows(n, n)
    found = symmetric_cross_entropy(logits, smoothing)
    assert float(found) == pytest.approx(slow_cross_entropy(logits, smoothing), rel=1e-11)
    torch.testing.assert_close(symmetric_cross_entropy(logits.T, smoothing), found)
    torch.testing.assert_close(symmetric_cross_entropy(logits + 5, smoothing), found)
    both = [
        torch.nn.functional.cross_entropy(way, torch.arange(n), label_smoothing=smoothing)
        for way in (logits, logits.T)
    ]
    torch.testing.assert_close(found, sum(both) / 2)
    flat = torch.zeros(n, n, dtype=torch.float64)
    assert float(symmetric_cross_entropy(flat, smoothing)) == pytest.approx(math.log(n))


def test_bad_logits_and_smoothing_are_refused():
    with pytest.raises(
        ValueError,
        match=r"a symmetric cross-entropy needs \[N, N\] scores with N >= 2, not \[3, 4\]",
    ):
        symmetric_cross_entropy(rows(3, 4))
    with pytest.raises(ValueError, match=r"label smoothing lies in \[0, 1\), not 1.5"):
        symmetric_cross_entropy(rows(3, 3), 1.5)

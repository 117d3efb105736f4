"""Each pure loss against a slow twin written from its equation; symmetries; closed forms."""

import math

import pytest
import torch
from plain_vectors import dot, unit

from interaction_probes.baselines.beyond_pairs.symile import symile_loss
from interaction_probes.baselines.clip import clip_loss, pairwise_clip_loss
from interaction_probes.baselines.cross_self import cross_term
from interaction_probes.baselines.infmasking import infinite_masking
from interaction_probes.baselines.simclr import simclr_loss
from interaction_probes.baselines.supervised import classification
from interaction_probes.contrast import row_blocks
from interaction_probes.contrast.losses import nce


def rows(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def slow_clip(a, b, scale):
    """Anchor by anchor: −log softmax of the positive among the N rows of the other side."""
    a, b = ([unit(row) for row in side.tolist()] for side in (a, b))
    n, total = len(a), 0.0
    for anchors, others in ((a, b), (b, a)):
        for i in range(n):
            terms = [math.exp(scale * dot(anchors[i], others[j])) for j in range(n)]
            total -= math.log(terms[i] / sum(terms))
    return total / (2 * n)


def slow_infinite_masking(query, masked, temperature, strength):
    """With Σ formed, sample by sample."""
    n, t = len(query), len(masked)
    q = torch.stack([torch.tensor(unit(row), dtype=torch.float64) for row in query.tolist()])
    m = [[torch.tensor(unit(r), dtype=torch.float64) for r in fusion] for fusion in masked.tolist()]
    total, penalty = 0.0, 0.0
    for i in range(n):
        mean = sum(m[k][i] for k in range(t)) / t
        covariance = sum(torch.outer(m[k][i] - mean, m[k][i] - mean) for k in range(t)) / t
        s = covariance * strength / temperature
        quadratic = float(q[i] @ s @ q[i])
        positive = float(q[i] @ mean) + quadratic / 2
        denominator = math.exp(positive / temperature)
        for j in range(n):
            if j != i:
                denominator += math.exp(float(q[i] @ q[j]) / temperature)
                denominator += sum(math.exp(float(q[i] @ m[k][j]) / temperature) for k in range(t))
        total += -positive / temperature + math.log(denominator)
        penalty += quadratic / temperature
    return total / n + 0.5 * penalty / n


SIZES = [(2, 1), (3, 4), (6, 3)]


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("scale", [0.5, 1 / 0.07, 100.0])
def test_clip_slow_twin(n, d, scale):
    a, b = rows(n, d, seed=1), rows(n, d, seed=2)
    expected = slow_clip(a, b, scale)
    value = clip_loss(a, b, torch.tensor(scale, dtype=torch.float64))
    assert float(value) == pytest.approx(expected, rel=1e-10, abs=1e-12)
    single = clip_loss(a.float(), b.float(), torch.tensor(scale))
    assert float(single) == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    "scale", [0.0, -1.0, math.nan, math.inf, True, None, torch.ones(4), torch.tensor(-1.0)]
)
def test_a_scale_that_is_not_one_positive_number_is_refused(scale):
    a, b = rows(4, 4, seed=1), rows(4, 4, seed=2)
    with pytest.raises(ValueError, match="CLIP's scale is one positive number, not"):
        clip_loss(a, b, scale)
    with pytest.raises(ValueError, match="Symile's scale is one positive number, not"):
        symile_loss([a, b], scale)


def test_clip_closed_forms():
    scale = torch.tensor(3.0, dtype=torch.float64)
    same = torch.ones(5, 3, dtype=torch.float64)
    assert float(clip_loss(same, same, scale)) == pytest.approx(math.log(5))
    apart = torch.eye(4, dtype=torch.float64)
    expected = math.log1p(3 * math.exp(-3))
    assert float(clip_loss(apart, apart, scale)) == pytest.approx(expected)


@pytest.mark.parametrize("modalities", [2, 3, 4])
def test_clip_on_pairs_slow_twin(modalities):
    z = [rows(5, 4, seed=m) for m in range(modalities)]
    pairs = [(i, j) for i in range(modalities) for j in range(i + 1, modalities)]
    expected = sum(slow_clip(z[i], z[j], 5.0) for i, j in pairs) / len(pairs)
    value = pairwise_clip_loss(z, 5.0)
    assert float(value) == pytest.approx(expected, rel=1e-11)
    torch.testing.assert_close(pairwise_clip_loss(z[::-1], 5.0), value, rtol=1e-12, atol=0)
    order = torch.tensor([3, 0, 4, 1, 2])
    permuted = pairwise_clip_loss([rows[order] for rows in z], 5.0)
    torch.testing.assert_close(permuted, value, rtol=1e-12, atol=0)
    given = [rows.requires_grad_() for rows in z]
    assert torch.autograd.gradcheck(lambda *x: pairwise_clip_loss(x, 5.0), given)


def test_clip_on_the_one_pair_of_two_modalities_is_clip_to_the_byte():
    a, b = rows(7, 4, seed=1, dtype=torch.float32), rows(7, 4, seed=2, dtype=torch.float32)
    assert torch.equal(pairwise_clip_loss([a, b], 3.0), clip_loss(a, b, 3.0))
    with pytest.raises(ValueError, match="needs 2 or more, not 1"):
        pairwise_clip_loss([a])


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("masks", [1, 2, 6])
@pytest.mark.parametrize(("temperature", "strength"), [(0.1, 0.0), (0.1, 0.5), (0.7, 2.0)])
def test_infinite_masking_slow_twin(n, d, masks, temperature, strength):
    query, masked = rows(n, d, seed=1), rows(masks, n, d, seed=2)
    expected = slow_infinite_masking(query, masked, temperature, strength)
    value = infinite_masking(query, masked, temperature, strength)
    assert float(value) == pytest.approx(expected, rel=1e-10, abs=1e-12)
    single = infinite_masking(query.float(), masked.float(), temperature, strength)
    assert float(single) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_one_mask_is_the_half_of_nce_that_the_queries_anchor():
    a, b = rows(5, 4, seed=1), rows(5, 4, seed=2)
    halves = infinite_masking(a, b[None], 0.2, 0.0) + infinite_masking(b, a[None], 0.2, 0.0)
    torch.testing.assert_close(halves / 2, nce(a, b, 0.2), rtol=1e-12, atol=0)
    # A single mask has no spread, so the strength has nothing to scale.
    one = infinite_masking(a, b[None], 0.2, 7.0)
    torch.testing.assert_close(one, infinite_masking(a, b[None], 0.2, 0.0))


def test_infinite_masking_closed_form():
    """Orthonormal queries, each masked into itself and into nothing alike: q·m is 1 or 0."""
    tau, strength, n = 0.5, 0.3, 3
    query = torch.eye(4, dtype=torch.float64)[:n]
    elsewhere = torch.eye(4, dtype=torch.float64)[3].expand(n, 4)
    quadratic = strength / tau / 4  # the variance of (1, 0) is 1/4
    positive = (0.5 + quadratic / 2) / tau
    # 2 masks and the queries: 3 (N − 1) negatives, each of cosine 0
    expected = -positive + math.log(math.exp(positive) + 3 * (n - 1)) + quadratic / tau / 2
    value = infinite_masking(query, torch.stack([query, elsewhere]), tau, strength)
    assert float(value) == pytest.approx(expected, rel=1e-12)


def test_the_order_of_masks_does_not_matter_but_their_spread_does():
    query, masked = rows(5, 4, seed=1), rows(3, 5, 4, seed=2)
    value = infinite_masking(query, masked, 0.2, 0.5)
    torch.testing.assert_close(infinite_masking(query, masked.flip(0), 0.2, 0.5), value)
    assert abs(infinite_masking(query, masked, 0.2, 0.0) - value) > 1e-3


def test_self_and_cross_terms_are_means_of_nce():
    first, second = rows(2, 5, 4, seed=1), rows(2, 5, 4, seed=2)
    expected = (nce(first[0], first[1], 0.3) + nce(second[0], second[1], 0.3)) / 2
    torch.testing.assert_close(simclr_loss([first, second], 0.3), expected)
    expected = (nce(first[0], second[0], 0.3) + nce(first[1], second[1], 0.3)) / 2
    torch.testing.assert_close(cross_term([first, second], 0.3), expected)
    third = rows(2, 5, 4, seed=3)
    pairs = [cross_term(two, 0.3) for two in ([first, second], [first, third], [second, third])]
    torch.testing.assert_close(cross_term([first, second, third], 0.3), sum(pairs) / 3)


def test_classification_slow_twin():
    logits, labels = rows(6, 3), torch.tensor([0, 2, 1, 1, 0, 2])
    expected = -sum(
        math.log(math.exp(row[k]) / sum(math.exp(v) for v in row))
        for row, k in zip(logits.tolist(), labels.tolist(), strict=True)
    )
    assert float(classification(logits, labels)) == pytest.approx(expected / 6, rel=1e-12)
    assert classification(logits.bfloat16(), labels).dtype == torch.float32


LOSSES = {
    "clip": lambda a, b: clip_loss(a, b, torch.tensor(5.0, dtype=a.dtype)),
    "mask": lambda a, b: infinite_masking(a, torch.stack([b, b.flip(1)]), 0.3, 0.5),
    "self": lambda a, b: simclr_loss([torch.stack([a, b])], 0.3),
    "cross": lambda a, b: cross_term([a[None], b[None]], 0.3),
}


@pytest.mark.parametrize("name", LOSSES)
def test_numeric_gradients(name):
    inputs = [rows(3, 4, seed=seed).requires_grad_() for seed in (1, 2)]
    assert torch.autograd.gradcheck(LOSSES[name], inputs)


def test_numeric_gradient_of_the_scale():
    a, b = rows(3, 4, seed=1), rows(3, 4, seed=2)
    scale = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s: clip_loss(a, b, s), [scale])


@pytest.mark.parametrize("name", LOSSES)
def test_the_order_of_the_batch_does_not_matter_but_the_pairing_does(name):
    a, b = rows(6, 5, seed=1), rows(6, 5, seed=2)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    value = LOSSES[name](a, b)
    torch.testing.assert_close(LOSSES[name](a[order], b[order]), value, rtol=1e-12, atol=0)
    assert abs(LOSSES[name](a[order], b) - value) > 1e-3
    torch.testing.assert_close(LOSSES[name](3 * a, b / 2), value, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["clip", "self", "cross"])
def test_swapping_the_sides_changes_nothing(name):
    a, b = rows(6, 5, seed=1), rows(6, 5, seed=2)
    torch.testing.assert_close(LOSSES[name](b, a), LOSSES[name](a, b), rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_bfloat16_inputs_are_computed_in_float32(name):
    a, b = rows(8, 16, seed=1).bfloat16(), rows(8, 16, seed=2).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = LOSSES[name](a, b)
    assert value.dtype == torch.float32
    torch.testing.assert_close(
        value.double(), LOSSES[name](a.double(), b.double()), rtol=1e-4, atol=0
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LOSSES["clip"](rows(3, 2), rows(4, 2)), r"two \[N, d\] batches, not \[3, 2\]"),
        (
            lambda: LOSSES["clip"](rows(1, 2), rows(1, 2)),
            "CLIP needs a batch of at least 2",
        ),
        (lambda: infinite_masking(rows(3, 2), rows(3, 2), 0.1, 1), r"not \[3, 2\] and \[3, 2\]"),
        (lambda: infinite_masking(rows(3, 2), rows(0, 3, 2), 0.1, 1), r"not \[3, 2\] and \[0, 3"),
        (lambda: infinite_masking(rows(1, 2), rows(2, 1, 2), 0.1, 1), "at least 2"),
        (lambda: infinite_masking(rows(3, 2), rows(2, 3, 2), 0.0, 1), "positive number, not 0.0"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def gradients(loss, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    value = loss(*inputs)
    return [value, *torch.autograd.grad(value, inputs)]


@pytest.mark.parametrize("entries", [1, 4 * 11, 4 * 7 * 11, 10 * 7 * 11])
@pytest.mark.parametrize("loss", ["clip", "mask"])
def test_blocks_give_the_losses_and_gradients_of_whole_matrices(monkeypatch, entries, loss):
    a, b, masks = rows(11, 5, seed=1), rows(11, 5, seed=2), rows(6, 11, 5, seed=3)
    scale = torch.tensor(14.0, dtype=torch.float64)
    compared = {
        "clip": lambda: gradients(clip_loss, a, b, scale),
        "mask": lambda: gradients(lambda q, m: infinite_masking(q, m, 0.1, 0.4), a, masks),
    }[loss]
    whole = compared()
    monkeypatch.setattr(row_blocks, "ENTRIES", entries)
    for found, expected in zip(compared(), whole, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)

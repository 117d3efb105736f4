"""COrAL's loss against a slow twin, its properties, closed forms, gradients; its masks."""

import math

import loss_properties as properties
import pytest
import torch
from small_methods import batch, build

from interaction_probes.baselines.since_comm.coral import COrAL, coral_loss, orthogonality
from interaction_probes.contrast.method import Batch


def cosine(x, y):
    lengths = math.sqrt(sum(p * p for p in x)) * math.sqrt(sum(q * q for q in y))
    return sum(p * q for p, q in zip(x, y, strict=True)) / lengths


def slow_nce(a, b, tau):
    rows, n, total = [*a.tolist(), *b.tolist()], len(a), 0.0
    for i, anchor in enumerate(rows):
        terms = [math.exp(cosine(anchor, other) / tau) for other in rows]
        total -= math.log(terms[(i + n) % (2 * n)] / (sum(terms) - terms[i]))
    return total / (2 * n)


def slow_coral(shared, unique, tau, strength):
    first, second = unique
    total = sum(slow_nce(z[0], z[1], tau) for z in (shared, first, second))
    for v in range(2):
        for a, b in ((first, second), (first, shared), (second, shared)):
            squares = [cosine(x, y) ** 2 for x, y in zip(a[v].tolist(), b[v].tolist(), strict=True)]
            total += strength * sum(squares) / len(squares)
    return total


@pytest.mark.parametrize(("n", "d"), [(2, 1), (5, 4)])
@pytest.mark.parametrize(("tau", "strength"), [(0.1, 1.0), (0.7, 0.3)])
def test_slow_twin(n, d, tau, strength):
    *unique, shared = properties.some_views(3, n, d)
    expected = slow_coral(shared, unique, tau, strength)
    found = coral_loss(shared, unique, tau, strength)
    assert float(found) == pytest.approx(expected, rel=1e-10)
    single = coral_loss(shared.float(), [z.float() for z in unique], tau, strength)
    assert float(single) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_closed_forms():
    z = torch.eye(3, dtype=torch.float64).expand(2, 3, 3)
    # All paths the same: six squared cosines of 1.
    assert float(orthogonality(z, [z, z])) == pytest.approx(6)
    turned = [z.roll(k, dims=2) for k in (1, 2)]
    assert float(orthogonality(z, turned)) == 0
    # Each path tells its three orthonormal samples apart as well as cosines can.
    expected = 3 * math.log1p(4 * math.exp(-1 / 0.1))
    assert float(coral_loss(z, turned)) == pytest.approx(expected, rel=1e-9)


def whole(z):
    *unique, shared = z
    return coral_loss(shared, unique, 0.3, 0.7)


def between(z):
    *unique, shared = z
    return orthogonality(shared, unique)


@pytest.mark.parametrize("loss", [whole, between])
@pytest.mark.parametrize(
    "claimed",
    [
        properties.assert_symmetric_in_views,
        properties.assert_symmetric_in_modalities,  # of the loss; the paths differ in their masks
        properties.assert_invariant_under_batch_permutation,
        properties.assert_depends_on_pairing,
        properties.assert_invariant_to_scale_of_rows,
        properties.assert_invariant_to_common_rotation,
        properties.assert_gradients,
    ],
)
def test_properties(loss, claimed):
    claimed(loss, properties.some_views(3))


@pytest.mark.parametrize("term", COrAL.terms)
def test_a_term_of_weight_zero_is_absent(term):
    properties.assert_term_of_weight_zero_is_absent(lambda: build(COrAL), batch, term)


def test_the_method_minimises_this_function():
    method = build(COrAL)
    values = method.loss(batch(method), list(method.terms))
    found = sum(method.terms[term] * value for term, value in values.items())
    given = batch(method)
    shared = torch.stack([method.shared_head(s) for s in method.fuse_zeroed(given).chunk(2)])
    # BatchNorm of a tower sees both views at once in the method
    unique = [
        torch.stack(
            [head(u) for u in method.embed_unique(m, given.views[m].flatten(0, 1)).chunk(2)]
        )
        for m, head in enumerate(method.unique_heads)
    ]
    torch.testing.assert_close(found, coral_loss(shared, unique, 0.3), rtol=1e-9, atol=0)


def test_tokens_of_one_image_are_zeroed_in_each_view(monkeypatch):
    method, kept = build(COrAL), []
    attend = method.fusion.attend_masked

    def record(tokens, keep, replacement):
        assert not replacement.any()
        kept.append(keep.unflatten(1, (2, -1))[0])
        return attend(tokens, keep, replacement)

    monkeypatch.setattr(method.fusion, "attend_masked", record)
    given = batch(method, n=300)
    method.loss(given, ["shared"])
    for m, keep in enumerate(kept):
        assert keep[1 - m].all()
        share, n = float(keep[m].double().mean()), keep[m].numel()
        assert share == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / n))
    assert not torch.equal(kept[0][0], kept[1][1])
    again = Batch(given.views, generator=torch.Generator().manual_seed(9))
    method.loss(again, ["shared"])
    assert torch.equal(kept[2], kept[0])


def test_a_zeroed_token_is_the_zero_vector():
    """Against attention over tokens formed one by one, zeros in the place of some."""
    method = build(COrAL)
    fusion, given = method.fusion, batch(method)
    seen, attend = [], fusion.attend_masked
    fusion.attend_masked = lambda tokens, keep, zero: (
        seen.append(keep[0]) or attend(tokens, keep, zero)
    )
    found = method.fuse_zeroed(given)
    parts = [
        fusion.tokens(m, method.encoders[m](views.flatten(0, 1))) * seen[m][..., None]
        for m, views in enumerate(given.views)
    ]
    tokens = torch.cat([fusion.cls.expand(12, 1, -1), *parts], dim=1)
    normed = fusion.norm_attention(tokens)
    query = fusion.query(normed[:, 0]).unflatten(1, (4, -1))
    key, value = (layer(normed).unflatten(2, (4, -1)) for layer in (fusion.key, fusion.value))
    weight = (torch.einsum("nhk,nthk->nth", query, key) / math.sqrt(key.shape[-1])).softmax(1)
    hidden = fusion.cls + fusion.out(torch.einsum("nth,nthk->nhk", weight, value).flatten(1))
    hidden = hidden + fusion.mlp(fusion.norm_mlp(hidden))
    torch.testing.assert_close(found, fusion.norm_out(hidden), rtol=1e-9, atol=1e-9)


def test_what_is_probed():
    method = build(COrAL).eval()
    images = [views[0] for views in batch(method).views]
    encoded = [method.encode(m, x) for m, x in enumerate(images)]
    fused = method.fusion([method.encoders[m](x) for m, x in enumerate(images)])
    unique = [method.embed_unique(m, x) for m, x in enumerate(images)]
    torch.testing.assert_close(method.combine(encoded), torch.cat([fused, *unique], dim=1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s, u: coral_loss(s, []), "a unique path for each modality, not none"),
        (lambda s, u: coral_loss(s[:1], u), "two views of each path, not 1"),
        (lambda s, u: orthogonality(s, [u[0], u[1][:, :3]]), r"not \[6, 5\] and \[3, 5\]"),
        (lambda s, u: coral_loss(s, u, 0.0), "a temperature is one positive number"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    *unique, shared = properties.some_views(3)
    with pytest.raises(ValueError, match=message):
        call(shared, unique)

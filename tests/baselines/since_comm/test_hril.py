"""HRIL's terms against slow twins, their properties, closed forms, gradients."""

import math
from itertools import product

import loss_properties as properties
import numpy as np
import pytest
import torch
from plain_vectors import unit
from small_methods import batch, build

from interaction_probes.baselines.since_comm.hril import (
    HRIL,
    alignment_term,
    dominance,
    hril_loss,
    synergy_term,
)
from interaction_probes.comm.loss import masked_term
from interaction_probes.comm.method import CoMM


def slow_alignment(alone, floor):
    n = alone[0].shape[1]
    views = []
    for v in range(2):
        of_view = [[unit(row) for row in z[v].tolist()] for z in alone]
        views.append([unit([x for rows in of_view for x in rows[b]]) for b in range(n)])
    total = 0.0
    for first, second in zip(*views, strict=True):
        total += (1 - sum(p * q for p, q in zip(first, second, strict=True))) ** 2 / n
    width = len(views[0][0])
    for d in range(width):
        values = [(views[0][b][d] + views[1][b][d]) / 2 for b in range(n)]
        mean = sum(values) / n
        variance = sum((x - mean) ** 2 for x in values) / (n - 1)
        total += max(0.0, floor - math.sqrt(variance + 1e-4)) / width
    return total


def slow_mean_product(rows):
    """T entry by entry."""
    n, sides = len(rows[0]), [z.shape[1] for z in rows]
    found = torch.zeros(sides, dtype=torch.float64)
    for index in product(*(range(side) for side in sides)):
        for b in range(n):
            found[index] += math.prod(float(z[b, i]) for z, i in zip(rows, index, strict=True)) / n
    return found


def bases_of(modalities, d=5, r=3, seed=8):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(modalities, d, r, generator=generator, dtype=torch.float64)
    return [*torch.linalg.qr(drawn).Q]


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize("floor", [0.5, 0.2])
def test_alignment_slow_twin(modalities, floor):
    z = properties.some_views(modalities)
    assert float(alignment_term(z, floor)) == pytest.approx(slow_alignment(z, floor), rel=1e-11)
    single = alignment_term([x.float() for x in z], floor)
    assert float(single) == pytest.approx(slow_alignment(z, floor), rel=1e-4)


@pytest.mark.parametrize("modalities", [2, 3, 4])
def test_synergy_slow_twin(modalities):
    """The core by the singular vectors of each unfolding, from numpy, entry by entry."""
    z, bases = properties.some_views(modalities), bases_of(modalities)
    total = 0.0
    for v in range(2):
        tensor = slow_mean_product([x[v] @ basis for x, basis in zip(z, bases, strict=True)])
        core = tensor
        for side in range(modalities):
            unfolding = tensor.movedim(side, 0).reshape(tensor.shape[side], -1).numpy()
            left = torch.from_numpy(np.linalg.svd(unfolding)[0])
            core = torch.tensordot(core, left, dims=([0], [0]))  # the sides come round
        rho = float(core.abs().max() ** 2 / core.norm() ** 2)
        total += max(0.0, 0.9 - (1 - rho)) / 2
    assert float(synergy_term(z, bases, 0.9)) == pytest.approx(total, rel=1e-9)
    assert total > 0


def test_of_two_modalities_it_is_the_share_of_the_largest_singular_value():
    z, bases = properties.some_views(2), bases_of(2)
    shares = []
    for v in range(2):
        left, right = (x[v] @ basis for x, basis in zip(z, bases, strict=True))
        sigma = torch.linalg.svdvals(left.T @ right / len(left))
        shares.append(float(sigma[0] ** 2 / sigma.square().sum()))
    expected = sum(max(0.0, share - 0.1) for share in shares) / 2
    assert float(synergy_term(z, bases, 0.9)) == pytest.approx(expected, rel=1e-10)
    two = torch.linalg.svdvals(left.T @ right)[:2]
    found = dominance(left.T @ right, rank=2)
    torch.testing.assert_close(found, two[0] ** 2 / two.square().sum())


def test_closed_forms():
    # One product of vectors: the largest share is 1, and the loss ξ.
    same = [torch.ones(2, 4, 5, dtype=torch.float64)] * 3
    assert float(synergy_term(same, bases_of(3))) == pytest.approx(0.5)
    # Equal shares of three: ρ = 1/3, within the limit.
    axes = [torch.eye(3, dtype=torch.float64).expand(2, 3, 3)] * 2
    eye = [torch.eye(3, dtype=torch.float64)] * 2
    assert float(synergy_term(axes, eye)) == 0
    assert float(synergy_term(axes, eye, 0.9)) == pytest.approx(1 / 3 - 0.1)
    # Views that agree and samples that do not differ: nothing but the floor of the deviation.
    assert float(alignment_term(same)) == pytest.approx(0.5 - math.sqrt(1e-4))
    # Opposite views: (1 + 1)², and their mean is 0.
    opposite = [torch.stack([x[0], -x[0]]) for x in same]
    assert float(alignment_term(opposite)) == pytest.approx(4 + 0.5 - math.sqrt(1e-4))
    # Nothing at all: the floor of the norm.
    nothing = [torch.zeros(2, 4, 5, dtype=torch.float64)] * 2
    assert float(synergy_term(nothing, bases_of(2))) == 0


def synergy(z):
    return synergy_term(z, bases_of(len(z), z[0].shape[-1]), 0.9)


def whole(z):
    *alone, joint = z
    return hril_loss(alone, joint, bases_of(len(alone)), 0.3, 0.7, 0.4)


PROPERTIES = {
    alignment_term: (
        properties.assert_symmetric_in_views,
        properties.assert_symmetric_in_modalities,
        properties.assert_invariant_under_batch_permutation,
        properties.assert_invariant_to_scale_of_rows,
        properties.assert_depends_on_pairing,
        properties.assert_gradients,
    ),
    synergy: (
        properties.assert_symmetric_in_views,
        properties.assert_invariant_under_batch_permutation,
        properties.assert_invariant_to_common_scale,
        properties.assert_depends_on_pairing,
        properties.assert_gradients,
    ),
    whole: (
        properties.assert_symmetric_in_views,
        properties.assert_invariant_under_batch_permutation,
        properties.assert_depends_on_pairing,
        properties.assert_gradients,
    ),
}


@pytest.mark.parametrize(
    ("loss", "claimed"), [(loss, claim) for loss, claims in PROPERTIES.items() for claim in claims]
)
def test_properties(loss, claimed):
    claimed(loss, properties.some_views(3 if loss is whole else 2))


@pytest.mark.parametrize("loss", [alignment_term, synergy])
def test_of_three_modalities_views_and_order_do_not_matter(loss):
    z = properties.some_views(3)
    properties.assert_symmetric_in_views(loss, z)
    properties.assert_invariant_under_batch_permutation(loss, z)


def test_turning_the_bases_along_changes_nothing():
    z, bases = properties.some_views(2), bases_of(2)
    turn = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64)).Q
    turned = synergy_term([x @ turn for x in z], [turn.T @ basis for basis in bases], 0.9)
    torch.testing.assert_close(turned, synergy_term(z, bases, 0.9), **properties.SAME)


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize("distinct", [1, 2, 3])
def test_gradients_are_finite_where_singular_values_coincide(modalities, distinct):
    rows = torch.eye(distinct, 5, dtype=torch.float64).repeat(6 // distinct, 1)
    z = [rows.repeat(2, 1, 1).requires_grad_() for _ in range(modalities)]
    bases = [torch.eye(5, dtype=torch.float64)[:, :4]] * modalities
    value = synergy_term(z, bases, 0.99)
    assert value.item() == pytest.approx(1 / distinct - 0.01)
    value.backward()
    assert all(x.grad.isfinite().all() for x in z)


@pytest.mark.parametrize("term", HRIL.terms)
def test_a_term_of_weight_zero_is_absent(term):
    properties.assert_term_of_weight_zero_is_absent(lambda: build(HRIL), batch, term)


@pytest.mark.parametrize("modalities", [2, 3])
def test_the_method_minimises_this_function(modalities):
    method = build(HRIL, modalities=modalities)
    given = batch(method)
    joint, *alone = method.project_masks(method.tokenise_views(given), ["unimodal"])
    values = method.loss(given, list(method.terms))
    found = sum(method.terms[term] * value for term, value in values.items())
    expected = hril_loss(alone, joint, [*method.bases], 0.3)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)
    assert values["unimodal"].item() == pytest.approx(
        sum(masked_term(z, joint, 0.3) for z in alone).item()
    )


def test_its_model_is_comms():
    ours, comm = build(HRIL).state_dict(), build(CoMM).state_dict()
    bases = ours.pop("bases")
    assert ours.keys() == comm.keys()
    assert all(torch.equal(value, comm[name]) for name, value in ours.items())
    torch.testing.assert_close(
        bases.mT @ bases, torch.eye(5).double().expand(2, 5, 5), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z: alignment_term(z[:1]), "needs 2 modalities or more, not 1"),
        (lambda z: alignment_term([x[:1] for x in z]), "two views of a modality, not 1"),
        (lambda z: synergy_term(z, bases_of(3)), "2 modalities need as many bases, not 3"),
        (
            lambda z: hril_loss(z, z[0], [bases_of(2)[0], torch.eye(3)]),
            r"\[5, r\], .* not \[3, 3\]",
        ),
        (lambda z: synergy_term(z, [torch.ones(5)] * 2), r"is \[5, r\], .* not \[5\]"),
        (lambda z: alignment_term([z[0], z[1][:, :3]]), r"not \[6, 5\] and \[3, 5\]"),
        (lambda z: alignment_term([x[:, :1] for x in z]), "HRIL needs a batch of at least 2"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(properties.some_views())


def test_the_floor_is_out_of_reach_of_codes_that_use_their_dimensions_alike():
    codes = torch.eye(8, dtype=torch.float64).repeat(100, 1)
    codes = torch.cat([codes, -codes])
    found = float(alignment_term([(codes, codes)] * 2))
    assert found == pytest.approx(0.5 - math.sqrt(1 / 16 + 1e-4), rel=1e-3)


def test_a_subclass_sets_the_rank_of_the_core():
    class Two(HRIL):
        core_rank = 2

    torch.manual_seed(0)
    full, low = build(HRIL), build(Two)
    low.load_state_dict(full.state_dict())
    given = batch(full)
    alone = full.project_masks(full.tokenise_views(given), ["unimodal"])[1:]
    for method, rank in ((full, None), (low, 2)):
        expected = synergy_term(alone, [*method.bases], rank=rank)
        torch.testing.assert_close(method.loss(given, ["synergy"])["synergy"], expected)
    assert not torch.equal(
        low.loss(given, ["synergy"])["synergy"], full.loss(given, ["synergy"])["synergy"]
    )

"""DeCUR's loss against a slow twin, its properties, closed forms, gradients."""

import math
from dataclasses import replace

import loss_properties as properties
import pytest
import torch
from small_methods import batch, build

from interaction_probes.baselines.since_comm.decur import (
    DeCUR,
    common_and_unique_terms,
    cross_correlation,
    decur_loss,
    intra_term,
)
from interaction_probes.experiment.runner import run
from interaction_probes.settings.presets import PRESETS


def slow_correlation(a, b):
    columns = []
    for rows in (a.tolist(), b.tolist()):
        of_side = []
        for values in zip(*rows, strict=True):
            mean = sum(values) / len(values)
            variance = sum((v - mean) ** 2 for v in values) / len(values)
            of_side.append([(v - mean) / math.sqrt(variance + 1e-5) for v in values])
        columns.append(of_side)
    first, second = columns
    return [[sum(p * q for p, q in zip(x, y, strict=True)) / len(x) for y in second] for x in first]


def slow_redundancy(c, dims, target):
    total = 0.0
    for d in dims:
        for e in dims:
            total += (c[d][d] - target) ** 2 if d == e else 0.0051 * c[d][e] ** 2
    return total


def slow_decur(first, second, k):
    d = first.shape[-1]
    total = sum(slow_redundancy(slow_correlation(*z), range(d), 1) for z in (first, second))
    between = slow_correlation(first[0], second[0])
    common = slow_redundancy(between, range(k), 1)
    return total + (common + slow_redundancy(between, range(k, d), 0)) / 2


@pytest.mark.parametrize(("n", "d", "k"), [(2, 2, 1), (5, 4, 3), (7, 3, 1)])
def test_slow_twin(n, d, k):
    z = properties.some_views(2, n, d)
    assert float(decur_loss(z, k)) == pytest.approx(slow_decur(*z, k), rel=1e-11)
    single = decur_loss([x.float() for x in z], k)
    assert float(single) == pytest.approx(slow_decur(*z, k), rel=1e-4)


def test_closed_forms():
    """Uncorrelated dimensions, the same in all views: C is the identity, less what 1e-5 takes."""
    z = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).double()
    same = [torch.stack([z, z])] * 2
    torch.testing.assert_close(
        cross_correlation(z, z), torch.eye(2).double() / (1 + 1e-5), rtol=1e-12, atol=1e-12
    )
    assert float(intra_term(same)) == pytest.approx(0, abs=1e-8)
    common, unique = common_and_unique_terms(same, 1)
    assert float(common) == pytest.approx(0, abs=1e-8)
    assert float(unique) == pytest.approx(1, rel=1e-4)
    # One dimension twice: every entry is 1, so the two off the diagonal cost .0051 each.
    twice = [torch.stack([z[:, :1].repeat(1, 2)] * 2)] * 2
    assert float(intra_term(twice)) == pytest.approx(2 * 2 * 0.0051, rel=1e-4)


def loss(z):
    return decur_loss(z, 3)


@pytest.mark.parametrize(
    "claimed",
    [
        properties.assert_symmetric_in_modalities,
        properties.assert_invariant_under_batch_permutation,
        properties.assert_depends_on_pairing,
        properties.assert_invariant_to_shift,
        properties.assert_gradients,
    ],
)
def test_properties(claimed):
    claimed(loss, properties.some_views())


def test_scale_matters_as_little_as_the_constant_of_batchnorm():
    properties.assert_invariant_to_common_scale(loss, properties.some_views(), tolerance=1e-4)


def test_views_are_alike_within_an_image_but_only_the_first_meet_across():
    z = properties.some_views()
    properties.assert_symmetric_in_views(intra_term, z)
    with pytest.raises(AssertionError):
        properties.assert_symmetric_in_views(loss, z)
    with pytest.raises(AssertionError):  # dimensions have roles
        properties.assert_invariant_to_common_rotation(loss, z)


@pytest.mark.parametrize("term", DeCUR.terms)
def test_a_term_of_weight_zero_is_absent(term):
    properties.assert_term_of_weight_zero_is_absent(lambda: build(DeCUR), batch, term)


def test_a_dimension_that_does_not_vary_has_finite_gradients():
    z = [torch.ones(2, 4, 3, dtype=torch.float64).requires_grad_() for _ in range(2)]
    decur_loss(z, 2).backward()
    assert all(x.grad.isfinite().all() for x in z)


def test_the_method_minimises_this_function():
    method = build(DeCUR)
    given = batch(method)
    values = method.loss(given, list(method.terms))
    found = sum(method.terms[term] * value for term, value in values.items())
    expected = decur_loss(method.project(given), 4)  # of 5
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z: decur_loss(z[:1], 1), "compares two modalities, not 1"),
        (lambda z: decur_loss([x[:1] for x in z], 1), "two views of a modality, not 1"),
        (lambda z: decur_loss(z, 5), "of 5 dimensions 1 to 4 are common to both .*, not 5"),
        (lambda z: decur_loss(z, 2.5), "of 5 dimensions 1 to 4 are common to both .*, not 2.5"),
        (lambda z: decur_loss(z, True), "of 5 dimensions 1 to 4 are common to both .*, not True"),
        (lambda z: decur_loss([x[:, :1] for x in z], 1), "needs a batch of at least 2"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(properties.some_views())


@pytest.mark.parametrize("projection", [1, 2])
def test_projections_that_cannot_be_common_in_part_are_refused_before_anything_is_written(
    projection, tmp_path
):
    smoke = PRESETS["smoke"]
    config = replace(
        smoke, method="decur", n_pairs=60, model=replace(smoke.model, projection=projection)
    )
    with pytest.raises(ValueError, match=f"{projection} in all leave none: raise model.projection"):
        run(config, tmp_path / "runs", "cpu")
    assert not (tmp_path / "runs").exists()


def test_three_dimensions_are_enough():
    assert DeCUR(replace(PRESETS["smoke"].model, projection=3)).common == 2

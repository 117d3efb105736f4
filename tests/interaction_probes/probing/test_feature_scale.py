import numpy as np
import pytest
import torch
from small_problems import PENALTIES, problem, split

from interaction_probes import LinearProbe
from interaction_probes.probing import pca_basis
from interaction_probes.probing.bilinear import bilinear_probe
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.mlp import mlp_probe
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.released_protocol import public_probe
from interaction_probes.probing.sklearn_probe import sklearn_probe
from interaction_probes.probing.standardiser import FeatureScale

UNITS = [1e-38, 1e-30, 1e-20, 1e20, 1e37]


def linear(train, test, rows):
    return linear_probe(train, test, 3, PENALTIES, rows)


def bilinear(train, test, rows):
    pairs = [((x, 0.5 * x.flip(1)), y) for x, y in (train, test)]
    return bilinear_probe(*pairs, 3, PENALTIES, rows, ranks=(2,))


def mlp(train, test, rows):
    return mlp_probe(train, test, 3, rows, torch.Generator().manual_seed(0))


def by_sklearn(train, test, rows):
    return sklearn_probe(train, test, 3, 1e-3)


PROBES = [linear, bilinear, mlp, by_sklearn]


def in_unit(unit):
    """Both problems with their features in another unit."""
    return [(x * unit, y) for x, y in (problem(0), problem(1))]


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("unit", UNITS)
def test_a_score_does_not_depend_on_the_unit(probe, unit):
    rows = split(problem(0)[1])
    plain, scaled = probe(*in_unit(1.0), rows), probe(*in_unit(unit), rows)
    assert plain.accuracy > 0.5
    assert scaled.accuracy == pytest.approx(plain.accuracy, abs=0.01)
    assert scaled.bits == pytest.approx(plain.bits, abs=1e-3)


@pytest.mark.parametrize("probe", PROBES)
def test_powers_of_two_change_nothing_at_all(probe):
    rows = split(problem(0)[1])
    columns = torch.tensor([2.0**-90, 1.0, 2.0**100])
    assert probe(*in_unit(columns), rows) == probe(*in_unit(1.0), rows)


@pytest.mark.parametrize("probe", [linear, bilinear, mlp])
def test_features_that_are_constant_in_the_fitting_pairs_have_no_part_in_a_score(probe):
    """As ReLUs that are dead there: where they vary in scoring pairs no weight was trained."""
    (x, y), (test_x, test_y) = problem(0), problem(1)
    rows, shape = split(y), (len(y), 4)
    wild = 10 * torch.randn(shape, generator=torch.Generator().manual_seed(1))
    train = torch.cat([x, torch.zeros(shape)], dim=1), y
    quiet, varied = (
        (torch.cat([test_x, columns], dim=1), test_y) for columns in (torch.zeros(shape), wild)
    )
    assert probe(train, varied, rows) == probe(train, quiet, rows)


def test_an_mlp_probe_takes_float64_and_arrays():
    (x, y), (test_x, test_y) = problem(0), problem(1)
    plain = mlp((x, y), (test_x, test_y), split(y))
    arrays = [(part.double().numpy(), labels) for part, labels in ((x, y), (test_x, test_y))]
    assert mlp(*arrays, split(y)).bits == pytest.approx(plain.bits, abs=0.02)


@pytest.mark.parametrize("unit", UNITS)
def test_the_released_protocol_takes_huge_and_tiny_features_as_of_unit_scale(unit):
    rows = split(problem(0)[1])
    huge = in_unit(unit)
    power = float(FeatureScale.of(huge[0][0], standardise=False).unit[0])
    near_one = [(x * power, y) for x, y in huge]
    assert 0.5 <= near_one[0][0].std(0).max() < 1.01
    found = public_probe(*huge, 3, rows)
    assert found.accuracy > 0.5
    assert found == public_probe(*near_one, 3, rows)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_ordinary_features_keep_their_own_scale_to_the_bit(unit):
    features = problem(0)[0] * unit
    scale = FeatureScale.of(features, standardise=False)
    assert torch.equal(scale(features), features - features.mean(0))


@pytest.mark.parametrize("unit", [*UNITS, 1e200, 1e-200])
def test_the_estimator_does_not_depend_on_the_unit(unit):
    (x, y), (test_x, _) = problem(0), problem(1)
    x, test_x = x.double().numpy(), test_x.double().numpy()
    plain = LinearProbe().fit(x, y)
    scaled = LinearProbe().fit(x * unit, y)
    assert scaled.penalty_ == plain.penalty_
    np.testing.assert_allclose(
        scaled.predict_proba(test_x * unit), plain.predict_proba(test_x), atol=1e-6
    )


def test_standardised_features_have_variance_one_in_any_unit():
    features = problem(0)[0]
    expected = (features - features.mean(0)) / features.std(0, correction=0)
    for unit in UNITS:
        scaled = FeatureScale.of(features * unit)(features * unit)
        torch.testing.assert_close(scaled, expected, rtol=0, atol=1e-5)


def test_a_constant_feature_stays_constant_in_any_unit():
    features = problem(0)[0]
    features[:, 1] = 0.7
    for unit in [1.0, *UNITS]:
        scaled = FeatureScale.of(features * unit)(features * unit)
        assert scaled[:, 1].abs().max() < 1e-6


def test_a_row_far_beyond_the_fitted_ones_stays_finite():
    features = problem(0)[0]
    scale = FeatureScale.of(features * 1e-30)
    assert torch.isfinite(scale(features * 1e30)).all()


def wide(n, d, seed=0):
    """Three classes in 6 directions of d columns."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    hidden = 1.5 * np.eye(3, 6)[labels] + rng.normal(size=(n, 6))
    mixing = np.random.default_rng(9).normal(size=(6, d))
    x = hidden @ mixing + 0.3 * rng.normal(size=(n, d))
    return torch.from_numpy(x).float(), labels


@pytest.mark.parametrize("standardise", [True, False])
def test_a_basis_of_samples_spans_what_that_of_columns_does(monkeypatch, standardise):
    (x, _), (other, _) = wide(30, 50), wide(7, 50, 1)
    x, other = x.double(), other.double()
    plain = PCABasis.of(x, standardise)
    monkeypatch.setattr(pca_basis, "WIDE", 40)
    monkeypatch.setattr(pca_basis, "ROWS_AT_A_TIME", 7)
    monkeypatch.setattr(pca_basis, "COLUMNS_AT_A_TIME", 11)
    short = PCABasis.of(x, standardise)
    assert short.rotated.shape == (30, 29)  # centred rows have one direction less
    torch.testing.assert_close(short.variance, plain.variance[-29:])
    torch.testing.assert_close(short.rotate(x), short.rotated)
    for rows in (x, other):  # the same inner products with the fitted rows
        torch.testing.assert_close(
            short.rotate(rows) @ short.rotated.T, plain.rotate(rows) @ plain.rotated.T
        )
    weights = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 29)))
    torch.testing.assert_close(
        plain.standardise(other) @ short.rotate_back(weights).T, short.rotate(other) @ weights.T
    )


def public(train, test, rows):
    return public_probe(train, test, 3, rows)


@pytest.mark.parametrize("probe", [linear, bilinear, public])
def test_probes_of_wide_features_are_those_of_the_plain_form(monkeypatch, probe):
    train, test = wide(80, 120), wide(60, 120, 1)
    rows = split(train[1])
    plain = probe(train, test, rows)
    monkeypatch.setattr(pca_basis, "WIDE", 40)
    short = probe(train, test, rows)
    assert short.accuracy == pytest.approx(plain.accuracy, abs=0.02)
    assert short.bits == pytest.approx(plain.bits, abs=5e-3)
    assert short.chosen == plain.chosen


def test_the_estimator_of_wide_features_is_that_of_the_plain_form(monkeypatch):
    (x, y), (test_x, _) = wide(80, 120), wide(60, 120, 1)
    plain = LinearProbe().fit(x, y)
    monkeypatch.setattr(pca_basis, "WIDE", 40)
    short = LinearProbe().fit(x, y)
    assert short.coef_.shape == (3, 120)
    np.testing.assert_allclose(short.coef_, plain.coef_, atol=5e-6)
    np.testing.assert_allclose(short.predict_proba(test_x), plain.predict_proba(test_x), atol=1e-6)


def test_wide_features_form_no_square_of_their_columns(monkeypatch):
    """100,000 columns: a square of them would take 40 GB."""
    x, y = wide(20, 100_000)
    found = linear_probe((x, y), (x, y), 3, PENALTIES, split(y))
    assert found.accuracy == 1


@pytest.mark.parametrize("offset", [1e6, 1e7, 1e9])
def test_an_offset_that_float64_holds_is_no_collapse(offset):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    x = np.eye(3)[y] @ rng.normal(size=(3, 6)) + rng.normal(size=(300, 6))
    halves, held_out = (slice(200), slice(200, 300)), (np.arange(100), np.arange(100, 200))

    def read(features):
        train, test = ((features[rows], y[rows]) for rows in halves)
        return linear_probe(train, test, 3, [0.01], held_out)

    plain, moved = read(x), read(x + offset)
    assert moved.accuracy == plain.accuracy
    assert moved.bits == pytest.approx(plain.bits, abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16])
def test_short_floats_are_read_as_float32(dtype):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    x = torch.from_numpy(rng.normal(size=(300, 6)) + y[:, None]).to(dtype)
    held_out = np.arange(100), np.arange(100, 200)

    def read(features):
        return linear_probe(
            (features[:200], y[:200]), (features[200:], y[200:]), 3, [0.01], held_out
        )

    assert read(x).bits == read(x.float()).bits

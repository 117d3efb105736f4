import numpy as np
import pytest
from label_problems import FITTED, PENALTIES, ROWS, features, label, parts, probe, standardised
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error, r2_score

from interaction_probes.probing.labels.units import draw_unit_counts


def test_choice_and_scores_are_those_of_scikit_learns_ridge():
    x = features()
    y = label("real", x)
    found = probe("real", x, y)
    inputs, train = standardised(x), ROWS[0]
    scale = y[:FITTED].std(0)
    errors = {}
    for penalty in PENALTIES:
        oracle = Ridge(alpha=penalty * train).fit(inputs[:train], y[:train] / scale)
        guess = oracle.predict(inputs[train:FITTED])
        errors[penalty] = mean_squared_error(y[train:FITTED] / scale, guess)
    chosen = min(errors, key=errors.get)
    assert found.chosen == {"r2_strength": chosen}
    oracle = Ridge(alpha=chosen * FITTED).fit(inputs[:FITTED], y[:FITTED])
    guess, test = oracle.predict(inputs[FITTED:]), y[FITTED:]
    np.testing.assert_allclose(found.predicted, guess, rtol=1e-6)
    assert found.scores["r2"] == pytest.approx(r2_score(test, guess), abs=1e-8)
    assert found.scores["mse"] == pytest.approx(mean_squared_error(test, guess))
    each = r2_score(test, guess, multioutput="raw_values")
    np.testing.assert_allclose(found.columns["r2"], each, atol=1e-8)
    each = mean_squared_error(test, guess, multioutput="raw_values")
    np.testing.assert_allclose(found.columns["mse"], each)
    oracle = Ridge(alpha=chosen * train).fit(inputs[:train], y[:train])
    guess = oracle.predict(inputs[train:FITTED])
    assert found.validation["r2"] == pytest.approx(r2_score(y[train:FITTED], guess), abs=1e-8)


def test_the_residual_variance_of_bits_is_that_of_the_validation_rows():
    x = features()
    y = label("real", x, columns=1)
    found = probe("real", x, y, penalties=[1e-3])
    variance = found.validation["mse"]
    ratio = y[FITTED:].var() / variance
    bits = np.log2(ratio) / 2 + np.log2(np.e) / 2 * (1 - found.scores["mse"] / variance)
    assert found.scores["gaussian_bits"] == pytest.approx(bits)


@pytest.mark.parametrize(("unit", "offset"), [(1e-9, 0), (1e9, 0), (1, 1e6)])
def test_r2_and_bits_have_no_unit(unit, offset):
    x = features()
    y = label("real", x)
    plain, moved = probe("real", x, y), probe("real", x, y * unit + offset)
    for name in ("r2", "gaussian_bits"):
        assert moved.scores[name] == pytest.approx(plain.scores[name], abs=1e-5)
    assert moved.scores["mse"] == pytest.approx(plain.scores["mse"] * unit**2, rel=1e-4)


def test_a_perfect_feature_leaves_no_error_and_bits_that_are_finite():
    x = features()
    found = probe("real", x, x[:, 0] * 7 - 2, penalties=(1.0, 1e-9))
    assert found.scores["r2"] == pytest.approx(1, abs=1e-6)
    assert 15 < found.scores["gaussian_bits"] < 21


def test_useless_features_score_nothing():
    found = probe("real", features(), label("real", features(5)))
    assert found.scores["r2"] == pytest.approx(0, abs=0.05)
    assert found.scores["gaussian_bits"] == pytest.approx(0, abs=0.2)


def test_many_features_do_not_make_bits_of_noise():
    """Residuals of the fitted rows would be far too small, and the loss of the test rows huge."""
    x = features(0, width=280)
    found = probe("real", x, label("real", features(5), columns=1), penalties=[1e-6])
    assert found.scores["gaussian_bits"] > -3


def test_numbers_of_one_column_may_be_a_vector():
    x = features()
    y = label("real", x, columns=1)
    assert probe("real", x, y[:, 0]).scores == probe("real", x, y).scores


def test_constant_columns_are_named_and_count_as_documented():
    x = features()
    y = label("real", x)
    train, _, test = parts(y)
    train[:, 1] = 5.0
    test[:, 2] = 5.0
    counts = draw_unit_counts(np.arange(ROWS[2]), np.random.default_rng(0), 40)
    found = probe("real", x, y, counts)
    assert found.notes == (
        "columns with one value in all training rows, so that they have no bits: 1",
        "columns with one value in all test rows, so that they have no R² and no bits, and "
        "no part in the MSE: 2",
    )
    assert np.isnan(found.columns["r2"]).tolist() == [False, False, True, False]
    assert np.isnan(found.columns["gaussian_bits"]).tolist() == [False, True, True, False]
    assert found.scores["r2"] == pytest.approx(np.nanmean(found.columns["r2"]))
    assert found.scores["gaussian_bits"] == pytest.approx(np.nansum(found.columns["gaussian_bits"]))
    # of the same columns as R²
    assert found.scores["mse"] == pytest.approx(found.columns["mse"][[0, 1, 3]].mean())
    for name, interval in found.intervals.items():
        assert np.isfinite(found.replicates[name]).all()
        assert interval.low <= found.scores[name] <= interval.high


def test_columns_that_prefer_other_penalties_share_one():
    """The bits of each are those of the penalty that both have, by scikit-learn's ridge."""
    x = features(width=100)
    noise = np.random.default_rng(2).normal(size=len(x))
    y = np.column_stack([x[:, 0] + 0.1 * noise, noise])
    penalties = [1e-3, 10.0]
    found = probe("real", x, y, penalties=penalties)
    inputs, train = standardised(x), ROWS[0]
    errors = {}
    for penalty in penalties:
        oracle = Ridge(alpha=penalty * train).fit(inputs[:train], y[:train])
        guess = oracle.predict(inputs[train:FITTED])
        errors[penalty] = ((y[train:FITTED] - guess) ** 2).mean(0)
    assert ((errors[1e-3] < errors[10.0]) == [True, False]).all()
    [chosen] = found.chosen.values()
    variance, mse = errors[chosen], found.columns["mse"]
    ratio = y[FITTED:].var(0) / variance
    bits = np.log2(ratio) / 2 + np.log2(np.e) / 2 * (1 - mse / variance)
    np.testing.assert_allclose(found.columns["gaussian_bits"], bits, atol=1e-6)

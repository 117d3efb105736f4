import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import mean_squared_error, r2_score

from interaction_probes.probing.labels.real_metrics import real_metrics

ONCE = np.ones((1, 50))


def problem():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 2)) * [1, 2] + 0.3
    return y, y + rng.normal(size=(50, 2)) * [0.2, 3]


def test_r2_and_error_are_scikit_learns_under_any_counts():
    y, guess = problem()
    counts = np.random.default_rng(1).integers(4, size=(5, 50)).astype(float)
    found = real_metrics(y, guess, np.ones(2), counts)
    for b, weights in enumerate(counts):
        options = {"sample_weight": weights, "multioutput": "raw_values"}
        np.testing.assert_allclose(found["r2"][b], r2_score(y, guess, **options))
        np.testing.assert_allclose(found["mse"][b], mean_squared_error(y, guess, **options))


def test_bits_are_the_log_loss_that_a_gaussian_saves():
    y, guess = problem()
    variance = np.array([0.1, 4.0])
    alone = norm.logpdf(y, y.mean(0), y.std(0))
    given = norm.logpdf(y, guess, np.sqrt(variance))
    bits = real_metrics(y, guess, variance, ONCE)["gaussian_bits"][0]
    np.testing.assert_allclose(bits, (given - alone).mean(0) / np.log(2))


def test_bits_are_at_most_those_of_r2_and_equal_at_the_variance_of_the_errors():
    y, guess = problem()
    found = real_metrics(y, guess, np.ones(2), ONCE)
    most = -np.log2(1 - found["r2"][0]) / 2
    fitting = found["mse"][0]
    for share in (0.5, 1, 2):
        bits = real_metrics(y, guess, share * fitting, ONCE)["gaussian_bits"][0]
        if share == 1:
            np.testing.assert_allclose(bits, most)
        else:
            assert (bits < most).all()


def test_bits_of_gaussian_variables_are_their_mutual_information():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 200_000, 1))
    y = 0.8 * x + 0.6 * noise
    bits = real_metrics(y, 0.8 * x, np.array([0.36]), np.ones((1, len(y))))["gaussian_bits"]
    assert bits[0, 0] == pytest.approx(-np.log2(1 - 0.64) / 2, abs=0.01)


def test_a_column_that_does_not_vary_has_an_error_only():
    y, guess = problem()
    y[:, 1] = 0.3
    found = real_metrics(y, guess, np.ones(2), ONCE)
    for name, values in found.items():
        assert np.isnan(values[0]).tolist() == [False, name != "mse"], name


def test_a_resampling_of_one_value_has_no_r2():
    y, guess = problem()
    counts = np.zeros((1, 50))
    counts[0, 7] = 50
    assert np.isnan(real_metrics(y, guess, np.ones(2), counts)["r2"]).all()


def test_bits_keep_the_variance_before_resampling():
    y, guess = problem()
    rng = np.random.default_rng(0)
    counts = rng.multinomial(50, np.full(50, 0.02), size=4000).astype(float)
    once = real_metrics(y, guess, np.ones(2), ONCE)["gaussian_bits"][0]
    resampled = real_metrics(y, guess, np.ones(2), counts)["gaussian_bits"]
    error = resampled.std(0) / np.sqrt(4000)
    assert (abs(resampled.mean(0) - once) < 4 * error).all()

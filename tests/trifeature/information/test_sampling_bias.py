import warnings

import numpy as np
import pytest

from trifeature import entropy, estimate_pid, mutual_information
from trifeature.information.sampling_bias import chance_information


@pytest.mark.parametrize(("values", "labels", "samples"), [(4, 2, 400), (9, 5, 2000), (20, 3, 900)])
def test_chance_reads_what_is_predicted(values, labels, samples):
    rng = np.random.default_rng(0)
    read = []
    for _ in range(200):
        cells = rng.integers(values * labels, size=samples)
        counts = np.bincount(cells, minlength=values * labels).reshape(values, labels)
        read.append(mutual_information(counts))
    assert chance_information(counts) == pytest.approx(np.mean(read), rel=0.1)


def test_noise_that_reads_as_information_is_told():
    rng = np.random.default_rng(0)
    pairs, y = rng.permutation(1000) // 2, rng.integers(2, size=1000)
    with pytest.warns(UserWarning, match="of 1000 samples chance alone reads about 0.36 bits"):
        estimate_pid(pairs, pairs, y)
    with pytest.warns(UserWarning, match="chance alone reads about"):
        estimate_pid(*rng.integers(22, size=(2, 1000)), y)
    with pytest.warns(UserWarning, match="merge values"):
        mutual_information(pairs, y)


def test_enough_samples_and_lists_of_every_case_are_not_warned_of():
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate_pid(*rng.integers(2, size=(3, 400)))
        estimate_pid([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0])
        mutual_information(*rng.integers(5, size=(2, 1000)))
        mutual_information([0, 1, 0, 1], [0, 1, 0, 1])


def test_labels_that_are_read_as_counts_are_told():
    with pytest.warns(UserWarning, match="read as counts"):
        assert entropy([0, 1] * 50) == pytest.approx(np.log2(50))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for table in (
            [0.5, 0.5],
            [1, 0],
            [1, 1],
            [5] * 20,
            [0, 0, 1, 2, 7, 3],
            [[0, 1] * 50],
            [0, 1],
        ):
            entropy(table)

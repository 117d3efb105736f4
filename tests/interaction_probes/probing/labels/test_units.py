import warnings

import numpy as np
import pytest

from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.probing.labels.units import draw_unit_counts, units_of


def test_rows_of_a_unit_occur_together_and_as_often_as_units_are_drawn():
    units = np.repeat(np.arange(30) * 7 + 100, np.arange(1, 31))
    counts = draw_unit_counts(units, np.random.default_rng(0), replicates=50)
    assert counts.shape == (50, len(units))
    assert counts.dtype == np.float32
    first = np.unique(units, return_index=True)[1]
    np.testing.assert_array_equal(counts, np.repeat(counts[:, first], np.arange(1, 31), axis=1))
    np.testing.assert_array_equal(counts[:, first].sum(1), 30)


def test_names_of_units_and_their_order_of_rows_make_no_difference():
    units = np.random.default_rng(0).integers(40, size=90)
    drawn = draw_unit_counts(units, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, draw_unit_counts(units * 3 - 9, np.random.default_rng(1)))
    order = np.random.default_rng(2).permutation(90)
    moved = draw_unit_counts(units[order], np.random.default_rng(1))
    np.testing.assert_array_equal(drawn[:, order], moved)


def test_without_units_every_row_is_its_own():
    rows = np.array([5, 3, 9])
    assert units_of(rows, None).tolist() == [0, 1, 2]
    assert units_of(rows, np.arange(10) // 4).tolist() == [1, 0, 2]
    rows = np.arange(25)
    drawn = draw_unit_counts(units_of(rows, None), np.random.default_rng(0))
    same = draw_resample_counts(rows[:, None], 25, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, same)


def test_missing_units_are_no_unit_of_their_own():
    units = np.where(np.arange(60) % 3, np.arange(60), np.nan)
    for wrong in (units, np.ma.array(np.arange(60), mask=np.arange(60) % 3 == 0)):
        with pytest.raises(ValueError, match="units has 20 missing values of 60, the first in row"):
            draw_unit_counts(wrong, np.random.default_rng(0))


def test_few_units_give_a_line():
    with pytest.warns(UserWarning, match="are of 19 units: intervals from fewer than 20") as found:
        draw_unit_counts(np.arange(38) // 2, np.random.default_rng(0))
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_unit_counts(np.arange(20), np.random.default_rng(0))


def test_a_single_unit_is_refused():
    with pytest.raises(ValueError, match="2 units or more among the test rows, and there are 1"):
        draw_unit_counts(np.zeros(5, dtype=int), np.random.default_rng(0))

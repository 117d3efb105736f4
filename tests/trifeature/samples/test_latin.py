import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifeature import (
    FactorCounts,
    LatinArray,
    LatinRule,
    PairDesign,
    SampleDesign,
    draw_latin_arrays,
    draw_mapping,
)
from trifeature.samples.latin import latin_square_of


@given(st.integers(2, 10), st.integers(0, 1000))
def test_each_row_column_and_pillar_has_each_symbol_once(m, seed):
    for array in draw_latin_arrays(SampleDesign(), FactorCounts(m, m, m), seed):
        table = array.table()
        assert table.shape == (m,) * len(array.shifts)
        for axis in range(table.ndim):
            assert (
                np.sort(table, axis=axis)
                == np.arange(m).reshape([-1] + [1] * (table.ndim - 1 - axis))
            ).all()


def test_the_formula():
    [_, cube] = draw_latin_arrays(SampleDesign(), FactorCounts(), 3)
    p, q, r = cube.shifts
    for a, b, c in itertools.product((0, 3, 9), repeat=3):
        assert cube.table()[a, b, c] == cube.symbols[(p[a] + q[b] + r[c]) % 10]


def test_the_answer_is_where_the_symbol_is_0():
    for array in draw_latin_arrays(SampleDesign(), FactorCounts(), 1):
        *given_values, last = np.nonzero(array.table() == 0)
        np.testing.assert_array_equal(array.answer(*given_values), last)


def test_every_rule_has_a_stream_of_its_own():
    """A further rule does not change the others' tables."""
    both = draw_latin_arrays(SampleDesign(), FactorCounts(), 0)
    alone = SampleDesign(latin=SampleDesign().latin[1:])
    [cube] = draw_latin_arrays(alone, FactorCounts(), 0)
    np.testing.assert_array_equal(cube.table(), both[1].table())
    # Nor do two rules begin with the same permutation.
    firsts = [
        [a.shifts[0].tolist() for a in draw_latin_arrays(SampleDesign(), FactorCounts(), s)]
        for s in range(3)
    ]
    assert all(square != cube for square, cube in firsts)
    tables = {draw_latin_arrays(alone, FactorCounts(), s)[0].table().tobytes() for s in range(20)}
    assert len(tables) == 20


@given(st.integers(2, 10), st.integers(2, 10), st.integers(0, 1000))
def test_a_square_whose_symbol_0_is_a_mapping(n_from, n_to, seed):
    mapping = draw_mapping(PairDesign(), FactorCounts(texture=n_from, colour=n_to), seed)
    square = latin_square_of(mapping, n_to, seed)
    table = square.table()
    assert table.shape == (n_from, n_to)
    assert (np.sort(table, axis=1) == np.arange(n_to)).all()
    np.testing.assert_array_equal(table == 0, mapping[:, None] == np.arange(n_to))
    np.testing.assert_array_equal(square.answer(np.arange(n_from)), mapping)
    if n_from == n_to:
        assert (np.arange(n_to) == np.sort(table, axis=0).T).all()


def test_a_rule_needs_as_many_values_of_each():
    rule = LatinRule((("texture", 1), ("colour", 3)))
    design = SampleDesign(latin=(rule,))
    message = (
        "the rule of texture 1 and colour 3 needs as many values of each: there are 5 textures"
    )
    with pytest.raises(ValueError, match=f"{message} where it needs 10"):
        draw_latin_arrays(design, FactorCounts(texture=5), 0)


@pytest.mark.parametrize(
    ("shifts", "symbols", "message"),
    [
        ([[0, 1]], [0, 1], "of 2 attributes or more, not 1"),
        ([[0, 1], [0, 1]], [0, 0], r"a permutation of 0\.\.1"),
        ([[0, 2], [0, 1]], [0, 1], r"whole numbers in 0\.\.1"),
    ],
)
def test_bad_arrays(shifts, symbols, message):
    with pytest.raises(ValueError, match=message):
        LatinArray(tuple(map(np.array, shifts)), np.array(symbols))


def test_no_single_answer():
    array = LatinArray((np.arange(2), np.zeros(2, int)), np.arange(2))
    with pytest.raises(ValueError, match="no permutation"):
        array.answer(np.array([0]))

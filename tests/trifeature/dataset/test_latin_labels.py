import numpy as np
import pytest

from trifeature import (
    FactorCounts,
    Geometry,
    ImageDesign,
    PairDesign,
    generate,
    with_latin_label,
)


def labelled(counts, design=None, seed=3):
    design = design or PairDesign(mapping_strength=0.5)
    data = generate(ImageDesign(Geometry(13, 8, 5), counts, 1), design, seed, 400)
    return data, with_latin_label(data, design, counts, seed)


def test_a_balanced_label_whose_0_is_the_mapping():
    data, more = labelled(FactorCounts(5, 6, 6))
    for name in ("pretrain", "probe_train", "probe_test"):
        before, after = getattr(data, name), getattr(more, name)
        assert list(after.labels) == ["R", "U1", "U2", "S", "S-6"]
        assert list(before.labels) == ["R", "U1", "U2", "S"]  # the given dataset is as it was
        np.testing.assert_array_equal(after.index, before.index)
        np.testing.assert_array_equal(after.labels["S-6"] == 0, before.labels["S"] == 1)
        assert set(after.labels["S-6"]) == set(range(6))
    assert (more.tasks[4].name, more.tasks[4].classes) == ("S-6", 6)
    assert more.tasks[:4] == data.tasks
    assert more.truth["S-6"].synergy == pytest.approx(np.log2(6))
    assert more.truth["S-6"].total == pytest.approx(np.log2(6))


def test_the_label_is_of_a_latin_square():
    data, more = labelled(FactorCounts(2, 4, 4))
    symbols = {}
    for (i, j), symbol in zip(more.pretrain.index, more.pretrain.labels["S-4"], strict=True):
        cell = int(data.train.factors[i, 1]), int(data.train.factors[j, 2])
        assert symbols.setdefault(cell, symbol) == symbol
    for k in range(4):
        row = {symbol for (t, _), symbol in symbols.items() if t == k}
        column = {symbol for (_, c), symbol in symbols.items() if c == k}
        assert row == column == set(range(4))


def test_a_mapping_that_is_no_bijection_leaves_information_in_image_2():
    _, more = labelled(FactorCounts(5, 5, 10))
    truth = more.truth["S-10"]
    assert truth.unique_1 == truth.redundancy == 0
    assert truth.unique_2 == pytest.approx(1)  # a colour has 5 of 10 symbols
    assert truth.synergy == pytest.approx(np.log2(5))

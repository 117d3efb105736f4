import itertools

import numpy as np
import pytest

from interaction_probes.figures.hover import described
from interaction_probes.figures.information import information
from interaction_probes.figures.style import TASKS

AVAILABLE = {"R": np.log2(10), "U1": np.log2(10), "U2": np.log2(10), "S": 0.46899559}


def bits(table, method, task, design):
    rows = table[
        (table["method"] == method)
        & (table["weights"] == "")
        & (table["pairs"] == design)
        & (table["task"] == task)
        & (table["probe"] == "linear")
        & (table["metric"] == "bits")
    ]
    return rows[rows["epoch"] == rows["epoch"].max()]["value"].mean()


def test_slots_are_as_long_as_what_is_available_and_filled_by_what_is_captured(results):
    stack, synergy = information(results).axes
    filled = [bar for bar in stack.patches if (described(bar) or ("",))[0] == "comm"]
    empty = [bar for bar in stack.patches if described(bar) is None and bar.get_y() < 0]
    for task, slot, fill in zip(TASKS, empty, filled, strict=True):
        design = "biased" if task == "S" else "unbiased"
        assert slot.get_width() == pytest.approx(AVAILABLE[task])
        assert fill.get_width() == pytest.approx(bits(results, "comm", task, design))
        assert fill.get_x() == slot.get_x()
    starts = [slot.get_x() for slot in empty]
    assert all(b >= a + AVAILABLE["S"] for a, b in itertools.pairwise(starts))
    [again] = [bar for bar in synergy.patches if (described(bar) or ("",))[0] == "comm"]
    assert again.get_width() == pytest.approx(filled[-1].get_width())
    assert synergy.get_xlim() == pytest.approx((0, AVAILABLE["S"]))


def test_the_sum_is_of_what_one_model_learnt_and_n_stands_in_the_caption(results):
    figure = information(results)
    tasks = ("R", "U1", "U2")  # S is of the model that learnt from biased pairs
    total = sum(bits(results, "comm", task, "unbiased") for task in tasks)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert f"{total:.2f}" in texts
    assert f"R + U\n{sum(AVAILABLE[task] for task in tasks):.2f}" in texts
    assert "R\n3.32" in texts
    assert "n = 3 seeds" in figure.get_supxlabel()


def test_a_probe_that_is_wrong_and_sure_fills_nothing(results):
    wrong = results.copy()
    wrong.loc[(wrong["probe"] == "linear") & (wrong["metric"] == "bits"), "value"] = -0.4
    axes = information(wrong).axes[0]
    assert all(line.get_marker() != "<" for line in axes.lines)  # no interval begins in sight
    assert all(bar.get_width() == 0 for bar in axes.patches if described(bar))
    assert "−0.40" in [text.get_text() for text in axes.texts]


def test_missing_bits_are_named(results):
    with pytest.raises(ValueError, match="no bits of task S by the linear probe"):
        information(results[(results["task"] != "S") | (results["probe"] == "exact")])
    with pytest.raises(ValueError, match="no row of probe exact, metric bits and task R"):
        information(results[(results["probe"] != "exact") | (results["task"] != "R")])
    other = results.copy()
    other.loc[(other["probe"] == "exact") & (other["seed"] == 2), "value"] *= 0.9
    with pytest.raises(ValueError, match="differ in the exact bits of task R"):
        information(other)


def test_an_interval_that_goes_on_below_nothing_says_so(results):
    wide = results.copy()
    bits_of = (wide["probe"] == "linear") & (wide["metric"] == "bits") & (wide["task"] == "R")
    comm = bits_of & (wide["method"] == "comm")
    assert not [line for line in information(wide).axes[0].lines if line.get_marker() == "<"]
    wide.loc[comm & (wide["seed"] == 0), "value"] = -1.0
    [mark] = [line for line in information(wide).axes[0].lines if line.get_marker() == "<"]
    assert list(mark.get_xdata()) == [0.0]

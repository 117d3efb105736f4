import itertools

import numpy as np
import pytest
from matplotlib.markers import CARETLEFT

from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.style import COLUMN, PAGE, TASKS
from interaction_probes.figures.information import information

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
    assert not heads(axes)  # no interval begins in sight
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


def heads(axes):
    return [line for line in axes.lines if line.get_marker() == CARETLEFT]


def change(table, task, values):
    """The bits of CoMM's seeds at the last epoch."""
    changed = table.copy()
    linear = (changed["probe"] == "linear") & (changed["metric"] == "bits")
    of_comm = (changed["method"] == "comm") & (changed["task"] == task) & (changed["epoch"] == 14)
    for seed, value in enumerate(values):
        changed.loc[linear & of_comm & (changed["seed"] == seed), "value"] = value
    return changed


@pytest.mark.parametrize("width", [COLUMN, PAGE])
def test_an_interval_that_goes_on_below_nothing_ends_in_a_head_inside_its_slot(results, width):
    assert not heads(information(results, width).axes[0])
    wide = change(results, "U1", (-1.0, 2.0, 2.5))
    axes = information(wide, width).axes[0]
    [head] = heads(axes)
    start = np.log2(10) + 0.12
    assert list(head.get_xdata()) == pytest.approx([start])
    shape = head._marker.get_path().transformed(head._marker.get_transform())
    assert shape.vertices[:, 0].min() == pytest.approx(0, abs=1e-9)  # the tip: the rest is inside


@pytest.mark.parametrize("task", ["R", "U1", "U2"])
def test_a_sum_with_a_part_below_nothing_is_a_dash(results, task):
    figure = information(change(results, task, (-0.1, -0.1, -0.1)))
    axes = figure.axes[0]
    sums = [
        text.get_text() for text in axes.texts if text.xy[0] == 1 and "R" not in text.get_text()
    ]
    assert sums[0] == "–"
    assert len(sums) == results["method"].nunique()
    assert all(float(whole) > 0 for whole in sums[1:])
    assert "(–: one of them is less than 0)" in " ".join(figure.get_supxlabel().split())


#: Intervals in the middle, at either end, and nearly everywhere.
@pytest.mark.parametrize(
    "values", [(1.1, 1.6, 2.1), (-2.0, -1.0, 1.4), (1.5, 2.0, 2.4), (2.9, 3.1, 3.2)]
)
@pytest.mark.parametrize("width", [COLUMN, PAGE])
def test_no_interval_strikes_through_a_number(results, values, width):
    axes = (figure := information(change(results, "U2", values), width)).axes[0]
    figure.draw_without_rendering()
    mean = f"{np.mean(values):.2f}".replace("-", "−")
    [printed] = [text for text in axes.texts if text.get_text() == mean and text.xy[1] == 0]
    box = printed.get_window_extent()
    start = 2 * (np.log2(10) + 0.12)
    [line] = [
        line
        for line in axes.lines
        if described(line) == ("comm", "")
        and start <= line.get_xdata()[0] <= start + np.log2(10)
        and line.get_ydata()[0] == 0
    ]
    ends = axes.transData.transform(line.get_xydata())[:, 0]
    assert box.x1 < ends[0] or ends[1] < box.x0
    slot = axes.transData.transform([(start, 0), (start + np.log2(10), 0)])[:, 0]
    assert slot[0] <= box.x0 < box.x1 <= slot[1]


@pytest.mark.parametrize("width", [COLUMN, 5.5, PAGE])
def test_headings_stand_apart(results, width):
    figure = information(results, width)
    figure.draw_without_rendering()
    heads = [text for text in figure.axes[0].texts if text.xy[1] == 1 and text.get_fontsize() == 7]
    boxes = [text.get_window_extent() for text in heads]
    assert [text.get_text()[0] for text in heads] == ["R", "U", "U", "S", "R"]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.style import COLUMN, method_styles
from interaction_probes.figures.synergy import synergy


@pytest.fixture
def table(results):
    """AUC of S that rises by .2, .26 and .4 where the mapping was shown."""
    scores = results.copy()
    of_comm = (scores["metric"] == "auc") & (scores["method"] == "comm") & (scores["epoch"] == 14)
    shown = {0: 0.2, 1: 0.26, 2: 0.4}
    base = 0.5 + 0.04 * scores["seed"]
    gain = scores["seed"].map(shown) * (scores["pairs"] == "biased")
    scores.loc[of_comm, "value"] = (base + gain)[of_comm]
    return scores


def marks(axes, method):
    """(place, number, filling) of a method's marks with a value, from top to bottom."""
    found = [
        (*line.get_xydata()[0], line)
        for line in axes.lines
        if (described(line) or ("", ""))[0] == method and described(line)[1]
    ]
    return sorted(found, key=lambda mark: mark[1])


def test_a_filled_mark_after_biased_pairs_and_a_hollow_one_after_unbiased(table):
    axes = synergy(table).axes[0]
    colour = method_styles(["comm"])["comm"].colour.lower()
    (first, upper, filled), (second, lower, hollow) = marks(axes, "comm")
    assert (first, second) == (pytest.approx(0.54 + 0.86 / 3), pytest.approx(0.54))
    assert upper < 0 < lower  # in one row, the first of the panel
    assert to_hex(filled.get_markerfacecolor()) == colour
    assert to_hex(hollow.get_markerfacecolor()) == "#ffffff"
    assert to_hex(hollow.get_markeredgecolor()) == colour
    [tie] = [
        line
        for line in axes.lines
        if line.get_xydata().tolist() == [[first, upper], [second, lower]]
    ]
    assert described(tie) == ("comm", "")


def test_intervals_and_dots_are_those_of_the_seeds(table):
    axes = synergy(table).axes[0]
    ends = [
        line.get_xdata()
        for line in axes.lines
        if described(line) == ("comm", "") and np.ptp(line.get_ydata()) == 0
    ]
    np.testing.assert_allclose(ends, [[0.7, 0.98], [0.5, 0.58]])  # n = 3: their range
    dots = [d.get_offsets()[:, 0] for d in axes.collections if described(d)[0] == "comm"]
    np.testing.assert_allclose(dots, [[0.7, 0.8, 0.98], [0.5, 0.54, 0.58]])


def test_dots_have_their_method_s_colour_and_are_nearest_to_its_marks(table):
    axes = synergy(table).axes[0]
    styles = method_styles(table["method"])
    rows = {name: [y for _, y, _ in marks(axes, name)] for name in styles}
    for dots in axes.collections:
        name, _ = described(dots)
        assert to_hex(dots.get_edgecolor()[0]) == styles[name].colour.lower()
        assert to_hex(dots.get_facecolor()[0]) == "#ffffff"
        [y] = set(dots.get_offsets()[:, 1])
        others = [at for other, places in rows.items() if other != name for at in places]
        assert 2 * min(abs(y - at) for at in rows[name]) < min(abs(y - at) for at in others)


def test_what_was_learnt_is_paired_by_seed(table):
    """Of seeds that have both only: a mean of differences, and no difference of means."""
    lacking = table[
        (table["method"] != "comm") | (table["pairs"] != "unbiased") | (table["seed"] != 2)
    ]
    for rows, expected, n in ((table, 0.86 / 3, 3), (lacking, 0.23, 2)):
        axes = synergy(rows).axes[1]
        [(value, y, mark)] = marks(axes, "comm")
        assert (value, y) == (pytest.approx(expected), 0)
        assert described(mark)[1].endswith(f"n = {n})")
        texts = {text.xy[1]: text.get_text() for text in axes.texts}
        assert texts[0] == f"+{expected:.2f} ({n})"


def test_a_method_of_one_design_has_one_mark_and_learnt_nothing_that_is_told(table):
    figure = synergy(table)
    level, learnt = figure.axes
    floor = list(method_styles(table["method"])).index("random_init")
    [(_, y, mark)] = marks(level, "random_init")
    assert y == floor
    assert mark.get_fillstyle() == "left"
    assert marks(learnt, "random_init") == []
    assert {text.xy[1]: text.get_text() for text in learnt.texts}[floor] == "–"
    assert "Half-filled: runs on unbiased pairs only" in " ".join(figure.get_supxlabel().split())
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(names) == 4
    plain = synergy(table[table["method"] == "comm"])
    assert "Half-filled" not in plain.get_supxlabel()
    assert [text.get_text() for text in plain.legends[0].get_texts()] == [
        names[0],
        names[1],
        "seed",
    ]


def test_seeds_without_a_partner_leave_a_dash(table):
    apart = table[
        (table["method"] == "comm") & ((table["pairs"] == "biased") == (table["seed"] == 0))
    ]
    [text] = [text for text in synergy(apart).axes[1].texts if text.xy[1] == 0]
    assert text.get_text() == "–"


def test_chance_limit_and_nothing_are_lines(table):
    level, learnt = synergy(table).axes
    for axes, places in ((level, {0.5, 1.0}), (learnt, {0.0})):
        lines = {line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"}
        assert lines == places
        low, high = axes.get_xlim()
        assert all(low < place < high for place in places)


def test_scores_below_chance_stay_in_sight(table):
    low = table.copy()
    low.loc[(low["metric"] == "auc") & (low["pairs"] == "biased"), "value"] = 0.07
    level, learnt = synergy(low, COLUMN).axes
    assert level.get_xlim()[0] < 0.07
    assert learnt.get_xlim()[0] < -0.5


def test_other_losses_and_strengths_are_left_out(table):
    more = table.copy()
    other = (more["weights"] != "") | ~more["pairs"].isin(["biased", "unbiased"])
    more.loc[other & (more["metric"] == "auc"), "value"] = 0.99
    told = [[mark[:2] for mark in marks(synergy(t).axes[0], "comm")] for t in (table, more)]
    assert told[0] == told[1]


def test_what_is_missing_or_counts_twice_is_named(table):
    with pytest.raises(ValueError, match="no rows of probe linear and metric auc"):
        synergy(table[table["metric"] != "auc"])
    with pytest.raises(ValueError, match="no AUC of task S"):
        synergy(table.assign(task=table["task"].replace("S", "R")))
    twin = table[(table["method"] == "clip") & (table["seed"] == 1)].assign(run="twin")
    with pytest.raises(ValueError, match=r"seed 1 of clip .*more than once \(.*twin\)"):
        synergy(pd.concat([table, twin]))

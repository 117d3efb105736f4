"""Marks beside the curves: published values, where they leave chance, the legend."""

import numpy as np
import pandas as pd
import pytest
from curve_tables import COMM, PUBLISHED, as_told, panels, table
from matplotlib.colors import to_hex
from quick_figures import without_layout

from interaction_probes.figures.curves import curves


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    """Most marks do not depend on where the panels are."""
    without_layout(monkeypatch)


def emergence(left, reached, pairs="unbiased"):
    rows = [(pairs, seed, "U1", *both) for seed, both in enumerate(zip(left, reached, strict=True))]
    return pd.DataFrame(rows, columns=["pairs", "seed", "task", "left_chance", "reached_90"])


def triangles(axes):
    return [
        (line.get_xdata()[0], to_hex(line.get_markerfacecolor()))
        for line in axes.get_lines()
        if line.get_marker() == "^" and len(line.get_xdata())
    ]


def test_published_marks_stand_beyond_the_last_epoch(monkeypatch):
    """They are of the hundredth, and hide no point of the curve."""
    monkeypatch.undo()  # with the layout
    figure = curves(table(), PUBLISHED)
    for task, (above, _) in panels(figure).items():
        [mark] = [line for line in above.get_lines() if list(line.get_ydata()) == [PUBLISHED[task]]]
        figure.draw_without_rendering()
        at = mark.get_transform().transform(mark.get_xydata())[0]
        assert at[0] - 4 > above.get_window_extent().x1
        assert at[1] == pytest.approx(above.transData.transform((0, PUBLISHED[task]))[1])
        assert to_hex(mark.get_markerfacecolor()) == "#ffffff"
        assert not mark.get_clip_on()
    assert "stand beyond the last epoch" in as_told(figure)


def test_a_task_that_was_not_published_has_no_mark():
    figure = curves(table(), {"R": 99.9})
    marks = {
        task: sum(line.get_marker() == "o" and len(line.get_xdata()) == 1 for line in above.lines)
        for task, (above, _) in panels(figure).items()
    }
    assert marks == {"R": 1, "U1": 0, "U2": 0, "S": 0}


def test_emergence_is_marked_where_most_seeds_have_emerged():
    figure = curves(table(), emergence=emergence([1, 2, np.nan], [4, 4, np.nan]))
    found = {task: triangles(above) for task, (above, _) in panels(figure).items()}
    assert found == {"R": [], "U1": [(2, COMM), (4, "#ffffff")], "U2": [], "S": []}
    [legend] = figure.legends
    assert "leaves chance" in [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("seeds", [[np.nan], [2, np.nan, np.nan]])
def test_what_emerged_in_fewer_than_half_of_the_seeds_has_no_mark(seeds):
    figure = curves(table(), emergence=emergence(seeds, seeds))
    assert triangles(panels(figure)["U1"][0]) == []


def test_only_what_leaves_chance_is_marked_and_of_the_design_that_is_read():
    """At the first epoch nothing has been left, and other designs are not what the task is of."""
    from_the_start = curves(table(), emergence=emergence([0], [4]))
    assert triangles(panels(from_the_start)["U1"][0]) == [(4, "#ffffff")]
    of_the_other = curves(table(), emergence=emergence([2], [4], "biased"))
    assert triangles(panels(of_the_other)["U1"][0]) == []


def test_no_triangle_lies_between_two_epochs():
    """Two seeds that leave chance at 0 and at 2, or at 2 and never, have no median."""
    for left in ([0, 2], [2, np.nan]):
        above = panels(curves(table(seeds=(0, 1)), emergence=emergence(left, left)))["U1"][0]
        assert triangles(above) == []


def test_triangles_of_the_same_epoch_do_not_hide_each_other():
    above = panels(curves(table(), emergence=emergence([4], [4])))["U1"][0]
    marks = [line for line in above.get_lines() if line.get_marker() == "^"]
    assert [line.get_xdata()[0] for line in marks] == [4, 4]
    assert marks[1].get_ydata()[0] - marks[0].get_ydata()[0] > 0.05


def test_triangles_of_several_designs_stand_above_one_another():
    names = ["mapping0.2", "mapping0.4"]
    both = pd.concat([emergence([2], [4], name) for name in names])
    above = panels(curves(table(pairs=names), emergence=both))["U1"][0]
    marks = [line for line in above.get_lines() if line.get_marker() == "^"]
    assert len(marks) == 4
    assert len({line.get_ydata()[0] for line in marks}) == 2


@pytest.mark.parametrize("published", [None, PUBLISHED])
def test_legend_names_designs_and_published_numbers(published):
    [legend] = curves(table(), published).legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels[0] == "learnt from the pairs named over the panel"
    assert labels[1] == "learnt from the other pairs"
    assert labels[2:] == ["published"] * bool(published)


def test_only_two_designs_are_told_what_is_shared_in_one():
    assert "not all that is unique" in as_told(curves(table()))
    assert "not all that is unique" not in as_told(curves(table(pairs=("biased",))))


@pytest.mark.parametrize(
    ("designs", "seeds", "title"),
    [
        (("biased",), (0,), "n = 1 seed; one run"),
        (("unbiased", "biased"), (0,), "n = 1 seed; 2 runs, one per design"),
        (("unbiased", "biased"), (3, 5), "n = 2 seeds; mean and range"),
    ],
)
def test_legend_tells_method_and_n(designs, seeds, title):
    [legend] = curves(table(designs, seeds)).legends
    assert "CoMM" in legend.get_title().get_text()
    assert title in legend.get_title().get_text()


def test_designs_of_different_numbers_of_seeds_have_each_its_own():
    """And each its own kind of band."""
    one = table(("unbiased",))
    low = one[(one["probe"] == "linear") & (one["metric"] == "accuracy")].assign(
        metric="accuracy_low"
    )
    figure = curves(pd.concat([one, low, table(("biased",), (0, 1))]))
    title = figure.legends[0].get_title().get_text()
    assert title.endswith("n = 2 (biased), n = 1 (unbiased); mean and range")
    told = "Bands: range over seeds; of one run the 95 % interval over test images."
    assert told in as_told(figure)


def test_the_legend_names_no_mark_that_is_not_drawn():
    def names(*arguments):
        return [text.get_text() for text in curves(table(), *arguments).legends[0].get_texts()]

    triangles = ["leaves chance", "90 % of the way from chance"]
    assert names(None, emergence([2], [4]))[2:] == triangles
    assert names(None, emergence([2], [np.nan]))[2:] == triangles[:1]
    assert names(None, emergence([0], [4]))[2:] == triangles[1:]
    assert names(None, emergence([np.nan], [np.nan]))[2:] == []
    assert names({"mean": 80.0})[2:] == []  # a task of no panel


def test_of_two_designs_the_other_one_looks_the_same_in_every_panel():
    figure = curves(table())
    [legend] = figure.legends
    [handle] = [h for h in legend.legend_handles if h.get_label().endswith("the other pairs")]
    dashed = [
        line
        for above, _ in panels(figure).values()
        for line in above.lines
        if line.is_dashed() and line.get_label().endswith(" pairs")
    ]
    assert len(dashed) == 4
    assert {line.get_linestyle() for line in dashed} == {handle.get_linestyle()}
    shapes = {tuple(p / line.get_linewidth() for p in line._dash_pattern[1]) for line in dashed}
    assert len(shapes) == 1
    assert handle._unscaled_dash_pattern == dashed[0]._unscaled_dash_pattern


def test_other_designs_are_named_where_there_are_several():
    [legend] = curves(table(pairs=["unbiased", "mapping0.5", "shared0.5"])).legends
    looks = {
        text.get_text(): handle._unscaled_dash_pattern
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
        if "learnt from" in text.get_text() and handle.is_dashed()
    }
    assert "learnt from the other pairs" not in looks
    assert len(looks) > 1
    assert len({str(look) for look in looks.values()}) == len(looks)


def test_the_whole_legend_is_in_the_figure(monkeypatch):
    monkeypatch.undo()  # with the layout
    figure = curves(table(), PUBLISHED, emergence([2], [4]))
    figure.canvas.draw()
    [legend] = figure.legends
    inside, whole = legend.get_window_extent(), figure.bbox
    assert len(legend.get_texts()) == 5
    assert whole.x0 <= inside.x0 < inside.x1 <= whole.x1
    assert whole.y0 <= inside.y0 < inside.y1 <= whole.y1

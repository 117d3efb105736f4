import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from curve_tables import (
    BITS,
    CHANCE,
    COMM,
    EPOCHS,
    PUBLISHED,
    accuracy,
    as_told,
    curve,
    panels,
    table,
)
from matplotlib.colors import to_hex, to_rgb
from quick_figures import without_layout

from interaction_probes.figures.curves import curves
from interaction_probes.figures.drawing.style import OTHER_COLOURS


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    """What is drawn does not depend on where the panels are."""
    without_layout(monkeypatch)


def references(axes):
    """Height of each labelled horizontal line."""
    heights = {
        float(line.get_ydata()[0])
        for line in axes.get_lines()
        if len(line.get_xdata()) == 2 and line.get_linestyle() == "--"
    }
    names = [text for text in axes.texts if not text.get_text().startswith("from ")]
    named = {text.get_text(): float(text.xy[1]) for text in names}
    assert heights == set(named.values())
    return named


def test_one_column_per_task_accuracy_above_and_bits_below():
    figure = curves(table())
    assert len(figure.axes) == 8
    for task, (above, below) in panels(figure).items():
        assert above.get_title(loc="left").split()[0] == task
        assert below.get_xlabel() == "epoch"
    assert "accuracy (%)" in figure.axes[0].get_ylabel()
    assert "bits" in figure.axes[4].get_ylabel()


@pytest.mark.parametrize("pairs", ["unbiased", "biased"])
def test_curves_are_the_tables_values(pairs):
    for task, (above, below) in panels(curves(table())).items():
        expected = np.array([accuracy(pairs, 0, epoch, task) for epoch in EPOCHS])
        for axes, values in ((above, 100 * expected), (below, expected / 3)):
            line = curve(axes, pairs)
            assert list(line.get_xdata()) == list(EPOCHS)
            np.testing.assert_allclose(line.get_ydata(), values)


@pytest.mark.parametrize("strengths", ["", "shared0.5-"])
def test_the_design_that_a_task_is_read_from_has_the_methods_colour(strengths):
    """The other one is grey and dashed, and lies below: U1 is not unique in biased pairs."""
    both = table()
    both["pairs"] = strengths + both["pairs"]
    for task, axes in panels(curves(both)).items():
        read, other = ("biased", "unbiased") if task == "S" else ("unbiased", "biased")
        for panel in axes:
            mine, its = curve(panel, strengths + read), curve(panel, strengths + other)
            assert to_hex(mine.get_color()) == COMM
            assert not mine.is_dashed()
            assert its.is_dashed()
            red, green, blue = to_rgb(its.get_color())
            assert red == green == blue
            assert its.get_zorder() < mine.get_zorder()
        [said] = [text for text in axes[0].texts if text.get_text().startswith("from ")]
        assert said.get_text() == f"from {strengths}{read} pairs"
        assert to_hex(said.get_color()) == COMM


@pytest.mark.parametrize(
    ("designs", "read"),
    [
        (("biased",), {"R": "biased", "S": "biased"}),
        (("unbiased", "mapping0.5"), {"R": "unbiased", "S": "mapping0.5"}),
        (("mapping0.5", "biased"), {"R": "mapping0.5", "S": "biased"}),
    ],
)
def test_a_task_is_read_from_the_design_that_is_most_like_its_own(designs, read):
    figure = curves(table(pairs=designs))
    for task, name in read.items():
        above = panels(figure)[task][0]
        assert [p for p in designs if not curve(above, p).is_dashed()] == [name]


def test_rows_in_any_order_give_the_same_curves():
    shuffled = table().sample(frac=1, random_state=0)
    line = curve(panels(curves(shuffled))["S"][0], "biased")
    assert list(line.get_xdata()) == list(EPOCHS)
    assert line.get_ydata()[2] == pytest.approx(100 * accuracy("biased", 0, 4, "S"))


def test_several_seeds_are_mean_and_range():
    above = panels(curves(table(seeds=(0, 1, 4))))["R"][0]
    seen = [[accuracy("biased", seed, epoch, "R") for seed in (0, 1, 4)] for epoch in EPOCHS]
    np.testing.assert_allclose(curve(above, "biased").get_ydata(), 100 * np.mean(seen, axis=1))
    bands = [band.get_paths()[0].vertices[:, 1] for band in above.collections]
    assert len(bands) == 2  # of each design
    assert any(
        band.min() == pytest.approx(100 * np.min(seen))
        and band.max() == pytest.approx(100 * np.max(seen))
        for band in bands
    )


def test_one_seed_has_no_band():
    assert not panels(curves(table()))["R"][0].collections


def test_one_run_has_its_intervals_over_test_images_as_bands():
    whole = table()
    linear = whole["probe"] == "linear"
    ends = [
        whole[linear].assign(metric=whole["metric"] + end, value=whole["value"] + by)
        for end, by in (("_low", -0.03), ("_high", 0.02))
    ]
    figure = curves(pd.concat([whole, *ends]))
    assert "Bands: 95 % intervals over test images" in as_told(figure)
    above, below = panels(figure)["U1"]
    for axes, scale in ((above, 100), (below, 1)):
        [band] = [b for b in axes.collections if to_hex(b.get_facecolor()[0]) == COMM]
        mid = curve(axes, "unbiased").get_ydata()
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(mid.min() - 0.03 * scale)
        assert heights.max() == pytest.approx(mid.max() + 0.02 * scale)
    several = curves(pd.concat([table(seeds=(0, 1)), *ends]))
    assert "Bands: range over seeds" in as_told(several)
    assert "Bands" not in as_told(curves(whole))


def test_reference_lines_are_chance_additive_limit_and_truth():
    for task, (above, below) in panels(curves(table())).items():
        expected = {"chance": 100 * CHANCE[task]}
        if task == "S":
            expected["additive limit,\n75 %"] = 75
        assert references(above) == pytest.approx(expected)
        assert references(below) == pytest.approx({"exact truth": BITS[task]})


def test_other_designs_have_colours_of_their_own_however_many():
    names = [f"mapping0.{k}" for k in range(1, 6)]
    figure = curves(table(pairs=names))
    above = panels(figure)["R"][0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        f"{n} pairs" for n in names
    ]
    colours = [to_hex(curve(above, name).get_color()) for name in names]
    assert colours[:4] == [colour.lower() for colour in OTHER_COLOURS]


def test_values_below_the_usual_range_stay_visible():
    low = table()
    low.loc[(low["probe"] == "linear") & (low["metric"] == "bits"), "value"] = -0.9
    low.loc[(low["probe"] == "linear") & (low["metric"] == "accuracy"), "value"] = 0.31
    for above, below in panels(curves(low)).values():
        assert above.get_ylim()[0] < 31
        assert below.get_ylim()[0] < -0.9


def test_truth_is_inside_its_axes():
    for task, (_, below) in panels(curves(table())).items():
        assert below.get_ylim()[1] > BITS[task]


def test_a_run_of_no_epochs_can_be_drawn(tmp_path, monkeypatch):
    monkeypatch.undo()  # with its layout
    start = table()
    curves(start[start["epoch"] == 0]).savefig(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 1000


@pytest.mark.parametrize("column", ["pairs", "seed", "epoch", "task", "probe", "metric", "value"])
def test_missing_columns_are_named(column):
    with pytest.raises(ValueError, match=f"lacks the columns {column}"):
        curves(table().drop(columns=column))


def test_tables_without_measurements_are_refused():
    with pytest.raises(ValueError, match="no rows of the linear probe"):
        curves(table()[:0])
    only_truth = table()
    with pytest.raises(ValueError, match="no rows of the linear probe"):
        curves(only_truth[only_truth["probe"] == "exact"])


def test_the_table_is_not_changed():
    given = table()
    before = given.copy()
    curves(given)
    pd.testing.assert_frame_equal(given, before)


def test_no_state_of_pyplot_is_touched():
    before = dict(matplotlib.rcParams)
    curves(table(), PUBLISHED)
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_the_effective_rank_and_a_collapse_stand_below():
    ranked = table().assign(effective_rank=12.34, collapsed=0)
    ranked.loc[ranked["epoch"] == 2, "collapsed"] = 1
    words = as_told(curves(ranked))
    assert "Effective rank at the last epoch: 12.3 (biased), 12.3 (unbiased)." in words
    assert "2 of 2 runs had collapsed at epoch 2: every feature was constant" in words
    assert "ffective rank" not in as_told(curves(table()))

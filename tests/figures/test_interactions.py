import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from interaction_probes.analysis.published import PUBLISHED, comparable_published, read_published
from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.style import COLUMN, method_styles
from interaction_probes.figures.interactions import interactions

TASKS = ("R", "U1", "U2", "S")


def values(table, method, task):
    """Percent at the last epoch, one per seed, from the design that the task is learnt from."""
    design = "unbiased" if method == "random_init" or task != "S" else "biased"
    rows = table[
        (table["method"] == method)
        & (table["weights"] == "")
        & (table["pairs"] == design)
        & (table["task"] == task)
        & (table["probe"] == "linear")
        & (table["metric"] == "accuracy")
    ]
    return 100 * rows[rows["epoch"] == rows["epoch"].max()]["value"].to_numpy()


def published():
    return pd.DataFrame(
        [(m, t, v) for m, row in PUBLISHED.items() for t, v in row.accuracy.items()],
        columns=["method", "task", "accuracy"],
    )


def bars(axes):
    """(method, right end) from top to bottom."""
    found = sorted(axes.patches, key=lambda bar: bar.get_y())
    return [(described(bar)[0], bar.get_x() + bar.get_width()) for bar in found]


def test_a_panel_per_task_and_a_bar_per_method_in_its_colour(results):
    figure = interactions(results)
    methods = method_styles(results["method"])
    assert list(methods) == ["comm", "clip", "random_init", "my.module:Own"]
    for axes, task in zip(figure.axes, TASKS, strict=True):
        assert axes.get_title(loc="left").split()[0] == task
        assert bars(axes) == [
            (name, pytest.approx(values(results, name, task).mean())) for name in methods
        ]
        assert [to_hex(bar.get_facecolor()) for bar in axes.patches] == [
            look.colour.lower() for look in methods.values()
        ]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["CoMM", "CLIP", "Random init", "Own"]


def test_intervals_and_dots_are_those_of_the_seeds(results):
    """On the bar, where nothing published lies on them."""
    axes = interactions(results, published()).axes[1]
    seeds = values(results, "comm", "U1")
    [interval] = [line for line in axes.lines if level(line, "comm") and len(line.get_xdata()) == 2]
    low, high = interval.get_xdata()
    assert seeds.min() <= low < seeds.mean() < high <= seeds.max()
    [dots] = [line for line in axes.lines if len(line.get_xdata()) == 3 and level(line, "comm")]
    np.testing.assert_allclose(sorted(dots.get_xdata()), sorted(seeds))
    [bar] = [bar for bar in axes.patches if described(bar)[0] == "comm"]
    [mark] = [line for line in axes.lines if text_of(line).startswith("CoMM, published")]
    for own in (interval, dots):
        assert bar.get_y() < own.get_ydata()[0] < bar.get_y() + bar.get_height()
    assert mark.get_ydata()[0] > bar.get_y() + bar.get_height()
    [label, *_] = axes.get_yticks()
    assert label == pytest.approx(bar.get_y() + bar.get_height() / 2)


def level(line, method=None):
    """Whether a line has one height and more than one point (and is a method's)."""
    mine = method is None or (described(line) or ("",))[0] == method
    return mine and len(line.get_xdata()) > 1 and np.ptp(line.get_ydata()) == 0


def text_of(line):
    return (described(line) or ("", ""))[1]


def test_ticks_are_what_the_same_runs_read_before_their_first_step(results):
    first = results.copy()
    start = (first["epoch"] == 0) & (first["probe"] == "linear") & (first["metric"] == "accuracy")
    first.loc[start & (first["task"] == "R"), "value"] = 0.6
    first.loc[start & (first["task"] == "R") & (first["method"] == "clip"), "value"] = 0.7
    other = start & ((first["pairs"] != "unbiased") | (first["weights"] != ""))
    first.loc[other & (first["task"] == "R"), "value"] = 0.9  # of no run of this panel
    figure = interactions(first)
    axes = figure.axes[0]
    ticks = {
        described(line)[0]: line
        for line in axes.lines
        if text_of(line).endswith("untrained: 60.0 %")
    }
    assert set(ticks) == {"comm", "my.module:Own"}  # random_init is never trained
    assert [text_of(line) for line in axes.lines if "untrained: 70" in text_of(line)]
    for line in ticks.values():
        np.testing.assert_allclose(line.get_xdata(), 60)
    [bar] = [bar for bar in axes.patches if described(bar)[0] == "comm"]
    low, high = sorted(ticks["comm"].get_ydata())
    assert low < bar.get_y() < bar.get_y() + bar.get_height() < high


def test_the_legend_names_what_is_drawn(results):
    def names(table, known=None):
        return [text.get_text() for text in interactions(table, known).legends[0].get_texts()]

    own = ["interval over seeds", "seed", "untrained (epoch 0)"]
    assert names(results) == own
    assert names(results, published()) == [*own, "published"]
    assert names(results[results["seed"] == 0]) == own[2:]
    assert names(results[results["epoch"].isin([0, 14])]) == own
    floors = results[results["method"] == "random_init"]
    assert names(floors) == own[:2]
    assert interactions(floors[floors["seed"] == 0]).legends == []
    later = results[(results["epoch"] > 0) | (results["probe"] == "exact")]
    assert names(later) == own[:2]


def test_references_are_chance_and_the_additive_limit_of_synergy(results):
    for axes, task in zip(interactions(results).axes, TASKS, strict=True):
        lines = {line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"}
        assert lines == ({50, 75} if task == "S" else {10})
    assert all(bar.get_x() == 50 for bar in interactions(results).axes[3].patches)


def test_published_values_are_hollow_marks(results):
    for axes, task in zip(interactions(results, published()).axes, TASKS, strict=True):
        marks = {
            described(line)[0]: line
            for line in axes.lines
            if line.get_marker() == "D" and described(line)
        }
        assert set(marks) == {"comm", "clip"}
        for name, mark in marks.items():
            assert mark.get_xdata() == [PUBLISHED[name].accuracy[task]]
            assert to_hex(mark.get_markerfacecolor()) == "#ffffff"


def test_the_caption_tells_n(results):
    assert "n = 3 seeds" in interactions(results).get_supxlabel()
    fewer = results[(results["seed"] == 0) | (results["method"] == "clip")]
    assert "n = 1 seed, 3 of CLIP;" in interactions(fewer).get_supxlabel()
    alone = interactions(results[results["seed"] == 0])
    assert "n = 1 seed, which has no interval" in alone.get_supxlabel()
    assert not any(level(line) for axes in alone.axes for line in axes.lines)


def test_a_column_wide_figure_has_two_rows(results):
    figure = interactions(results, width=COLUMN)
    assert figure.get_figwidth() == COLUMN
    assert len({round(axes.get_subplotspec().rowspan.start) for axes in figure.axes}) == 2


def test_a_missing_task_is_named(results):
    with pytest.raises(ValueError, match="no accuracy of task U2 by the linear probe"):
        interactions(results[(results["task"] != "U2") | (results["probe"] == "exact")])


def test_a_seed_that_counts_twice_is_refused_by_its_runs(results):
    twin = results[(results["method"] == "clip") & (results["seed"] == 1)].assign(run="twin")
    with pytest.raises(ValueError, match=r"seed 1 of clip .*more than once \(.*twin\)"):
        interactions(pd.concat([results, twin]))


def test_presets_are_not_mixed(results):
    with pytest.raises(ValueError, match="mixes the presets paper and quick"):
        interactions(pd.concat([results, results.assign(preset="paper")]))


@pytest.mark.parametrize(
    ("column", "usual", "other"),
    [
        ("design.shared", "shape", "texture"),
        ("design.mapped", '["texture", "colour"]', '["colour", "texture"]'),
    ],
)
def test_published_values_are_of_the_published_design(results, column, usual, other):
    known = read_published()
    assert comparable_published(known, results.assign(**{column: usual})).equals(known)
    mixed = results.assign(**{column: usual})
    mixed.loc[mixed["method"] == "comm", column] = other
    assert "comm" not in set(comparable_published(known, mixed)["method"])
    assert "clip" in set(comparable_published(known, mixed)["method"])


def test_published_synergy_is_of_pairs_that_show_the_mapping(results):
    known = read_published()
    unbiased = comparable_published(known, results[results["pairs"] == "unbiased"])
    of_comm = unbiased[unbiased["method"] == "comm"]
    assert set(of_comm["task"]) == {"R", "U1", "U2"}
    ceiling = unbiased[unbiased["method"] == "supervised"]
    assert set(ceiling["task"]) == {"R", "U1", "U2", "S"}  # any pairs teach it
    absent = comparable_published(known, results[results["method"] == "clip"])
    assert set(absent["method"]) == set(known["method"])
    mine = known.drop(columns="pairs")  # a file of the user's own
    assert comparable_published(mine, results[results["pairs"] == "unbiased"]).equals(mine)


def test_names_of_levels_keep_off_the_first_bar(results):
    figure = interactions(results, read_published())
    figure.draw_without_rendering()
    for axes in figure.axes:
        first = max(bar.get_window_extent().y1 for bar in axes.patches)
        names = [text for text in axes.texts if text.get_text() in ("chance", "additive\nlimit")]
        assert names
        assert all(name.get_window_extent().y0 > first + 2 for name in names)


def test_published_spreads_are_drawn(results):
    known = read_published()
    axes = interactions(results, known).axes[3]
    [spread] = known[(known["method"] == "comm") & (known["task"] == "S")]["std"]
    ends = [71.9 - float(spread), 71.9 + float(spread)]
    assert any(
        np.allclose(line.get_xdata(), ends) for line in axes.lines if len(line.get_xdata()) == 2
    )
    with_spread, without = (
        " ".join(interactions(results, values).get_supxlabel().split())
        for values in (known, known.drop(columns="std"))
    )
    assert "± standard deviation" in with_spread
    assert "± standard deviation" not in without


def told_below(*tables):
    return " ".join(interactions(*tables).get_supxlabel().split())


def test_the_caption_says_why_there_are_no_published_values(results):
    vectors = results.assign(kind="vectors")
    told = "No published values are shown: they are of images, these runs of vectors."
    assert told in told_below(vectors, read_published())
    assert told not in told_below(vectors)
    assert "No published" not in told_below(results, read_published())

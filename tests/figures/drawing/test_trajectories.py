"""The figures of learning: methods compared, and one method's loss taken apart."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import rgb_to_hsv, to_hex, to_rgb
from quick_figures import without_layout

from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.style import _METHOD_STYLES
from interaction_probes.figures.dynamics import dynamics

PANELS = ("R", "U", "S", "mean")


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    """What is drawn does not depend on where the panels are, but for one name."""
    without_layout(monkeypatch)


def panels(figure):
    return dict(zip(PANELS, figure.axes, strict=True))


def line(axes, label):
    [found] = [line for line in axes.lines if line.get_label() == label]
    return found


def accuracy(table, method, task, design, weights=""):
    """Percent: [seeds, epochs]."""
    rows = table[
        (table["method"] == method)
        & (table["weights"] == weights)
        & (table["pairs"] == design)
        & (table["task"] == task)
        & (table["probe"] == "linear")
        & (table["metric"] == "accuracy")
    ]
    return 100 * rows.pivot(index="seed", columns="epoch", values="value").to_numpy()


def text_marker(axes, label):
    [*_, mark] = [mark for mark in axes.lines if text_of(mark).startswith(f"{label},")]
    return mark.get_marker()


def text_of(mark):
    return (described(mark) or ("", ""))[1]


def of_colour(found):
    """Hue, saturation, and how light it is in grey."""
    rgb = to_rgb(found.get_color())
    hue, saturation, _ = rgb_to_hsv(rgb)
    return hue, saturation, float(np.dot((0.299, 0.587, 0.114), rgb))


def flat(results):
    """S of CLIP and Own at 50 % all along, and of CoMM at 62 %."""
    level = results.copy()
    reads = (level["probe"] == "linear") & (level["task"] == "S") & (level["weights"] == "")
    level.loc[reads & level["metric"].isin(["accuracy", "accuracy_low"]), "value"] = 0.5
    level.loc[reads & (level["method"] == "comm"), "value"] += 0.12
    return level


def test_each_panel_shows_the_mean_over_seeds(results):
    r, u1, u2 = (accuracy(results, "comm", task, "unbiased") for task in ("R", "U1", "U2"))
    s = accuracy(results, "comm", "S", "biased")
    expected = {"R": r, "U": (u1 + u2) / 2, "S": s, "mean": (r + (u1 + u2) / 2 + s) / 3}
    for panel, axes in panels(dynamics(results)).items():
        found = line(axes, "CoMM")
        assert list(found.get_xdata()) == [0, 5, 10, 14]
        np.testing.assert_allclose(found.get_ydata(), expected[panel].mean(0))
        [band] = [b for b in axes.collections if described(b) == ("comm", "")]
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.max() <= expected[panel].max() + 1e-9
        assert heights.min() >= expected[panel].min() - 1e-9


def test_the_legend_names_the_methods_and_the_caption_n(results):
    figure = dynamics(results)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "CoMM",
        "CLIP",
        "Random init",
        "Own",
        "leaves chance",
    ]
    assert "n = 3 seeds" in figure.get_supxlabel()


def test_the_legend_names_no_triangles_where_there_are_none(results):
    """Nor does the caption, nor a method without a curve."""
    still = results.copy()
    reads = (still["probe"] == "linear") & still["metric"].isin(["accuracy", "accuracy_low"])
    still.loc[reads, "value"] = 0.3
    figure = dynamics(still[(still["method"] != "clip") | ~reads | (still["task"] == "U1")])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["CoMM", "Random init", "Own"]
    assert "Triangles" not in figure.get_supxlabel()


def test_emergence_is_marked_where_the_interval_leaves_chance_for_good(results):
    marks = {
        panel: {
            described(line)[0]: line.get_xdata()[0]
            for line in axes.lines
            if line.get_marker() == "^" and described(line)
        }
        for panel, axes in panels(dynamics(results)).items()
    }
    # At epoch 0 all are at chance, and CLIP's S stays there; the floor does not learn.
    assert marks["S"] == {"comm": 5, "my.module:Own": 5}
    assert marks["R"] == {"comm": 5, "clip": 5, "my.module:Own": 5}
    assert marks["mean"] == {}


def test_synergy_has_chance_and_the_additive_limit(results):
    for panel, axes in panels(dynamics(results)).items():
        heights = [line.get_ydata()[0] for line in axes.lines if not described(line)]
        expected = {"R": [10], "U": [10], "S": [50, 75], "mean": [70 / 3]}[panel]
        assert sorted(heights) == pytest.approx(expected)


def test_an_ablation_is_of_the_one_method_that_has_weights(results):
    figure = ablation(results)
    [legend] = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["both, L + ΣLᵢ", "L alone", "ΣLᵢ alone", "leaves chance"]
    assert figure.get_suptitle() == "CoMM"
    for label, weights in (("L alone", "unimodal=0.0"), ("ΣLᵢ alone", "joint=0.0")):
        expected = accuracy(results, "comm", "S", "biased", weights).mean(0)
        np.testing.assert_allclose(line(figure.axes[2], label).get_ydata(), expected)


def test_variants_have_shades_of_the_methods_colour_dashes_and_hollow_marks(results):
    """Told apart in grey too, and by no look that is another method's."""
    figure = ablation(results)
    axes = figure.axes[1]  # in the first all three coincide, and take turns
    whole, *variants = (line(axes, name) for name in ("both, L + ΣLᵢ", "L alone", "ΣLᵢ alone"))
    own = line(dynamics(results).axes[1], "CoMM")
    assert to_hex(whole.get_color()) == to_hex(own.get_color())
    assert not whole.is_dashed()
    others = {colour.lower() for colour, _ in _METHOD_STYLES.values()}
    hue, _, grey = of_colour(whole)
    for variant in variants:
        assert variant.is_dashed()
        assert to_hex(variant.get_color()) not in others
        assert of_colour(variant)[0] == pytest.approx(hue, abs=0.01)
        assert variant.get_zorder() > whole.get_zorder()  # the whole line shows in the gaps
    greys = sorted([grey, *(of_colour(variant)[2] for variant in variants)])
    assert min(np.diff(greys)) > 0.15
    faces = {
        mark.get_markerfacecolor() for mark in axes.lines if text_of(mark).startswith("L alone,")
    }
    assert faces == {"white"}
    handles = figure.legends[0].legend_handles
    assert [handle.is_dashed() for handle in handles[:3]] == [False, True, True]
    assert len({handle.get_marker() for handle in handles}) == 4


def test_many_variants_differ(results):
    comm = results[(results["method"] == "comm") & (results["weights"] == "joint=0.0")]
    many = [comm.assign(weights=f"a={k}", run=f"r{k}-" + comm["run"]) for k in range(5)]
    axes = ablation(pd.concat([*many, results[results["weights"] == ""]])).axes[0]
    looks = {(line(axes, f"a={k}").get_color(), text_marker(axes, f"a={k}")) for k in range(5)}
    assert len(looks) == 5


def test_curves_that_coincide_take_turns(results):
    """The dashes of one fill the gaps of the other, at values that nothing has moved."""
    figure = dynamics(flat(results))
    axes = panels(figure)["S"]
    clip, own, comm = (line(axes, name) for name in ("CLIP", "Own", "CoMM"))
    assert not comm.is_dashed()
    for found in (clip, own):
        np.testing.assert_allclose(found.get_ydata(), 50)
        assert found.is_dashed()
    [(first, (dash, gap)), (second, again)] = (
        found._unscaled_dash_pattern for found in (clip, own)
    )
    assert (dash, gap) == tuple(again)
    assert dash == gap  # of two
    assert (first - second) % (dash + gap) == pytest.approx(dash)
    on_top = []
    for epoch in (0, 5, 10, 14):
        marks = [
            mark
            for mark in axes.lines
            if f", S, epoch {epoch}:" in text_of(mark) and not text_of(mark).startswith("CoMM")
        ]
        highest = max((m for m in marks if "Random" not in text_of(m)), key=lambda m: m.zorder)
        on_top.append(text_of(highest).split(",")[0])
    assert on_top == ["CLIP", "Own", "CLIP", "Own"]
    assert "Curves that coincide take turns" in " ".join(figure.get_supxlabel().split())


def test_three_of_one_colour_that_coincide_take_turns(results):
    """The whole loss and two variants, all of which are seen."""
    same = results[results["method"] == "comm"].copy()
    reads = (same["probe"] == "linear") & same["metric"].isin(["accuracy", "accuracy_low"])
    same.loc[reads, "value"] = 0.6
    axes = ablation(same).axes[2]
    names = ("both, L + ΣLᵢ", "L alone", "ΣLᵢ alone")
    patterns = [line(axes, name)._unscaled_dash_pattern for name in names]
    [(dash, gap)] = {tuple(shape) for _, shape in patterns}
    assert gap == pytest.approx(2 * dash)
    starts = sorted(-offset % (dash + gap) for offset, _ in patterns)
    assert np.diff(starts) == pytest.approx([dash, dash])


def test_a_variant_on_the_whole_loss_keeps_its_dashes(results):
    """The whole line shows in its gaps."""
    same = results[(results["method"] == "comm") & (results["weights"] != "joint=0.0")].copy()
    reads = (same["probe"] == "linear") & same["metric"].isin(["accuracy", "accuracy_low"])
    same.loc[reads, "value"] = 0.6
    axes = ablation(same).axes[2]
    assert not line(axes, "both, L + ΣLᵢ").is_dashed()
    assert line(axes, "L alone").is_dashed()


def test_curves_that_meet_once_take_no_turns(results):
    """All start at chance, and then part."""
    figure = dynamics(results[results["method"].isin(["comm", "clip"])])
    assert not any(line(axes, "CoMM").is_dashed() for axes in figure.axes)
    assert "take turns" not in " ".join(figure.get_supxlabel().split())


@pytest.mark.parametrize(
    ("heights", "where"),
    [
        ((50, 50), ("right", "bottom")),
        ((50, 15), ("left", "bottom")),
        ((15, 50), ("right", "bottom")),
        ((15, 15), ("left", "center")),  # right of the panel: the curve lies over the line
    ],
)
def test_chance_is_named_above_its_line_where_no_curve_runs(results, heights, where, monkeypatch):
    monkeypatch.undo()  # with the layout
    level = results[results["method"] == "comm"].copy()
    reads = (level["probe"] == "linear") & (level["task"] == "R") & (level["metric"] == "accuracy")
    for epoch, height in zip((0, 5, 10, 14), np.linspace(*heights, 4), strict=True):
        level.loc[reads & (level["epoch"] == epoch), "value"] = height / 100
    [name] = [text for text in dynamics(level).axes[0].texts if text.get_text() == "chance"]
    assert (name.get_horizontalalignment(), name.get_verticalalignment()) == where


def test_names_of_comms_ablation_are_of_comm_alone(results):
    """In a method of more terms, L with weight 0 for the others is not L alone."""
    comm = results[results["method"] == "comm"]
    other = comm.assign(method="infmasking", run="other-" + comm["run"].astype(str))
    [legend] = ablation(other).legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown[:3] == ["all terms", "unimodal=0", "joint=0"]


def test_an_ablation_needs_weights(results):
    with pytest.raises(ValueError, match="the table has no ablation"):
        ablation(results[results["weights"] == ""])
    with pytest.raises(ValueError, match="lacks the column weights"):
        ablation(results.drop(columns="weights"))


def test_of_two_ablations_one_must_be_chosen(results):
    both = results.copy()
    both.loc[(both["method"] == "clip") & (both["pairs"] == "biased"), "weights"] = "cross=0"
    with pytest.raises(ValueError, match=r"keep one \(--where method=clip\)"):
        ablation(both)


def test_a_table_of_another_metric_has_no_dynamics(results):
    with pytest.raises(ValueError, match="no rows of probe linear and metric accuracy"):
        dynamics(results[results["metric"] == "bits"])

import numpy as np
import pandas as pd
import pytest

from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.style import COLUMN, PAGE
from interaction_probes.figures.strength import dependence, strength


@pytest.mark.parametrize("values", [2, 5, 10])
@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_dependence_is_the_mutual_information_of_the_table(values, rho):
    """Against the plain sum over the joint table of a mixture of a bijection and independence."""
    joint = rho * np.eye(values) / values + (1 - rho) / values**2
    total = sum(p * np.log2(p * values**2) for p in joint.ravel() if p > 0)
    assert dependence(np.array([rho]), values)[0] == pytest.approx(total, abs=1e-12)


def curve(axes):
    [line] = [
        line for line in axes.lines if described(line) == ("comm", "") and len(line.get_xdata()) > 2
    ]
    return line


def test_captured_bits_stand_over_those_of_the_design(results):
    left, right = strength(results).axes
    for axes, task, pairs in (
        (left, "R", ("shared0-unbiased", "shared0.5-unbiased", "unbiased")),
        (right, "S", ("unbiased", "mapping0.5", "biased")),
    ):
        rows = results[
            (results["method"] == "comm")
            & (results["weights"] == "")
            & (results["task"] == task)
            & (results["probe"] == "linear")
            & (results["metric"] == "bits")
            & (results["epoch"] == 14)
        ]
        expected = [rows[rows["pairs"] == name]["value"].mean() for name in pairs]
        line = curve(axes)
        np.testing.assert_allclose(line.get_xdata(), dependence(np.array([0, 0.5, 1]), 10))
        np.testing.assert_allclose(line.get_ydata(), expected)
        diagonal = next(line for line in axes.lines if line.get_linestyle() == "--")
        most = {"R": np.log2(10), "S": 0.46899559}[task]
        np.testing.assert_allclose(diagonal.get_xydata(), [[0, 0], [np.log2(10), most]])


def test_axes_say_what_is_shared_and_at_which_strength(results):
    figure = strength(results)
    for axes in figure.axes:
        assert axes.get_xlabel().replace("\n", " ") == (
            "bits that a pretraining pair's images share, by design"
        )
        assert "ρ =" in [text.get_text() for text in axes.texts]
        [above] = axes.child_axes
        assert [label.get_text() for label in above.get_xticklabels()] == ["0", "0.5", "1"]
        np.testing.assert_allclose(above.get_xticks()[[0, -1]], [0, np.log2(10)])
    told = " ".join(figure.get_supxlabel().split())
    assert "a guide for the eye and no prediction" in told
    assert "ρ: the fraction of the pretraining pairs that are made to share" in told
    lower, upper = (strength(results, COLUMN).axes[k].get_xlabel() for k in (1, 0))
    assert lower
    assert not upper  # one label for both, below


def test_ticks_are_of_strengths_that_were_run_and_numbers_do_not_meet(results, rows_of_a_run):
    rows = [rows_of_a_run("comm", f"shared{r}-unbiased", 0, "", (r, 0.0)) for r in (0.05, 0.1, 0.3)]
    more = pd.concat([results, *map(pd.DataFrame, rows)])
    left, right = (axes.child_axes[0] for axes in strength(more).axes)
    names = [label.get_text() for label in left.get_xticklabels()]
    assert names == ["0", "", "", "0.3", "0.5", "1"]
    np.testing.assert_allclose(
        left.get_xticks(), dependence(np.array([0, 0.05, 0.1, 0.3, 0.5, 1]), 10)
    )
    assert [label.get_text() for label in right.get_xticklabels()] == ["0", "0.5", "1"]


def untrained_lines(axes):
    return {
        described(line)[0]: float(line.get_ydata()[0])
        for line in axes.lines
        if line.get_linestyle() == ":" and described(line)
    }


def test_a_dotted_line_is_what_the_same_models_read_untrained(results):
    """Seeds count once each, however many strengths they have."""
    started = results.copy()
    reads = (started["probe"] == "linear") & (started["metric"] == "bits") & (started["epoch"] == 0)
    started.loc[reads, "value"] = 1.0 + started["seed"]
    one = reads & (started["seed"] == 2) & (started["pairs"] == "shared0.5-unbiased")
    fewer = started[~one & ((started["seed"] != 2) | (started["pairs"] != "shared0-unbiased"))]
    figure = strength(fewer)
    assert [untrained_lines(axes) for axes in figure.axes] == [{"comm": 2.0}, {"comm": 2.0}]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["CoMM", "untrained (epoch 0)"]
    later = strength(started[(started["epoch"] > 0) | (started["probe"] == "exact")])
    assert [untrained_lines(axes) for axes in later.axes] == [{}, {}]
    assert [text.get_text() for text in later.legends[0].get_texts()] == ["CoMM"]


def test_only_methods_with_three_strengths_have_a_curve(results):
    left, right = strength(results).axes
    drawn = [{d[0] for d in map(described, axes.lines) if d} for axes in (left, right)]
    assert drawn == [{"comm"}, {"comm"}]


@pytest.mark.parametrize("width", [COLUMN, PAGE])
def test_a_panel_that_cannot_be_filled_is_left_out(results, width):
    figure = strength(results[results["shared_strength"] == 1], width)
    [axes] = figure.axes
    assert axes.get_title(loc="left").startswith("S")
    assert len(curve(axes).get_xdata()) == 3
    assert COLUMN <= figure.get_figwidth() <= 0.6 * PAGE


def test_a_table_of_one_strength_is_refused(results):
    one = results[results["pairs"] == "unbiased"]
    with pytest.raises(ValueError, match="lacks runs of different strengths"):
        strength(one)
    with pytest.raises(ValueError, match="lacks the column shared_strength"):
        strength(results.drop(columns="shared_strength"))


def test_a_probe_that_captures_less_than_nothing_stays_in_sight(results):
    below = results.copy()
    bits = (below["probe"] == "linear") & (below["metric"] == "bits")
    below.loc[bits, "value"] -= 4
    for axes in strength(below).axes:
        assert (curve(axes).get_ydata() < 0).all()
        assert axes.get_ylim()[0] < curve(axes).get_ydata().min()
    for axes, most in zip(strength(results).axes, (np.log2(10), 0.469), strict=True):
        assert axes.get_ylim()[0] == pytest.approx(-0.06 * most, rel=1e-3)


def test_a_strength_of_one_seed_is_hollow(results):
    one = results[(results["pairs"] != "shared0.5-unbiased") | (results["seed"] == 0)]
    figure = strength(one)
    hollow = [line for axes in figure.axes for line in axes.lines if line.get_mfc() == "white"]
    assert len(hollow) == 1
    assert "Hollow: n = 1." in figure.get_supxlabel()
    assert "Hollow" not in strength(results).get_supxlabel()

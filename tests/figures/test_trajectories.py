"""The figures of learning: methods compared, and one method's loss taken apart."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.hover import described

PANELS = ("R", "U", "S", "mean")


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
        heights = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
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
    colours = {to_hex(line(figure.axes[0], name).get_color()) for name in names[:3]}
    assert len(colours) == 3
    assert to_hex(line(dynamics(results).axes[0], "CoMM").get_color()) in colours


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

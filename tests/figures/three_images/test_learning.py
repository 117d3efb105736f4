"""``dynamics`` and ``ablation`` of runs on three images: panels of their own tasks."""

import numpy as np
import pandas as pd
import pytest
from quick_figures import without_layout
from sample_scores import sample_scores

from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.dynamics import dynamics

PANELS = ["R123", "R12", "U", "S13", "S123", "S12to3"]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    without_layout(monkeypatch)


def titles(figure):
    return [axes.get_title(loc="left").split()[0] for axes in figure.axes]


def line(axes, label):
    [found] = [line for line in axes.lines if line.get_label() == label]
    return found


@pytest.mark.parametrize("width", [3.3, 6.8])
def test_each_task_has_a_panel_and_is_read_from_the_design_that_teaches_it(width):
    figure = dynamics(sample_scores(), width)
    assert titles(figure) == PANELS
    for axes, panel in zip(figure.axes, PANELS, strict=True):
        chance = 50 if panel in ("S13", "S123") else 10
        np.testing.assert_allclose(line(axes, "CoMM").get_ydata(), [chance, 90.5])
        np.testing.assert_allclose(line(axes, "CLIP").get_ydata(), [chance, 80.5])
    assert "U: mean of U1, U2 and U3" in " ".join(figure.get_supxlabel().split())
    assert "S13 from pair-biased" in " ".join(figure.get_supxlabel().split())


def test_limits_are_those_of_the_tasks_that_have_them():
    figure = dynamics(sample_scores(["comm"]))
    named = {
        panel: [text.get_text().replace("\n", " ") for text in axes.texts]
        for panel, axes in zip(PANELS, figure.axes, strict=True)
    }
    assert named["S123"] == ["chance", "additive limit"]
    assert named["S12to3"] == named["U"] == ["chance"]


def test_an_ablation_has_a_line_per_loss():
    whole = sample_scores(["comm"])
    lame = whole.assign(weights="joint=0.0", run=whole["run"] + "joint")
    trained = (lame["probe"] == "linear") & (lame["epoch"] > 0)
    lame.loc[trained, "value"] *= 0.5
    figure = ablation(pd.concat([whole, lame], ignore_index=True))
    assert titles(figure) == PANELS
    for axes in figure.axes:
        np.testing.assert_allclose(line(axes, "both, L + ΣLᵢ").get_ydata()[-1], 90.5)
        np.testing.assert_allclose(line(axes, "ΣLᵢ alone").get_ydata()[-1], 45.25)


def test_runs_of_two_and_of_three_images_are_refused(results):
    both = pd.concat([results, sample_scores().assign(shared_strength=1.0, mapping_strength=0.0)])
    with pytest.raises(ValueError, match="--where modalities=3"):
        dynamics(both)

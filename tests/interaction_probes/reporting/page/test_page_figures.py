"""Figures in a report: inline, with values to hover, or why they are not drawn."""

from interaction_probes.analysis.published import read_published
from interaction_probes.reporting.page import page
from interaction_probes.reporting.page_figures import FIGURES, draw_all


def test_each_method_with_an_ablation_has_its_own(results):
    own = results["method"].replace({"my.module:Own": "a:CoMM"})
    table = results.assign(method=own)
    table.loc[(table["method"] == "a:CoMM") & (table["seed"] == 2), "weights"] = "views=0.0"
    ablation = [each for each in FIGURES if each.name == "ablation"]
    drawn = draw_all(ablation, table, read_published())
    found = {each.name: each.title for each in drawn if each.svg and "ablation" in each.name}
    assert found == {
        "ablation": "Ablation of the loss: CoMM (a)",
        "ablation-2": "Ablation of the loss: CoMM",
    }
    [both] = [each for each in drawn if each.name == "ablation-2"]
    assert "L alone" in str(both.svg)


def test_figures_are_inline_with_values_to_hover(text, read):
    assert read.tags["svg"] == 6
    assert 'data-value="CoMM, S, epoch 14:' in text
    assert "Not drawn" not in text


def test_what_cannot_be_drawn_is_said(few):
    text = page(few.drop(columns="mapping_strength"), read_published(), "x")
    assert "Not drawn: the table has no ablation" in text
    assert "Not drawn: the table lacks the column mapping_strength" in text

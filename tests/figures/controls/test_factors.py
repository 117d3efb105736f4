"""The figure ``factors``: bits of every factor of every image, and what is available."""

import numpy as np
import pandas as pd
import pytest
from control_tables import control_table

from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.controls.factors import factors


def cells(axes):
    """Shares [3, columns] and texts of a panel."""
    return np.array(axes.images[0].get_array()), [text.get_text() for text in axes.texts]


def drawn(figure):
    return {axes.get_title(loc="left"): axes for axes in figure.axes if axes.axison}


def test_every_method_has_a_map_beside_what_is_available():
    panels = drawn(factors(control_table()))
    assert [*panels] == ["available", "CoMM", "CLIP"]
    shares, texts = cells(panels["available"])
    assert shares.tolist() == np.ones((3, 2)).tolist()
    assert set(texts) == {"3.32"}
    shares, texts = cells(panels["CoMM"])
    assert texts[4:8] == ["2.00", "2.00", "2.50", "2.50"]
    assert texts[8:] == ["−0.08", "−0.08", "0.05", "0.05"]
    assert shares[1] == pytest.approx([2 / 3.32] * 2 + [2.5 / 3.32] * 2)
    assert shares[2, 0] == 0
    ticks = [label.get_text() for label in panels["CoMM"].get_xticklabels(which="both")]
    assert sorted(ticks) == ["1", "1", "2", "2", "MLP", "linear"]
    names = [label.get_text() for label in panels["available"].get_yticklabels()]
    assert names == ["shape", "texture", "colour"]


def test_a_method_is_read_from_unbiased_pairs_or_the_only_ones_it_has():
    table = control_table(seeds=(0, 1))
    figure = factors(table)
    assert cells(drawn(figure)["CoMM"])[1][4] == "1.90"  # the mean of 2 and 1.8
    assert "n = 2 seeds; means over them" in figure.get_supxlabel().replace("\n", " ")
    clip_biased = table[(table["method"] == "comm") | (table["pairs"] == "biased")]
    figure = factors(clip_biased)
    assert cells(drawn(figure)["CLIP"])[1][4] == "0.95"
    assert "from biased ones if" in figure.get_supxlabel().replace("\n", " ")
    figure = factors(table[table["pairs"] == "biased"])
    assert "Learnt from biased pairs." in figure.get_supxlabel().replace("\n", " ")


def test_what_was_not_probed_is_a_dash_and_what_is_missing_is_refused():
    table = control_table(["comm"])
    cut = table[~((table["probe"] == "factors_mlp") & (table["task"] == "shape_2"))]
    assert cells(drawn(factors(cut))["CoMM"])[1][3] == "–"
    with pytest.raises(MissingRows, match="lacks the rows bits_available of the control factors"):
        factors(table[table["metric"] != "bits_available"])
    with pytest.raises(ValueError, match="occurs more than once"):
        factors(pd.concat([table, table]))

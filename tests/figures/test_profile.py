"""The figure ``profile``: bits of each subset of three images, the truth beside them."""

import numpy as np
import pandas as pd
import pytest
from profile_tables import profile_table

from interaction_probes.analysis.subset_profiles import check_of_pairs, measured_profile
from interaction_probes.figures.__main__ import main
from interaction_probes.figures.profile import profile


def cells(axes):
    return np.array(axes.images[0].get_array()), [text.get_text() for text in axes.texts]


def test_the_truth_is_beside_each_method_and_tasks_are_read_where_they_are_taught():
    truth, *methods, hidden = profile(profile_table()).axes
    assert not hidden.axison
    assert [axes.get_title(loc="left") for axes in methods] == ["CoMM", "CLIP"]
    names = [label.get_text() for label in truth.get_yticklabels()]
    assert names[0] == "R123"
    assert names[-1] == "S12to3"
    values, texts = cells(truth)
    assert values[-1].tolist() == pytest.approx([0, 0, 0, 1, 0, 0, 1])
    assert texts[-7:] == ["0", "0", "0", "100", "0", "0", "100"]
    for axes in methods:
        assert cells(axes)[0] == pytest.approx(0.9 * values)


def test_a_subset_that_was_not_probed_is_a_dash_and_less_than_nothing_is_printed():
    table = profile_table(["comm"])
    table = table[table["probe"] != "mask2"]
    table.loc[(table["probe"] == "mask1") & (table["task"] == "U2"), "value"] = -0.332
    _, measured = profile(table).axes
    values, texts = cells(measured)
    assert texts[1] == "–"
    assert texts[3 * 7] == "−10"
    assert values[3, 0] == 0


def test_other_loss_weights_have_panels_of_their_own():
    table = profile_table(["comm", "clip"])
    lacking = table[(table["method"] == "comm") & (table["task"] != "S123")]
    pairs = "joint=0.0,partial=1.0,unimodal=0.0"
    measured = (lacking["metric"] == "bits") & (lacking["probe"] != "exact")
    less = lacking.assign(weights=pairs, value=lacking["value"].where(~measured, 0.0))
    both = pd.concat([table, less], ignore_index=True)
    _, own, other, clip = profile(both).axes
    titles = [axes.get_title(loc="left") for axes in (own, other, clip)]
    assert titles == ["CoMM", "CoMM, pair masks alone", "CLIP"]
    assert cells(own)[0] == pytest.approx(cells(clip)[0])
    assert np.nanmax(cells(other)[0]) == 0
    unnamed = table.drop(columns="weights")
    assert len(profile(unnamed).axes) == len(profile(table).axes)


@pytest.mark.parametrize(("methods", "across"), [(5, 2), (6, 3)])
def test_many_panels_stand_closer(methods, across):
    names = ["comm", "clip", "symile", "gram", "confu", "simclr"][:methods]
    figure = profile(profile_table(names, seeds=(0,)))
    figure.canvas.draw()
    assert len({round(axes.get_position().x0, 2) for axes in figure.axes}) == across


def test_a_method_of_one_design_is_read_from_it():
    table = profile_table(["comm"])
    one = measured_profile(table[table["pairs"] == "unbiased"], "comm")
    assert one.loc["S123"].iloc[-1] == pytest.approx(0.1 * 0.469, abs=1e-4)


def test_figures_of_pairs_refuse_such_a_table_and_a_table_of_pairs_has_no_profile(
    results, tmp_path, capsys
):
    with pytest.raises(ValueError, match=r"x is of pairs.* --where modalities=2 keeps pairs"):
        check_of_pairs(profile_table(), "x")
    check_of_pairs(results, "x")
    results.to_csv(tmp_path / "pairs.csv", index=False)
    with pytest.raises(SystemExit):
        main(["profile", str(tmp_path / "pairs.csv"), "-o", str(tmp_path / "x.svg")])
    assert "they are of runs with --modalities 3 or more" in capsys.readouterr().err


@pytest.mark.filterwarnings("error")
def test_it_has_room_when_narrow_and_a_caption_for_latex(tmp_path, capsys):
    profile_table().to_csv(tmp_path / "three.csv", index=False)
    out = tmp_path / "x.svg"
    main(["profile", str(tmp_path / "three.csv"), "-o", str(out), "--width", "2", "--no-caption"])
    caption = capsys.readouterr().out.splitlines()[1]
    assert caption.isascii()
    assert "n = 2" in caption

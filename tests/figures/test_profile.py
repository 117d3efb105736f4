"""The figure ``profile``: bits of each subset of three images, the truth beside them."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from profile_tables import profile_table

from interaction_probes.analysis.subset_profiles import (
    check_of_pairs,
    measured_profile,
    true_profile,
)
from interaction_probes.analysis.table_files import MissingRows
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


def caption_of(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def test_the_caption_counts_the_seeds_of_the_design_that_a_task_is_read_from():
    table = profile_table(["comm", "clip"], seeds=(0, 1, 2))
    uneven = (table["method"] == "comm") & (table["seed"] == 2) & (table["pairs"] != "unbiased")
    words = caption_of(profile(table[~uneven])).replace("\N{NO-BREAK SPACE}", " ")
    told = [task for task in ("S13", "S123", "S12to3") if task in words.split("Columns")[0]]
    assert told == ["S13", "S123", "S12to3"]
    assert "n = 3 seeds, 2 of CoMM (S13" in words
    one = table[(table["method"] == "comm") | (table["seed"] == 0)]
    assert "n = 3 seeds, 1 of CLIP, means over them." in caption_of(profile(one))
    assert "n = 1 seed. Columns" in caption_of(profile(table[table["seed"] == 0]))


def test_runs_of_other_numbers_of_values_have_no_common_profile():
    few, many = profile_table(["comm"], (0,)), profile_table(["comm"], (1,))
    many.loc[many["probe"] == "exact", "value"] += 1
    both = pd.concat([few, many], ignore_index=True)
    with pytest.raises(ValueError, match="differ in the exact bits of task R123") as caught:
        profile(both)
    assert "\n" not in str(caught.value)
    many = many[(many["probe"] != "exact") | (many["metric"] != "bits")]
    both = pd.concat([few, many], ignore_index=True)
    with pytest.raises(ValueError, match=r"exact bits_mask1 of task R123: 3\.322 and 4\.322"):
        true_profile(both)
    many, few = (part.assign(**{"images.counts.texture": k}) for part, k in ((many, 10), (few, 5)))
    with pytest.raises(ValueError, match=r"differ in images\.counts\.texture \(10: .*5: "):
        profile(pd.concat([few, many], ignore_index=True))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"probe.features": "encoder"}, "comm differ in probe.features"),
        ({"optim.lr": "0.1"}, "comm differ in optim.lr"),
        ({}, "seed 0 of comm on unbiased pairs occurs more than once"),
    ],
)
def test_a_seed_counts_once(changed, message):
    table = profile_table(["comm"]).assign(**dict.fromkeys(changed, "default"))
    again = table[table["seed"] == 0].assign(run="again", **changed)
    with pytest.raises(ValueError, match=message):
        profile(pd.concat([table, again], ignore_index=True))


def test_a_seed_whose_chance_differs_may_stand_with_others():
    table = profile_table(["comm"])
    exact = table[(table["probe"] == "exact") & (table["metric"] == "bits")]
    chance = exact.assign(metric="chance", value=0.1 + 0.01 * exact["seed"])
    both = pd.concat([table, chance], ignore_index=True)
    assert len(profile(both).axes) == len(profile(table).axes)


def test_pairs_and_three_images_have_no_common_profile(results):
    with pytest.raises(ValueError, match="runs of 2 and of 3 images"):
        profile(pd.concat([profile_table(), results], ignore_index=True))


def strengths_of(table, method):
    """A table in which the runs of a method are of two strengths of the triple rule."""
    own = table["method"] == method
    strong = {"unbiased": "triple0.3", "triple-biased": "triple0.5"}
    kept = table[~own | table["pairs"].isin(list(strong))]
    return kept.assign(
        pairs=kept["pairs"].where(kept["method"] != method, kept["pairs"].map(strong))
    )


def test_a_method_of_several_strengths_alone_has_no_panel_and_is_named():
    figure = profile(strengths_of(profile_table(), "clip"))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["truth", "CoMM"]
    assert "Without a panel, of several strengths alone: CLIP." in caption_of(figure)
    assert "Without a panel" not in caption_of(profile(profile_table()))
    with pytest.raises(MissingRows, match="strengths of a rule are drawn by the figure strength"):
        profile(strengths_of(profile_table(["clip"]), "clip"))


def test_a_task_whose_design_was_not_run_says_so():
    table = profile_table(["comm"])
    figure = profile(table[table["pairs"] != "triple-biased"])
    assert cells(figure.axes[1])[1][-7:] == ["–"] * 7
    told = "–: not probed, or no run on the design that teaches the task."
    assert told in caption_of(figure)
    assert "–: not probed." in caption_of(profile(table))


@pytest.mark.parametrize(("methods", "across"), [(5, 2), (6, 4)])
def test_many_panels_stand_closer(methods, across):
    names = ["comm", "clip", "symile", "gram", "confu", "simclr"][:methods]
    figure = profile(profile_table(names, seeds=(0,)))
    figure.canvas.draw()
    assert len({round(axes.get_position().x0, 2) for axes in figure.axes}) == across


def test_twenty_panels_fit_a_page_and_their_values_do_not_touch():
    table = profile_table([f"my.module{k:02}:Own" for k in range(19)], seeds=(0,))
    measured = (table["probe"] != "exact") & (table["task"] == "R123")
    table.loc[measured, "value"] = -4.67 * np.log2(10)  # -467 %
    figure = profile(table)
    assert figure.get_figheight() < 10  # inches
    figure.draw_without_rendering()
    row = [text.get_window_extent() for text in figure.axes[1].texts[:7]]
    assert figure.axes[1].texts[0].get_text() == "−467"
    assert all(left.x1 < right.x0 for left, right in pairwise(row))


def test_a_method_of_one_design_is_read_from_it():
    table = profile_table(["comm"])
    one = measured_profile(table[table["pairs"] == "unbiased"], "comm")
    assert one.loc["S123"].iloc[-1] == pytest.approx(0.1 * 0.469, abs=1e-4)


def test_figures_of_pairs_refuse_such_a_table_and_a_table_of_pairs_has_no_profile(
    results, tmp_path, capsys
):
    with pytest.raises(ValueError, match=r"x is of pairs.* whose figure is profile$"):
        check_of_pairs(profile_table(), "x")
    both = pd.concat([profile_table().assign(modalities=3), results.assign(modalities=2)])
    with pytest.raises(ValueError, match=r"x is of pairs.* --where modalities=2 keeps pairs"):
        check_of_pairs(both, "x")
    check_of_pairs(results, "x")
    results.to_csv(tmp_path / "pairs.csv", index=False)
    with pytest.raises(SystemExit):
        main(["profile", str(tmp_path / "pairs.csv"), "-o", str(tmp_path / "x.svg")])
    assert "they are of runs with --modalities 3 or more" in capsys.readouterr().err


@pytest.mark.filterwarnings("error")
def test_it_has_room_when_narrow_and_a_caption_for_latex(tmp_path, capsys):
    profile_table().to_csv(tmp_path / "three.csv", index=False)
    out = tmp_path / "x.svg"
    main(["profile", str(tmp_path / "three.csv"), "-o", str(out), "--width", "3", "--no-caption"])
    caption = capsys.readouterr().out.splitlines()[1]
    assert caption.isascii()
    assert "n = 2" in caption

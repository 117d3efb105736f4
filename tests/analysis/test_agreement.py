"""What runs must agree in, by one list, in tables, figures, the report and comparisons."""

import pandas as pd
import pytest
from score_rows import results

from interaction_probes.analysis.agreement import (
    agreement_of,
    check_comparable,
    check_same_settings,
)
from interaction_probes.analysis.published import read_published
from interaction_probes.analysis.row_filters import exact_value
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.information import information
from interaction_probes.figures.interactions import interactions
from interaction_probes.figures.strength import strength
from interaction_probes.figures.synergy import synergy
from interaction_probes.reporting.page import page

COMM, CLIP = results([0.7, 0.8], "comm"), results([0.7, 0.8], "clip")
READERS = {
    "table": scores_table,
    "against": lambda table: scores_table(table, against="comm"),
    "interactions": interactions,
    "dynamics": dynamics,
    "synergy": synergy,
    "information": information,
    "strength": strength,
    "report": lambda table: page(table, read_published(), "title"),
}


def with_values(table, column, of, other, usual):
    """A table in which the rows of some runs have another value of a column."""
    return table.assign(**{column: [other if each else usual for each in of]})


@pytest.mark.parametrize(
    ("column", "usual", "other"),
    [
        ("generator_version", "2", "1"),
        ("n_pairs", "10000", "500"),
        ("optim.epochs", "14", "3"),
        ("images.counts.shapes", "10", "4"),
        ("folder.sha256", "a" * 64, "b" * 64),
        ("probe.zoom", "1.67", "1"),
    ],
)
@pytest.mark.parametrize("name", READERS)
def test_runs_of_two_methods_that_differ_are_not_shown_together(
    results, name, column, usual, other
):
    table = with_values(results, column, results["method"] == "clip", other, usual)
    if name == "strength":  # a figure of comm alone in this table
        table = with_values(results, column, results["shared_strength"] == 0.5, other, usual)
    with pytest.raises(ValueError, match=rf"differ in {column} \(") as caught:
        READERS[name](table)
    said = str(caught.value)
    assert f"{other}: {'comm' if name == 'strength' else 'clip'}-quick-" in said
    assert f"--where {column}=" in said
    assert "\n" not in said


@pytest.mark.parametrize("column", ["generator_version", "n_pairs", "optim.epochs"])
@pytest.mark.parametrize("name", [*READERS, "ablation"])
def test_seeds_that_differ_have_no_common_mean(results, name, column):
    table = with_values(results, column, results["seed"] == 2, "1", "2")
    with pytest.raises(ValueError, match=rf"differ in {column} \(1: "):
        (READERS | {"ablation": ablation})[name](table)


@pytest.mark.parametrize("name", [*READERS, "ablation"])
def test_two_versions_of_a_preset_are_not_shown_together(results, name):
    """Whichever runs have which."""
    table = with_values(results, "preset_version", results["seed"] == 2, "1", "2")
    with pytest.raises(ValueError, match="mixes the versions 1 and 2 of the preset quick: keep"):
        (READERS | {"ablation": ablation})[name](table)


def test_runs_of_one_row_of_a_table_alone_must_agree():
    table = pd.concat([COMM.assign(n_pairs=10), CLIP.assign(n_pairs=20)])
    found = scores_table(table, by=["n_pairs"])
    assert found[["method", "n_pairs"]].to_numpy().tolist() == [["CoMM", "10"], ["CLIP", "20"]]


def test_runs_that_end_at_different_epochs_have_no_common_mean():
    """As in the metrics.csv of several runs, which tell no settings."""
    shorter = results([0.6], seeds=(2,), epochs=(0, 3))
    with pytest.raises(ValueError, match="end at different epochs") as caught:
        scores_table(pd.concat([COMM, shorter]))
    assert str(caught.value) == (
        "runs of comm end at different epochs (14: comm seed 0, comm seed 1; 3: comm seed 2), so "
        "they cannot be shown together: leave some out (--where seed!=2)"
    )
    floor = results([0.6, 0.5], "random_init", epochs=(0,))
    assert scores_table(pd.concat([COMM, floor]))["n"].tolist() == ["2", "2"]
    with pytest.raises(ValueError, match="comm and clip end at different epochs"):
        scores_table(pd.concat([COMM, results([0.6], "clip", epochs=(0, 3))]))


def test_a_seed_that_ends_earlier_in_one_group_is_seen_where_others_have_the_seed_too():
    wide = results([0.6], epochs=(0, 6)).assign(**{"model.dim": "32"})
    narrow = results([0.6], epochs=(0, 6)).assign(**{"model.dim": "16"})
    short = results([0.6], seeds=(1,), epochs=(0, 3)).assign(**{"model.dim": "16"})
    wide = pd.concat(
        [wide, results([0.6], seeds=(1,), epochs=(0, 6)).assign(**{"model.dim": "32"})]
    )
    by = ["method", "model.dim"]
    check_same_settings(pd.concat([wide, narrow]), by)
    with pytest.raises(ValueError, match="end at different epochs"):
        check_same_settings(pd.concat([wide, narrow, short]), by)


def test_the_epochs_of_what_is_never_trained_do_not_count():
    floor = results([0.5, 0.5], "pixels", epochs=(0,)).assign(**{"optim.epochs": 2})
    table = pd.concat([COMM.assign(**{"optim.epochs": 14}), floor])
    check_comparable(table)


MEANS = ("table", "against", "interactions", "synergy", "information", "strength", "report")


@pytest.mark.parametrize("name", MEANS)
def test_half_done_runs_that_end_at_different_epochs_have_no_common_mean(results, name):
    """Of curves alone, which end with the shortest."""
    half = results["run"].str.contains("comm") & (results["seed"] == 2)
    table = results.assign(half_done=["3" if each else "" for each in half])
    cut = table[~half | (table["epoch"] < 14)]
    with pytest.raises(ValueError, match=r"runs of comm are half done and end at epochs \d+, 14, "):
        READERS[name](cut)
    READERS["dynamics"](cut)


def test_half_done_runs_end_where_they_are():
    table = pd.concat([COMM, results([0.6], "clip", epochs=(0, 3)).assign(half_done="3")])
    check_comparable(table.assign(half_done=table["half_done"].fillna("")))


def test_other_numbers_of_factors_are_refused_where_no_column_tells_them():
    def exact(rows, bits):
        first = rows.iloc[:1].assign(task="R", probe="exact", metric="bits", value=bits)
        return pd.concat([rows, first.assign(pairs="unbiased"), first.assign(pairs="biased")])

    few = exact(results([0.6], seeds=(2,)), 2.0)
    table = pd.concat([exact(results([0.7], seeds=(0,)), 3.3219), few])
    with pytest.raises(ValueError, match="differ in the exact bits of task R") as caught:
        scores_table(table)
    assert "(2: comm seed 2; 3.322: comm seed 0)" in str(caught.value)
    assert "--where seed!=0)" in str(caught.value)
    with pytest.raises(ValueError, match=r"\(--where run!=run0\)"):
        scores_table(table.assign(run="run" + table["seed"].astype(str)))


def with_truth(rows, bits, chance):
    """Rows of one seed, with exact bits and chance of R."""
    first = rows.iloc[:1].assign(task="R", probe="exact")
    told = [
        first.assign(metric=metric, value=value, pairs=pairs)
        for metric, value in (("bits", bits), ("chance", chance))
        for pairs in ("unbiased", "biased")
        if value is not None
    ]
    return pd.concat([rows, *told])


def test_a_seed_whose_held_out_images_lack_a_value_is_no_other_design():
    whole, lacking = results([0.7], seeds=(0,)), results([0.6], seeds=(2,))
    table = pd.concat([with_truth(whole, 3.3219, 0.1), with_truth(lacking, 3.3219, 1 / 9)])
    assert scores_table(table)["n"].tolist() == ["2"]
    assert exact_value(table, "R", "chance") == pytest.approx((0.1 + 1 / 9) / 2)
    assert exact_value(table, "R", "bits") == pytest.approx(3.3219)
    for other in (
        pd.concat([with_truth(whole, None, 0.1), with_truth(lacking, None, 1 / 9)]),
        pd.concat(
            [with_truth(whole, 3.3219, 0.1), with_truth(results([0.6], "clip"), 3.3219, 1 / 9)]
        ),
    ):
        with pytest.raises(ValueError, match="differ in the exact chance of task R"):
            scores_table(other)
    with pytest.raises(ValueError, match=r"differ in the exact chance of task R: 0\.1 and 0\.1111"):
        exact_value(pd.concat([table, with_truth(whole, 3.3219, 1 / 9)]), "R", "chance")


def test_a_run_of_two_generators_is_in_no_table():
    table = COMM.assign(generator_version="1, then 2")
    with pytest.raises(ValueError, match="trained on the images of two versions of the generator"):
        scores_table(table)
    with pytest.raises(ValueError, match="two versions"):
        check_same_settings(table, ["method"])


def test_what_changes_no_score_may_differ():
    for name in ("probe.every", "probe.controls", "probe.protocol", "folder.path", "torch_version"):
        assert agreement_of(name) is None
        check_comparable(pd.concat([COMM.assign(**{name: "a"}), CLIP.assign(**{name: "b"})]))
    learning = agreement_of("optim.lr")  # a method may have a rate of its own, not a seed
    assert learning is not None
    assert not learning.all_methods
    features = agreement_of("probe.features")
    assert features is not None
    assert not features.all_methods

"""The table of scores: which runs a row is of, what is averaged and what is told beside it."""

import math

import numpy as np
import pandas as pd
import pytest
from score_rows import results

from interaction_probes.analysis.scores.formats import WRITERS
from interaction_probes.analysis.scores.table import remarks, scores_table


def test_scores_by_hand():
    [row] = scores_table(results([0.9, 0.8, 0.85])).to_dict("records")
    deviation = f"± {100 * np.std([0.9, 0.8, 0.85], ddof=1):.1f}"
    assert row == {
        "method": "CoMM",
        "n": "3",
        "R": f"85.0 {deviation}",
        "U": f"70.0 {deviation}",  # the mean of 75 and 65
        "S": f"60.0 {deviation}",  # of biased pairs
        "AUC of S": f"0.300 ± {np.std([0.9, 0.8, 0.85], ddof=1) / 2:.3f}",
        "AUC of S, unbiased": f"0.275 ± {np.std([0.9, 0.8, 0.85], ddof=1) / 2:.3f}",
    }


def test_rows_stand_in_the_order_of_every_legend_and_columns_that_differ_are_shown():
    table = pd.concat(
        [
            results([0.7], "clip"),
            results([0.8], "comm", "joint=0.0"),
            results([0.9], "comm"),
            results([0.6], "pixels", pairs=("unbiased",)),
        ]
    )
    found = scores_table(table, published=True)
    assert list(found["method"]) == ["CoMM", "CoMM", "CLIP", "Pixels"]
    assert list(found["loss"]) == ["whole", "joint=0", "whole", "whole"]
    assert list(found["published R, U, S"]) == ["99.9, 87.8, 71.9", "–", "100.0, 11.6, 50.0", "–"]
    assert found["S"].iloc[3] == "30.0"  # from the one design there is; one seed, no deviation
    assert found["AUC of S, unbiased"].iloc[3] == "–"  # the same runs again


def test_what_learns_from_labels_is_not_the_best():
    """By the column that its runs have, or by its name where that is the project's."""
    own = "some_module:OwnCeiling"
    scores = {"comm": 0.5, "clip": 0.6, "supervised": 0.8, own: 0.9}
    table = pd.concat([results([score], name) for name, score in scores.items()])
    assert scores_table(table)["method"].tolist()[-1] == "OwnCeiling"
    assert {row for row, _ in scores_table(table).attrs["best"]} == {3}
    for told in (True, "True", "False, then True"):
        marked = table.assign(sees_labels=table["method"].map({own: told}))
        assert {row for row, _ in scores_table(marked).attrs["best"]} == {1}


def test_scores_before_training_stand_beside_those_after_it():
    """The same runs' at epoch 0; floors have none, and are no less a row."""
    floor = results([0.6, 0.5], "pixels", pairs=("unbiased",), epochs=(0,))
    table = pd.concat([results([0.9, 0.8]), floor])
    plain, found = scores_table(table), scores_table(table, before_training=True)
    assert list(found[plain.columns].to_numpy().flat) == list(plain.to_numpy().flat)
    columns = [name for name in found.columns if name.startswith("AUC of S")]
    # S of unbiased pairs is a level itself.
    assert columns == ["AUC of S", "AUC of S untrained", "AUC of S, unbiased"]
    comm, pixels = found.to_dict("records")
    assert comm["R untrained"] == comm["U untrained"] == comm["S untrained"] == "10.0 ± 0.0"
    assert comm["AUC of S untrained"] == "0.050 ± 0.000"
    assert (pixels["R"][:4], pixels["R untrained"]) == ("55.0", "–")


def test_scores_before_training_as_numbers_count_the_seeds_that_were_probed_there():
    table = results([0.9, 0.8, 0.7])
    table = table[(table["seed"] != 1) | (table["epoch"] > 0)]
    [row] = scores_table(table, numbers=True, scores=["R"], before_training=True).to_dict("records")
    assert (row["R_n"], row["R_untrained"], row["R_untrained_n"]) == ("3", "0.1", "2")
    [row] = scores_table(table, scores=["R"], before_training=True).to_dict("records")
    assert row["R untrained"] == "10.0 ± 0.0 (n = 2)"


def test_scores_before_training_are_of_the_design_that_teaches_the_task():
    """Also where the other design was not probed at epoch 0."""
    table = results([0.9])
    table = table[(table["pairs"] == "unbiased") | (table["epoch"] > 0)]
    [row] = scores_table(table, before_training=True).to_dict("records")
    assert (row["R untrained"], row["S untrained"]) == ("10.0", "–")


def test_scores_before_training_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="no run that was trained was probed at epoch 0"):
        scores_table(results([0.9], epochs=(14,)), before_training=True)
    both = pd.concat([results([0.9]), results([0.7], "clip")])
    with pytest.raises(ValueError, match="do not stand in a table of differences"):
        scores_table(both, against="comm", before_training=True)


def designs(*named):
    """Results of CoMM on designs by name, with the strength of sharing that the name tells."""
    parts = [results([0.9], pairs=(name,)) for name in named]
    shared = [float(name[6:].partition("-")[0]) if name[:6] == "shared" else 1.0 for name in named]
    return pd.concat([p.assign(shared_strength=s) for p, s in zip(parts, shared, strict=True)])


def test_a_score_is_not_taken_from_pairs_that_do_not_teach_it():
    table = designs("unbiased", "biased", "shared0.5-unbiased")
    weaker, whole = scores_table(table, by=("shared_strength",), published=True).to_dict("records")
    assert (weaker["R"], weaker["S"], weaker["AUC of S"]) == ("90.0", "–", "–")
    assert (whole["R"], whole["S"]) == ("90.0", "65.0")
    assert weaker["published R, U, S"] == "–"
    assert whole["published R, U, S"] == "99.9, 87.8, 71.9"


def test_published_numbers_stand_beside_the_pairs_that_they_are_about():
    table = designs("unbiased", "biased", "mapping0.25", "shared0.5-biased")
    found = scores_table(table, by=("pairs",), published=True).set_index("pairs")
    assert found["published R, U, S"].to_dict() == {
        "biased": "–, –, 71.9",
        "unbiased": "99.9, 87.8, –",
        "mapping0.25": "–",
        "shared0.5-biased": "–",
    }
    numbers = scores_table(table, by=("pairs",), published=True, numbers=True).set_index("pairs")
    assert numbers["published_S"].to_dict() == {
        **dict.fromkeys(found.index, ""),
        "biased": "0.719",
    }


def test_a_seed_counts_where_all_the_tasks_of_a_score_are_there():
    table = results([0.9, 0.8])
    lacking = table[(table["seed"] == 1) & (table["task"] == "U2")].index
    [row] = scores_table(table.drop(lacking)).to_dict("records")
    assert row["U"] == "75.0 (n = 1)"
    [row] = scores_table(table[table["task"] != "S"]).to_dict("records")
    assert row["S"] == row["AUC of S"] == "–"


def test_further_columns_tell_rows_apart():
    table = pd.concat(
        [results([v]).assign(**{"optim.lr": str(v), "optim.batch": "128"}) for v in (0.5, 0.6)]
    )
    found = scores_table(table, by=("optim.lr", "optim.batch"))
    assert list(found["optim.lr"]) == ["0.5", "0.6"]
    assert "optim.batch" not in found
    with pytest.raises(
        ValueError, match=r"comm differ in optim\.lr \(0.5: comm seed 0; 0.6: .*--where optim.lr="
    ):
        scores_table(table)


def test_seeds_of_different_settings_have_no_mean():
    table = results([0.9, 0.8]).assign(**{"optim.lr": ""})
    assert scores_table(table)["n"].tolist() == ["2"]  # not known of either
    table.loc[table["seed"] == 1, "optim.lr"] = "0.1"
    assert scores_table(table)["n"].tolist() == ["2"]  # not known of one
    table.loc[table["seed"] == 0, "optim.lr"] = "0.2"
    with pytest.raises(ValueError, match=r"differ in optim\.lr"):
        scores_table(table)
    # What made the numbers is no setting.
    table = results([0.9, 0.8]).assign(seconds=[*range(64)], processor=["a", "b"] * 32)
    assert scores_table(table)["n"].tolist() == ["2"]


def test_scores_of_other_features_do_not_stand_in_one_row():
    """An empty cell is the method's own place; and S is read where R and U are."""
    table = results([0.9, 0.8]).assign(**{"probe.features": ""})
    table.loc[table["pairs"] == "biased", "probe.features"] = "encoder"
    with pytest.raises(ValueError, match=r"differ in probe\.features"):
        scores_table(table)
    # How often a run was probed changes nothing of its last epoch.
    often = results([0.9, 0.8]).assign(**{"probe.every": [1, 2] * 32})
    assert scores_table(often)["n"].tolist() == ["2"]


def test_ablated_runs_alone_are_not_taken_for_whole_ones():
    assert scores_table(results([0.8], weights="joint=0.0"))["loss"].tolist() == ["joint=0"]


def test_strengths_stand_apart_or_are_said_to_be_left_out():
    table = pd.concat([results([0.9, 0.8]), results([0.7], pairs=("mapping0.5",))])
    table = table.assign(
        mapping_strength=table["pairs"].map({"unbiased": 0.0, "mapping0.5": 0.5, "biased": 1.0})
    )
    assert len(scores_table(table)) == 1
    [left_out] = remarks(table)
    assert left_out.startswith("left out: runs on mapping0.5 pairs")
    apart = scores_table(table, ["mapping_strength"])
    assert apart["mapping_strength"].tolist() == ["0.0", "0.5", "1.0"]
    assert apart["S"].str[:4].tolist() == ["55.0", "40.0", "60.0"]
    assert remarks(table, ["mapping_strength"]) == []


def test_rows_by_one_strength_leave_out_the_other():
    """And R, U and S are read from the designs that they are learnt from, of any sharing."""
    designs = ("unbiased", "biased", "mapping0.5", "shared0.5-unbiased", "shared0.5-biased")
    table = pd.concat([results([0.9 - 0.1 * k], pairs=(name,)) for k, name in enumerate(designs)])
    strengths = {
        "mapping_strength": [0.0, 1.0, 0.5, 0.0, 1.0],
        "shared_strength": [1, 1, 1, 0.5, 0.5],
    }
    for name, values in strengths.items():
        table[name] = table["pairs"].map(dict(zip(designs, values, strict=True)))
    by_mapping = scores_table(table, ["mapping_strength"]).set_index("mapping_strength")
    assert by_mapping["n"].tolist() == ["1", "1", "1"]
    assert by_mapping["R"].to_dict() == {"0.0": "90.0", "0.5": "70.0", "1.0": "85.0"}
    assert by_mapping["S"].to_dict() == {"0.0": "60.0", "0.5": "40.0", "1.0": "55.0"}
    [left_out] = remarks(table, ["mapping_strength"])
    assert left_out.startswith("left out: runs on shared0.5-biased, shared0.5-unbiased pairs")
    by_sharing = scores_table(table, ["shared_strength"]).set_index("shared_strength")
    assert by_sharing["R"].to_dict() == {"0.5": "60.0", "1.0": "90.0"}
    assert by_sharing["S"].to_dict() == {"0.5": "20.0", "1.0": "55.0"}
    assert len(scores_table(table, ["pairs"])) == 5


def test_scores_of_one_design_alone_are_said_to_be():
    table = pd.concat([results([0.9]), results([0.8], weights="joint=0.0", pairs=("biased",))])
    assert remarks(table) == ["all scores from biased pairs, for want of others: comm joint=0"]


def test_a_run_whose_tasks_end_at_different_epochs_is_told():
    """As where a table was cut between two lines."""
    table = results([0.9, 0.8]).assign(run=lambda t: "run-" + t["seed"].astype(str))
    assert remarks(table) == []
    cut = table[(table["seed"] == 0) | (table["task"] != "S") | (table["epoch"] < 14)]
    [line] = remarks(cut)
    assert line.startswith("tasks that the last epoch lacks are left out of run-1: ")


def test_a_half_done_run_is_told_with_the_epoch_of_its_scores():
    table = results([0.9, 0.8]).assign(run=lambda t: "run-" + t["seed"].astype(str))
    table["half_done"] = table["seed"].map({0: math.nan, 1: 13.0})
    cut = table[(table["seed"] == 0) | (table["epoch"] < 14)]
    last = cut.loc[cut["seed"] == 1, "epoch"].max()
    assert remarks(cut) == [
        f"half done, so that scores are of an earlier epoch: run-1 (epoch {last})"
    ]


def test_no_mean_goes_over_half_done_seeds_of_different_epochs():
    table = results([0.9, 0.8]).assign(run=lambda t: "run-" + t["seed"].astype(str))
    table["half_done"] = table["seed"].map({0: "", 1: "13"})  # as read from a file
    cut = table[(table["seed"] == 0) | (table["epoch"] < 14)]
    with pytest.raises(ValueError, match=r"end at epochs \d+, 14, .* --where half_done= keeps"):
        scores_table(cut)
    [row] = scores_table(cut[cut["seed"] == 0]).to_dict("records")
    assert row["n"] == "1"
    [row] = scores_table(cut[cut["seed"] == 1]).to_dict("records")
    assert row["n"] == "1 (half done)"


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["1, then 2", 10, 2], ["2", "10", "1, then 2"]),
        ([None, "sha256:b", "sha256:a"], ["–", "sha256:a", "sha256:b"]),
        ([math.nan, 2.0, 1.0], ["1.0", "2.0", "–"]),
        ([math.nan, "", 1.0], ["1.0", "–", "–"]),
    ],
)
def test_rows_are_told_apart_by_cells_of_several_kinds(cells, shown):
    """As tables have them that were never written to a file; missing is empty, as in a file."""
    table = results([0.9, 0.8, 0.7])
    table["threads"] = pd.Series([cells[seed] for seed in table["seed"]], dtype=object)
    found = scores_table(table, ["threads"], before_training=True)
    assert found["threads"].tolist() == list(dict.fromkeys(shown))
    assert found["n"].tolist() == [str(shown.count(cell)) for cell in dict.fromkeys(shown)]


def test_a_score_of_fewer_seeds_says_so():
    table = results([0.9, 0.8])
    table = table[(table["seed"] == 0) | (table["pairs"] == "unbiased")]
    [row] = scores_table(table).to_dict("records")
    assert row["n"] == "2"
    assert row["S"] == "65.0 (n = 1)"
    assert "n =" not in row["R"]


def test_published_numbers_that_need_a_word_have_it():
    table = pd.concat([results([0.7], name) for name in ("comm", "infmasking")])
    found = scores_table(table, published=True)
    told = found["published R, U, S"].tolist()
    assert told == ["99.9, 87.8, 71.9", "99.9, 90.6, 77.0 †"]
    assert WRITERS[".md"](found).endswith(" 77.0 † |\n\n† its epoch was selected on test\n")
    latex = WRITERS[".tex"](found)
    assert r"77.0 $^{\dagger}$ \\" in latex
    assert latex.endswith("\n\\par{\\footnotesize $^{\\dagger}$ its epoch was selected on test}\n")
    assert WRITERS[".md"](scores_table(table)).endswith("|\n")  # nothing to note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: pd.concat([t, t.assign(preset="paper")]), "mixes the presets"),
        (lambda t: t[t["probe"] != "linear"].assign(preset="quick"), "no linear probes"),
        (lambda t: t.assign(pairs="mapping0.5"), "no linear probes of runs on unbiased or biased"),
    ],
)
def test_tables_that_cannot_be_summed_up_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        scores_table(change(results([0.9])))

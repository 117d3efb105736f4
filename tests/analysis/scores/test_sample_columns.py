"""The table of scores of runs on three images: its columns are the tasks of the runs."""

import pandas as pd
import pytest
from sample_scores import sample_scores
from score_rows import results

from interaction_probes.analysis.scores.sample_columns import default_sample_scores, sample_columns
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.tables import main


@pytest.fixture(scope="module")
def table():
    return sample_scores()


def test_each_task_is_read_from_the_design_that_teaches_it(table):
    comm, clip = scores_table(table).to_dict("records")
    tasks = ["R123", "R12", "U", "S13", "S123", "S12to3"]
    more = ["S12to3, unbiased", "AUC of S13", "AUC of S123"]
    assert [*comm] == ["method", "n", *tasks, *more]
    assert {comm[task] for task in tasks} == {"90.5 ± 0.7"}
    assert comm["S12to3, unbiased"] == "60.5 ± 0.7"
    assert clip["S123"] == "80.5 ± 0.7"
    assert comm["AUC of S123"] == "0.905 ± 0.007"


def test_every_task_has_its_accuracy_its_bits_and_ranked_ones_their_auc(table):
    names = [column.name for column in sample_columns(table)]
    assert {"U3", "S13-10", "S13_auc", "S123_auc_unbiased", "S12to3_bits"} <= set(names)
    assert {"S12to3_unbiased", "S13_unbiased"} <= set(names)
    assert "U3_unbiased" not in names
    assert "S12to3_auc" not in names
    assert len(set(names)) == len(names)
    assert "effective_rank" in default_sample_scores(table)
    words = ["S123_auc", "S123_auc_unbiased", "U3_bits"]
    [row] = scores_table(table[table["method"] == "comm"], scores=words).to_dict("records")
    assert row["AUC of S123, unbiased"] == "0.605 ± 0.007"
    assert row["bits of U3"] == "0.453 ± 0.004"
    with pytest.raises(ValueError, match=r"no score .S_auc.*the scores are R123"):
        scores_table(table, scores=["S_auc"])


def test_designs_have_rows_of_their_own_by_pairs(table):
    found = scores_table(table, by=("pairs",), scores=["S123"])
    assert list(found["pairs"][:3]) == ["pair-biased", "triple-biased", "unbiased"]
    assert list(found["S123"][:3]) == ["60.5 ± 0.7", "90.5 ± 0.7", "60.5 ± 0.7"]


def test_strengths_of_one_rule_leave_out_designs_with_the_other(table):
    comm = table[(table["method"] == "comm") & (table["pairs"] != "pair-biased")]
    strength = comm["pairs"].map({"unbiased": 0.0, "triple-biased": 1.0})
    comm = comm.assign(triple_rule_strength=strength)
    other = comm.assign(pairs="pair0.5-triple1", seed=comm["seed"] + 5, run=comm["run"] + "x")
    found = scores_table(pd.concat([comm, other]), by=("triple_rule_strength",), scores=["S123"])
    assert list(found["triple_rule_strength"]) == ["0.0", "1.0"]
    assert list(found["n"]) == ["2", "2"]


def test_differences_and_scores_before_training_are_of_the_same_tasks(table):
    _, clip = scores_table(table, against="comm", scores=["S123"]).to_dict("records")
    assert clip["S123"] == "−10.0 ± 0.0, 0+ 2−"
    comm, _ = scores_table(table, scores=["S123", "R12"], before_training=True).to_dict("records")
    assert (comm["S123 untrained"], comm["R12 untrained"]) == ("50.0 ± 0.0", "10.0 ± 0.0")


def test_pairs_and_three_images_have_no_table_together(table, tmp_path, capsys):
    pairs = results([0.9])
    exact = pairs[:1].assign(probe="exact", metric="bits")
    mixed = pd.concat([table, pairs, exact])
    with pytest.raises(ValueError, match=r"of 2 and of 3 images.*--where modalities=3"):
        scores_table(mixed)
    table.to_csv(tmp_path / "three.csv", index=False)
    with pytest.raises(SystemExit):
        main([str(tmp_path / "three.csv"), "--published"])
    assert "published scores are of pairs" in capsys.readouterr().err
    main([str(tmp_path / "three.csv"), "--by", "pairs"])
    assert "triple-biased" in capsys.readouterr().out

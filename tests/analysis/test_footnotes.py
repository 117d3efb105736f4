import pandas as pd
import pytest
from score_rows import results

from interaction_probes.analysis.footnotes import collapse_note, collapsed_runs, footnotes
from interaction_probes.analysis.scores.table import remarks, scores_table


def with_ranks(table, collapsed=()):
    """Results with an effective rank of 10 + seed; runs of some seeds have collapsed."""
    return table.assign(
        effective_rank=10.0 + table["seed"], collapsed=table["seed"].isin(collapsed).astype("Int64")
    )


def test_collapsed_runs_are_named_with_their_epochs():
    table = pd.DataFrame(
        {
            "run": ["a", "a", "b", "b", "b"],
            "epoch": [1, 2, 1, 2, 3],
            "collapsed": pd.array([0, 1, 0, 1, 1], "Int64"),
        }
    )
    assert collapsed_runs(table)[["run", "epoch"]].values.tolist() == [["a", 2], ["b", 2], ["b", 3]]
    note = "2 of 2 runs had collapsed at epochs 2 to 3: every feature was constant, and scores "
    assert collapse_note(table) == footnotes(table) == note + "are chance."
    assert collapse_note(table[table["run"] == "a"]).startswith("1 of 1 runs had collapsed at ep")


def test_tables_of_earlier_versions_and_whole_runs_have_no_note():
    assert collapse_note(results([0.9])) == collapse_note(with_ranks(results([0.9]))) == ""
    unknown = results([0.9]).assign(collapsed=pd.NA)
    assert collapse_note(unknown) == ""


def test_the_table_of_scores_has_the_rank_and_marks_what_collapsed():
    [row] = scores_table(with_ranks(results([0.9, 0.8]), collapsed=[1])).to_dict("records")
    assert row["effective rank"] == "10.5 ± 0.7"
    assert row["n"] == "2 (2 collapsed)"  # on unbiased pairs and on biased ones
    [numbers] = scores_table(with_ranks(results([0.9, 0.8]), collapsed=[1]), numbers=True).to_dict(
        "records"
    )
    assert (numbers["effective_rank"], numbers["effective_rank_n"]) == ("10.5", "2")
    assert "effective rank" not in scores_table(results([0.9]))


def test_a_row_without_a_rank_beside_one_with_it_has_a_dash():
    table = pd.concat([with_ranks(results([0.9])), results([0.8], "clip")])
    found = scores_table(table)
    assert found["effective rank"].tolist() == ["10.0", "–"]
    assert scores_table(table, numbers=True)["collapsed"].tolist() == ["0", ""]


@pytest.mark.parametrize("options", [{}, {"scores": ["R"]}, {"against": "clip"}])
def test_a_table_of_numbers_counts_half_done_and_collapsed_runs(options):
    """Whatever its scores are."""
    comm = with_ranks(results([0.9, 0.8]), collapsed=[1]).assign(half_done="")
    clip = with_ranks(results([0.9, 0.8], "clip")).assign(half_done="14")
    for table in (comm, clip):
        table["run"] = table["method"] + table["pairs"] + table["seed"].astype(str)
    found = scores_table(pd.concat([comm, clip]), numbers=True, **options)
    counts = found.set_index("method")[["half_done", "collapsed"]]
    assert counts.loc["CoMM"].tolist() == ["0", "2"]
    assert "CLIP" not in counts.index or counts.loc["CLIP"].tolist() == ["4", "0"]
    assert "half_done" not in scores_table(comm, numbers=True)


def test_remarks_name_the_runs_that_collapsed():
    table = with_ranks(results([0.9, 0.8]), collapsed=[1])
    table["run"] = table["method"] + "-" + table["seed"].astype(str)
    found = [line for line in remarks(table) if line.startswith("collapsed")]
    words = "collapsed, so that every feature is constant and scores are chance: "
    assert found == [words + "comm-1"]

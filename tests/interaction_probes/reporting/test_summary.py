"""The table at the end of a run, and the notes on its rows."""

import pandas as pd
import pytest
from summary_tables import ACCURACY, metrics

from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.reporting.summary import summary


def rows_of(text):
    """Task → the words of its line in the table."""
    lines = (line.split() for line in text.splitlines() if line.count(" %"))
    return {words[0]: words for words in lines if words[0] in ACCURACY}


def test_each_task_is_shown_for_the_design_it_is_learnt_from():
    found = rows_of(summary([metrics("unbiased"), metrics("biased", offset=0.01)]))
    for task, accuracy in (("R", "91.0"), ("U1", "82.0"), ("U2", "73.0"), ("S", "65.0")):
        assert accuracy in found[task], task
        assert ("biased" if task == "S" else "unbiased") in found[task]


def test_a_row_has_accuracy_chance_published_bits_and_truth():
    row = rows_of(summary([metrics("unbiased"), metrics("biased")], PUBLISHED["comm"]))["S"]
    assert [word for word in row if word[0].isdigit()] == ["64.0", "20", "71.9", "1.234", "2.500"]


@pytest.mark.parametrize("pairs", ["unbiased", "biased", "mapping0.5", "shared0.5-biased"])
def test_one_run_shows_all_tasks(pairs):
    text = summary([metrics(pairs)])
    found = rows_of(text)
    assert all(pairs in found[task] for task in ACCURACY)
    assert "AUC 0.777" in text


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (("biased",), True),
        (("mapping0.5",), True),
        (("shared0.5-biased",), True),
        (("unbiased",), False),
        (("shared0.5-unbiased",), False),
        (("unbiased", "biased"), False),
    ],
)
def test_r_and_u_of_pairs_with_the_mapping_alone_are_said_to_be_better_read_elsewhere(pairs, said):
    text = summary([metrics(each) for each in pairs])
    assert ("R and U are better read from unbiased pairs (--pairs unbiased)." in text) == said


def test_published_numbers_stand_where_the_pairs_teach_them():
    unbiased = rows_of(summary([metrics("unbiased")], PUBLISHED["comm"]))
    assert "87.8" in unbiased["U1"]
    assert "71.9" not in unbiased["S"]
    ceiling = rows_of(summary([metrics("unbiased")], PUBLISHED["supervised"]))
    assert "92.3" in ceiling["S"]  # any pairs teach it


def test_a_task_that_is_not_published_stands_alone():
    known = PUBLISHED["coral"]
    assert "U2" not in known.accuracy
    found = rows_of(summary([metrics("unbiased")], known))
    assert "96.4" in found["U1"]
    assert len(found["U2"]) == len(found["U1"]) - 2  # no number and no %


def test_a_weaker_shared_attribute_still_shows_every_task():
    found = rows_of(summary([metrics("shared0.5-unbiased"), metrics("shared0.5-biased")]))
    assert "shared0.5-unbiased" in found["U2"]
    assert "shared0.5-biased" in found["S"]


def test_intervals_and_the_sentence_on_synergy():
    text = summary([metrics("unbiased"), metrics("biased")])
    assert "unbiased pairs: R 89.0 to 94.0 %, U1 80.0 to 85.0 %, U2 71.0 to 76.0 %." in text
    assert "biased pairs: S 62.0 to 67.0 %." in text
    assert "AUC 0.777 (0.700 to 0.850; chance 0.5, at most 1)" in text
    assert text.count("S is linearly exposed.") == 1


def test_a_run_that_nothing_was_published_of_shows_none():
    text = summary([metrics("biased")])
    assert "published" not in text.lower()
    assert "71.9" not in text


def test_published_numbers_name_their_source_and_scale():
    [*_, last] = summary([metrics("biased")], PUBLISHED["comm"]).splitlines()
    assert "CoMM, ICLR 2025" in last
    assert "(224 pixels, 100 epochs)" in last


def test_one_published_mean_of_both_textures_is_said_to_be_one():
    for method, said in (("comm", True), ("coral", False)):  # of COrAL U1 alone is published
        last = summary([metrics("unbiased")], PUBLISHED[method]).splitlines()[-1]
        assert ("100 epochs); U1 and U2 as their mean" in last) == said


def test_metrics_that_lack_a_value_are_refused():
    table = metrics("biased")
    lacking = table[(table["metric"] != "auc") | (table["probe"] != "linear")]
    with pytest.raises(ValueError, match="lack auc of task S"):
        summary([lacking])


def test_scores_of_the_public_protocol_stand_beside_ours():
    tables = [metrics("unbiased"), metrics("biased")]
    assert "public code's protocol" not in summary(tables)
    for k, table in enumerate(tables):
        rows = table[(table["probe"] == "linear") & (table["metric"] == "accuracy")]
        public = rows.assign(probe="public", value=rows["value"] - 0.05 * (k + 1))
        tables[k] = pd.concat([table, public])
    text = summary(tables)
    ours = rows_of(text)
    told = [line for line in text.splitlines() if line.startswith("By the public code's protocol")]
    assert len(told) == 2
    for line, tasks in zip(told, (("R", "U1", "U2"), ("S",)), strict=True):
        for task in ("R", "U1", "U2", "S"):
            assert (f"{task} " in line.partition(":")[2]) == (task in tasks), ours


def test_a_choice_that_ended_at_the_weakest_strength_is_told():
    runs = [metrics("unbiased"), metrics("biased")]
    last = runs[1].iloc[-1]
    for run, task in ((runs[0], "S"), (runs[1], "S"), (runs[0], "U1")):
        run.loc[len(run)] = [*last[:5], task, "linear", "accuracy_strength", 1e-3]
    runs = [
        run.assign(pairs=pairs) for run, pairs in zip(runs, ("unbiased", "biased"), strict=True)
    ]
    text = summary(runs, strengths=(1e-3, 1e-1))
    edge = "L2 penalty at the edge of its grid (0.001)"
    beyond = "a smaller one may score higher (--probe.strengths)."
    assert f"{edge}: U1 of unbiased pairs; {beyond}" in text.splitlines()
    assert f"{edge}: S of biased pairs; {beyond}" in text.splitlines()
    assert "L2 penalty" not in summary(runs, strengths=(1e-4, 1e-3))
    assert "L2 penalty" not in summary(runs)
    assert "L2 penalty" not in summary(runs, strengths=(1e-3,))  # which was no choice


def test_scikit_learns_accuracy_stands_beside_ours():
    table = metrics("unbiased")
    identity = dict(table.iloc[0][["method", "preset", "pairs", "seed"]]) | {"epoch": 4}
    extra = [
        identity | {"task": task, "probe": "sklearn", "metric": metric, "value": value}
        for task, accuracy, converged in (("R", 0.905, 1.0), ("S", 0.64, 0.0))
        for metric, value in (("accuracy", accuracy), ("converged", converged))
    ]
    text = summary([pd.concat([table, pd.DataFrame(extra)], ignore_index=True)])
    assert (
        "By scikit-learn's LogisticRegression, unbiased pairs: R 90.5 % (here 91.0 %), "
        "S 64.0 % (here 64.0 %, scikit-learn did not converge)."
    ) in text.splitlines()
    assert "scikit-learn" not in summary([table])


def test_the_effective_rank_is_told_and_a_collapse_marked():
    table = metrics("unbiased").assign(effective_rank=12.34, collapsed=0)
    words = "Effective rank of the representation, unbiased pairs: 12.3."
    assert words in summary([table]).splitlines()
    table.loc[table["epoch"] == 4, "collapsed"] = 1
    note = (
        "1 of 1 runs had collapsed at epoch 4: every feature was constant, and scores are chance."
    )
    assert note in summary([table]).splitlines()
    assert "ffective rank" not in summary([metrics("unbiased")])


def test_scores_of_scikit_learn_without_a_fit_are_told():
    """Of a collapsed representation nothing was fitted, so nothing converged."""
    table = metrics("unbiased")
    identity = dict(table.iloc[0][["method", "preset", "pairs", "seed"]])
    row = identity | {"epoch": 4, "task": "R", "probe": "sklearn", "metric": "accuracy"}
    text = summary([pd.concat([table, pd.DataFrame([row | {"value": 0.2}])], ignore_index=True)])
    assert "R 20.0 % (here 91.0 %)." in text

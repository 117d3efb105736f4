import pandas as pd
import pytest

from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.analysis.schema import METRIC_COLUMNS
from interaction_probes.reporting.summary import summary

SHIFTS = {"linear": 0.0, "mask1": -0.1, "mask2": -0.2, "shuffled": -0.3}
ACCURACY = {"R": 0.91, "U1": 0.82, "U2": 0.73, "S": 0.64}


def metrics(pairs, method="comm", offset=0.0):
    rows = []
    for task, value in ACCURACY.items():
        rows += [(0, task, "exact", "bits", 2.5), (0, task, "exact", "chance", 0.2)]
        rows.append((0, task, "linear", "accuracy", 0.111))
        rows += [
            (4, task, probe, "accuracy", value + offset + shift) for probe, shift in SHIFTS.items()
        ]
        rows.append((4, task, "linear", "accuracy_low", value + offset - 0.02))
        rows.append((4, task, "linear", "accuracy_high", value + offset + 0.03))
        rows.append((4, task, "linear", "bits", 1.234))
    rows += [(0, "S", "exact", "auc", 1.0), (0, "S", "exact", "auc_chance", 0.5)]
    for probe, shift in SHIFTS.items():
        if shift:
            ends = (("auc", 0.0), ("auc_low", -0.2), ("auc_high", 0.1))
            rows += [(4, "S", probe, name, 0.777 + shift + end) for name, end in ends]
    rows += [
        (4, "S", "linear", name, v)
        for name, v in (("auc", 0.777), ("auc_low", 0.7), ("auc_high", 0.85))
    ]
    return pd.DataFrame([(method, "smoke", pairs, 0, *row) for row in rows], columns=METRIC_COLUMNS)


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
        (("unbiased",), True),
        (("shared0.5-unbiased",), True),
        (("biased",), False),
        (("mapping0.5",), False),
        (("unbiased", "biased"), False),
    ],
)
def test_synergy_of_pairs_without_the_mapping_is_said_to_be_unlearnt(pairs, said):
    text = summary([metrics(each) for each in pairs])
    assert (
        "show the mapping by chance only: what S reads here was not learnt from it" in text
    ) == said


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


def test_controls_are_those_of_synergy():
    text = summary([metrics("unbiased", offset=-0.1), metrics("biased")])
    assert text.count("Controls of S") == 1
    assert (
        "Controls of S, whose intervals must reach down to chance (AUC .5):\n"
        "  image 1 alone    54.0 %, AUC 0.677 (0.477 to 0.777)\n"
        "  image 2 alone    44.0 %, AUC 0.577 (0.377 to 0.677)\n"
        "  shuffled labels  34.0 %, AUC 0.477 (0.277 to 0.577)\n"
    ) in text


def test_the_run_beside_it_that_met_the_mapping_by_chance_only_is_told():
    text = summary([metrics("unbiased", offset=-0.1), metrics("biased")])
    assert (
        "Learnt from unbiased pairs, which show the mapping by chance only, S reads 54.0 %, "
        "AUC 0.777 (0.700 to 0.850)."
    ) in text
    assert "by chance" not in summary([metrics("biased")])


def test_intervals_and_the_sentence_on_synergy():
    text = summary([metrics("unbiased"), metrics("biased")])
    assert "unbiased pairs: R 89.0 to 94.0 %, U1 80.0 to 85.0 %, U2 71.0 to 76.0 %." in text
    assert "biased pairs: S 62.0 to 67.0 %." in text
    assert "AUC 0.777 (0.700 to 0.850; chance 0.5, at most 1)" in text
    assert text.count("S is linearly exposed.") == 1


def test_further_probes_of_synergy_are_told():
    table = metrics("biased")
    ends = ("auc_low", 0.55), ("auc_high", 0.7)
    extra = [
        (4, "S", probe, metric, value)
        for probe in ("bilinear", "mlp", "public")
        for metric, value in (("accuracy", 0.6), ("auc", 0.66), *ends)
    ]
    more = pd.DataFrame([("comm", "smoke", "biased", 0, *r) for r in extra], columns=METRIC_COLUMNS)
    table.loc[(table["probe"] == "linear") & (table["metric"] == "auc_low"), "value"] = 0.45
    text = summary([pd.concat([table, more])])
    assert (
        "S by other probes:\n"
        "  bilinear         60.0 %, AUC 0.660 (0.550 to 0.700)\n"
        "  MLP              60.0 %, AUC 0.660 (0.550 to 0.700)\n"
        "  public protocol  60.0 %"
    ) in text
    assert "S is present, not linearly exposed." in text


def test_a_run_without_controls_shows_none():
    table = metrics("biased")
    text = summary([table[table["probe"].isin(["linear", "exact"])]])
    assert "Controls" not in text


def test_a_run_that_nothing_was_published_of_shows_none():
    text = summary([metrics("biased")])
    assert "published" not in text.lower()
    assert "71.9" not in text


def test_published_numbers_name_their_source_and_scale():
    [*_, last] = summary([metrics("biased")], PUBLISHED["comm"]).splitlines()
    assert "CoMM, ICLR 2025" in last
    assert "(224 pixels, 100 epochs)" in last


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


@pytest.mark.parametrize(
    ("lows", "said"),
    [
        ({"synergy": 0.1}, "use both images"),
        ({"unique_1": 0.1, "unique_2": 0.1, "synergy": -0.1}, "use both images"),
        ({"unique_1": 0.1, "synergy": -0.1}, "are not seen to use both images"),
    ],
)
def test_whether_predictions_of_s_use_both_images(lows, said):
    table = metrics("biased")
    identity = dict(table.iloc[0][["method", "preset", "pairs", "seed"]]) | {"epoch": 4}
    values = {f"{part}_low": lows.get(part, 0.0) for part in ("unique_1", "unique_2", "synergy")}
    values |= {"synergy": 0.2, "synergy_high": 0.3, "synergy_truth": 0.45}
    extra = [
        identity | {"task": "S", "probe": "pid", "metric": metric, "value": value}
        for metric, value in values.items()
    ]
    text = summary([pd.concat([table, pd.DataFrame(extra)], ignore_index=True)])
    low = lows["synergy"]
    assert (
        f"Predictions of S {said}: 0.200 bits of synergy ({low:.3f} to 0.300), of 0.450 in the "
        "labels."
    ) in text.splitlines()
    assert "Predictions of S" not in summary([table])


def impure(pairs, auc_low):
    """A run of five textures and ten colours: image 2 alone has .108 of .469 bits of S."""
    table = metrics(pairs)
    at = table["probe"].eq("exact") & table["metric"].eq("bits") & table["task"].eq("S")
    table.loc[at, "value"] = 0.469
    at = table["probe"].eq("mask2") & table["metric"].eq("auc_low")
    table.loc[at, "value"] = auc_low
    split = {"redundancy": 0.0, "unique_1": 0.0, "unique_2": 0.108, "synergy": 0.361}
    split |= {"auc_mask1": 0.5, "auc_mask2": 0.778}
    rows = [("comm", "smoke", pairs, 0, 0, "S", "exact", name, v) for name, v in split.items()]
    return pd.concat([table, pd.DataFrame(rows, columns=METRIC_COLUMNS)], ignore_index=True)


def test_what_is_available_of_a_task_that_is_not_pure_is_split():
    text = summary([metrics("unbiased"), impure("biased", 0.7)])
    lines = [line.split() for line in text.splitlines() if "of it" in line]
    assert lines == [
        ["of", "it", "in", "image", "2", "alone", "0.108"],
        ["of", "it", "synergy", "0.361"],
    ]
    assert "of it" not in summary([metrics("unbiased"), metrics("biased")])


def test_an_image_that_can_answer_alone_is_no_fault():
    text = summary([impure("biased", 0.7)])
    assert "AUC 0.577 (0.700 to 0.677); up to 0.778 without synergy" in text
    assert "cannot be judged" not in text
    assert "image 2 alone ranks better than it can" in summary([impure("biased", 0.79)])


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

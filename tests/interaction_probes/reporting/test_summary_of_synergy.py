"""What a run's summary says of S: its controls, other probes, and whether it was learnt."""

import pandas as pd
import pytest
from summary_tables import metrics

from interaction_probes.analysis.schema import METRIC_COLUMNS
from interaction_probes.reporting.summary import summary


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

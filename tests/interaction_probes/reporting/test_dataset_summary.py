"""The summary of a run on a dataset, from made-up metrics."""

import pandas as pd

from interaction_probes.reporting.dataset_summary import summary_of_dataset


def table():
    values = [
        (0, "kind", "exact", "chance", 0.25),
        (0, "kind", "exact", "bits", 2.0),
        (0, "kind", "exact", "bits_chance", 0.0),
        (0, "size", "exact", "r2_chance", 0.0),
    ]
    for epoch, accuracy, bits, r2 in ((0, 0.3, 0.1, 0.5), (5, 0.9, 1.5, 0.25)):
        values += [
            (epoch, "kind", "linear", "accuracy", accuracy),
            (epoch, "kind", "linear", "accuracy_low", accuracy - 0.05),
            (epoch, "kind", "linear", "accuracy_high", accuracy + 0.05),
            (epoch, "kind", "linear", "bits", bits),
            (epoch, "size", "linear", "r2", r2),
        ]
    values += [
        (5, "kind", "linear", "best_epoch", 5),
        (5, "size", "linear", "best_epoch", 0),
        (5, "kind", "mask1", "bits", 0.75),
        (5, "size", "mask1", "r2", 0.125),
    ]
    return pd.DataFrame(values, columns=["epoch", "task", "probe", "metric", "value"])


def test_a_label_is_shown_at_its_own_epoch_and_the_profile_at_the_last():
    lines = summary_of_dataset(table(), ["left", "right"]).splitlines()
    words = [line.split() for line in lines]
    assert words[1] == ["kind", "accuracy", "90.0", "%", "85.0", "to", "95.0", "25.0", "%"]
    assert words[2] == ["bits", "1.500", "0.000", "of", "H(Y)", "=", "2.000"]
    assert words[3] == ["size", "R²", "0.500", "0.000"]  # of epoch 0, which was chosen
    assert lines[4].endswith("the validation rows chose: kind 5, size 0 (of 5).")
    assert words[-2] == ["left", "0.750", "0.125"]
    assert words[-1] == ["left", "+", "right", "1.500", "0.250"]


def test_without_masks_there_is_no_profile():
    metrics = table()
    shown = summary_of_dataset(metrics[metrics["probe"] != "mask1"], ["left", "right"])
    assert "subset" not in shown

"""The table of runs on datasets: the chosen epoch's test scores, mean and deviation over seeds."""

import numpy as np
import pandas as pd
import pytest

from interaction_probes.analysis.dataset_rows import check_of_images, is_of_datasets
from interaction_probes.analysis.scores.dataset_table import dataset_table


def rows(method="comm", seed=0, scores=(0.5, 0.8, 0.6), chosen=1, pairs="data-aaaaaaaa", **more):
    """One run of three probed epochs on a dataset."""
    run = {"method": method, "preset": "smoke", "pairs": pairs, "seed": seed, "weights": ""}
    run |= {"run": f"{method}-{seed}-{pairs}", **more}
    values = [(epoch, "accuracy", value) for epoch, value in enumerate(scores)]
    values.append((2, "best_epoch", chosen))
    return [
        {**run, "epoch": epoch, "task": "kind", "probe": "linear", "metric": metric, "value": value}
        for epoch, metric, value in values
    ]


def test_scores_are_those_of_the_chosen_epoch():
    table = pd.DataFrame([*rows(), *rows(seed=1, scores=(0.9, 0.1, 0.1), chosen=0)])
    found = dataset_table(table)
    assert found.to_dict("records") == [
        {"method": "CoMM", "n": "2", "kind: accuracy (%)": "85.0 ± 7.1"}
    ]
    numbers = dataset_table(table, numbers=True)
    assert numbers["kind_accuracy"].tolist() == pytest.approx([0.85])
    assert numbers["kind_accuracy_sd"].tolist() == pytest.approx([np.std([0.8, 0.9], ddof=1)])
    assert numbers["kind_accuracy_n"].tolist() == [2]


def test_a_row_per_method_and_setting():
    table = pd.DataFrame(
        [*rows(**{"optim.lr": 0.1}), *rows("clip", **{"optim.lr": 0.1, "weights": "cross=2.0"})]
    )
    found = dataset_table(table, ["optim.lr"])
    assert [*found.columns] == ["method", "loss", "optim.lr", "n", "kind: accuracy (%)"]
    assert sorted(found["loss"]) == ["cross=2.0", "whole"]


def test_runs_without_a_value_are_one_group():
    """Whose settings must agree, too."""
    runs = [*rows(method_file=None, **{"optim.lr": 0.1}), *rows(seed=1, method_file="sha256:a")]
    found = dataset_table(pd.DataFrame(runs), ["method_file"])
    assert sorted(found["method_file"]) == ["sha256:a", "–"]
    runs += rows(seed=2, method_file=None, **{"optim.lr": 0.2})
    with pytest.raises(ValueError, match=r"runs of comm differ in optim\.lr"):
        dataset_table(pd.DataFrame(runs), ["method_file"])


def test_two_datasets_have_no_common_mean():
    table = pd.DataFrame([*rows(), *rows(pairs="data-bbbbbbbb")])
    with pytest.raises(ValueError, match=r"keep one \(--where pairs=data-aaaaaaaa\)"):
        dataset_table(table)


def test_tables_of_images_are_told_apart():
    images = pd.DataFrame(rows(pairs="biased"))
    assert not is_of_datasets(images)
    check_of_images(images, "a page")
    with pytest.raises(ValueError, match="a page shows the tasks of Trifeature"):
        check_of_images(pd.DataFrame(rows()), "a page")


def test_runs_that_were_read_or_trained_otherwise_are_refused():
    strengths = {"probe.strengths": "[0.1]"}
    table = pd.DataFrame([*rows(**strengths), *rows("clip", **{"probe.strengths": "[0.1, 0.01]"})])
    with pytest.raises(ValueError, match=r"runs of comm and clip differ in probe.strengths"):
        dataset_table(table)
    assert len(dataset_table(table, ["probe.strengths"])) == 2
    longer = rows("clip", scores=(0.5, 0.8, 0.6, 0.9), chosen=3)
    longer[-1]["epoch"] = 3
    with pytest.raises(ValueError, match="runs of comm and clip end at different epochs"):
        dataset_table(pd.DataFrame([*rows(), *longer]))
    # What is never trained ends at epoch 0.
    floor = rows("pixels", scores=(0.5,), chosen=0)
    floor[-1]["epoch"] = 0
    assert len(dataset_table(pd.DataFrame([*rows(), *floor]))) == 2
    presets = pd.DataFrame([*rows(), *rows("clip", preset="quick")])
    with pytest.raises(ValueError, match="the table mixes the presets quick and smoke"):
        dataset_table(presets)
    assert len(dataset_table(presets, ["preset"])) == 2


def test_unfinished_and_collapsed_runs_are_told():
    half_done = rows(seed=1, half_done=1)[:-1]  # without an epoch that was chosen
    table = pd.DataFrame([*rows(half_done=""), *half_done])
    table["collapsed"] = (table["epoch"] == 1).astype(int)
    found = dataset_table(table)
    assert found["n"].tolist() == ["1 (1 collapsed)"]
    assert dataset_table(table, numbers=True)["collapsed"].tolist() == [1]
    assert found.attrs["notes"] == [
        "scores at the epoch that the validation rows chose",
        "1 of 1 runs had collapsed at epoch 1: every feature was constant, and scores are chance.",
        "left out, since they are half done: comm-1-data-aaaaaaaa",
    ]
    with pytest.raises(ValueError, match="the table has no finished run"):
        dataset_table(table[table["seed"] == 1])

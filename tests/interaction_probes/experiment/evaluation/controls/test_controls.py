"""The controls ``pid`` and ``factors`` of a run: their rows, and what they leave as it was."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from interaction_probes.common.information_parts import PARTS
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation.controls import model_pid as model_pid_rows
from interaction_probes.experiment.evaluation.controls.factors import (
    available_bits,
    with_factor_tasks,
)
from interaction_probes.experiment.evaluation.controls.model_pid import factors_of_task, pid_rows
from interaction_probes.experiment.evaluation.final_controls import omitted_controls
from interaction_probes.experiment.runner import run
from interaction_probes.probing.intervals import draw_resample_counts
from trifeature import PairDesign, empirical_truth

TASKS = ["R", "U1", "U2", "S"]


@pytest.fixture(scope="module")
def found(smoke_config, tmp_path_factory):
    probe = replace(smoke_config.probe, controls=("pid", "factors"))
    folder = run(
        replace(smoke_config, probe=probe), tmp_path_factory.mktemp("r"), torch.device("cpu")
    )
    return folder.read_metrics()


def test_rows_of_both_controls_are_of_the_last_epoch(found):
    rows = found[~found["probe"].isin(["linear", "exact"])]
    assert set(rows["epoch"]) == {found["epoch"].max()}
    tasks = rows.groupby("probe")["task"].unique().map(list).to_dict()
    factors = [f"{name}_{m}" for m in (1, 2) for name in ("shape", "texture", "colour")]
    assert tasks == {"pid": TASKS, "factors": factors, "factors_mlp": factors}
    ends = ("", "_low", "_high", "_floor", "_truth")
    metrics = {part + end for part in PARTS for end in ends}
    assert set(rows[rows["probe"] == "pid"]["metric"]) == metrics
    assert np.isfinite(rows["value"]).all()
    bits = rows[rows["metric"].isin(["bits", "bits_available"]) & (rows["probe"] == "factors")]
    wide = bits.pivot_table(index="task", columns="metric", values="value")
    assert (wide["bits"] <= wide["bits_available"] + 1e-9).all()


def test_other_rows_are_those_of_a_run_without_them(found, smoke_config, tmp_path):
    plain = replace(smoke_config, probe=replace(smoke_config.probe, controls=()))
    without = run(plain, tmp_path, torch.device("cpu")).read_metrics()
    kept = found[found["probe"].isin(["linear", "exact"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, without)


@pytest.mark.filterwarnings("error")
def test_few_samples_are_counted_without_a_warning():
    labels = {"shape_1": np.array([1, 3, 5, 7, 9])}
    data = SimpleNamespace(
        tasks=[SimpleNamespace(name="shape_1")], probe_test=SimpleNamespace(labels=labels)
    )
    [row] = available_bits(3, data)
    assert row.value == pytest.approx(np.log2(5))


def test_perfect_predictions_read_the_truth_of_the_drawn_pairs(smoke_config):
    data = dataset(smoke_config, None)
    test = data.probe_test
    counts = draw_resample_counts(test.index, len(data.test), np.random.default_rng(0), 5)
    rows = pid_rows(3, data, smoke_config, test.labels, counts)
    values = {(row.task, row.metric): row.value for row in rows}
    design, images = smoke_config.design.unbiased, smoke_config.images
    truth = empirical_truth(data.test, test, design, images.counts, data.mapping)
    for task in TASKS:
        parts = {part: values[task, part] for part in PARTS}
        assert parts == pytest.approx({part: values[task, f"{part}_truth"] for part in PARTS})
        assert sum(parts.values()) == pytest.approx(truth[task].total, abs=1e-9)
        if task in "RS":
            assert parts == pytest.approx(vars(truth[task]), abs=1e-9)


def test_the_parts_are_of_the_predictions_and_the_truth_is_of_the_labels(smoke_config):
    """S is always answered 0, and U1 by what image 2 shows."""
    data = dataset(smoke_config, None)
    test = data.probe_test
    counts = draw_resample_counts(test.index, len(data.test), np.random.default_rng(0), 5)
    predicted = {**test.labels, "S": np.zeros(len(test), int), "U1": test.labels["U2"]}
    rows = pid_rows(3, data, smoke_config, predicted, counts)
    values = {(row.task, row.metric): row.value for row in rows}
    design, images = smoke_config.design.unbiased, smoke_config.images
    truth = empirical_truth(data.test, test, design, images.counts, data.mapping)["S"]
    assert truth.synergy > 0.1
    assert {values["S", part] for part in PARTS} == {0}
    assert values["S", "synergy_truth"] == pytest.approx(truth.synergy)
    assert values["U1", "unique_2"] == pytest.approx(values["U2", "unique_2_truth"])
    assert values["U1", "unique_1"] < 0.1 < values["U1", "unique_1_truth"]


def test_images_of_a_shape_exchange_their_other_factors_and_all_images_their_shapes(
    smoke_config, monkeypatch
):
    strata = []

    def record(images, *_):
        strata.append([image.strata for image in images])
        return SimpleNamespace(metrics=lambda: [])

    monkeypatch.setattr(model_pid_rows, "model_pid", record)
    data = dataset(smoke_config, None)
    pid_rows(3, data, smoke_config, data.probe_test.labels, np.ones((2, 1)))
    shape = data.test.factors[:, 0]
    for task, of_task in zip(TASKS, strata, strict=True):
        for found in of_task:
            np.testing.assert_array_equal(found, shape * 0 if task == "R" else shape)


def test_the_factors_of_a_task_are_those_of_the_design():
    design = PairDesign("colour", "shape", ("texture", "texture"))
    assert factors_of_task(design, "R") == ("colour", "colour")
    assert factors_of_task(design, "U1") == factors_of_task(design, "U2") == ("shape", "shape")
    assert factors_of_task(design, "S") == ("texture", "texture")


def test_factor_tasks_have_the_factors_of_each_image(smoke_config):
    data = with_factor_tasks(dataset(smoke_config, None))
    for samples, images in ((data.probe_train, data.train), (data.probe_test, data.test)):
        for task in data.tasks:
            factor, image = task.name.split("_")
            column = ["shape", "texture", "colour"].index(factor)
            expected = images.factors[samples.index[:, int(image) - 1], column]
            np.testing.assert_array_equal(samples.labels[task.name], expected)
            assert expected.max() < task.classes


def test_three_images_have_no_decomposition_and_a_line_says_so(smoke_config):
    config = replace(smoke_config, probe=replace(smoke_config.probe, controls=("pid",)))
    [line] = omitted_controls(config, 3)
    assert line.startswith("no decomposition of predictions: it is stated for 2 modalities")
    assert omitted_controls(config, 2) == []

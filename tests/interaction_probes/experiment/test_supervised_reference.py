from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from dataset_runs import dataset_config, digits_file, mixed_file

from interaction_probes.analysis.schema import Measurement, RunIdentity
from interaction_probes.experiment import supervised_reference as module
from interaction_probes.experiment.opened_data import open_data
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.runner import run
from interaction_probes.experiment.supervised_reference import (
    reference_of_run,
    supervised_reference,
)
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.storage.checksums import damaged, with_checksums
from interaction_probes.storage.reference_file import REFERENCE_COLUMNS, read_reference
from interaction_probes.storage.run_folder import RunFolder, state_of


def test_every_label_has_a_row_per_subset_and_metric(tmp_path):
    config = with_dataset(dataset_config(digits_file(tmp_path)))
    found = supervised_reference(config)
    values = found.set_index(["label", "subset", "metric"])["value"]
    assert {(name, subset) for name, subset, _ in values.index} == {
        (name, subset) for name in ("digit", "ink") for subset in ("1", "2", "12")
    }
    assert values["digit", "12", "bits"] > values["digit", "1", "bits"] > 1
    assert values["ink", "12", "r2"] > 0.9
    assert set(found["value"][found["metric"] == "bits_strength"]) <= {0.1, 0.001}
    penalties = found["metric"].str.endswith("_strength")
    with_ends = found[(found["metric"] != "cross_entropy") & ~penalties]
    assert (with_ends["low"] <= with_ends["value"]).all()
    assert (with_ends["value"] <= with_ends["high"]).all()
    assert np.isfinite(found["value"]).all()
    assert found.equals(supervised_reference(config))


def test_the_reference_is_made_by_the_penalties_seed_and_resamplings_of_the_run(
    tmp_path, monkeypatch
):
    given = []
    monkeypatch.setattr(module, "early_fusion_profiles", lambda *a: given.extend(a) or {})
    config = replace(with_dataset(dataset_config(digits_file(tmp_path))), seed=7)
    supervised_reference(config)
    data = open_data(config, torch.device("cpu"))
    features, labels, penalties, seed, counts = given
    for found, modality in zip(features, data.dataset.modalities, strict=True):
        for part, rows in zip(found, data.rows, strict=True):
            np.testing.assert_array_equal(part, modality.values[rows].astype(np.float32))
    assert labels.keys() == {"digit", "ink"}
    assert (penalties, seed) == (config.probe.strengths, 7)
    np.testing.assert_array_equal(counts, data.counts)


def test_the_whole_reference_of_labels_of_every_kind_is_read_back(tmp_path):
    """So that what a label, a subset or a metric lacks is told from what there never was."""
    config = with_dataset(dataset_config(mixed_file(tmp_path), method="pixels"))
    folder = run(config, tmp_path, "cpu")
    first = reference_of_run(config, folder)
    assert set(first["label"]) == {"animal", "tags", "weight"}
    status = folder.read_status()
    del status["sha256"]["reference.csv"]
    folder.write_json("run.json", status)
    assert read_reference(folder, [*dict.fromkeys(first["subset"])]) is not None


def table_of(subsets):
    rows = [
        (label, subset, metric, value, *ends)
        for label in ("null", "ink")
        for subset in subsets
        for metric, value, *ends in (("r2", 1 / 3, 0.1, 0.5), ("mse", 0.25, None, None))
    ]
    return pd.DataFrame(rows, columns=list(REFERENCE_COLUMNS))


@pytest.fixture
def folder(tmp_path):
    """A finished run on two modalities with two labels."""
    made = RunFolder(tmp_path)
    made.write_json("config.json", {})
    rows = [Measurement(0, label, "linear", "r2", 0.5) for label in ("null", "ink")]
    made.write_metrics(RunIdentity("comm", "smoke", "data-0", 0), rows)
    for name in ("losses.csv", "dynamics.csv"):
        (tmp_path / name).write_text("")
    made.write_json("run.json", with_checksums({"status": "finished"}, tmp_path))
    return made


@pytest.fixture
def learnt(monkeypatch):
    """One entry for each time that a reference is learnt."""
    times = []
    table = table_of(("1", "2", "12"))
    monkeypatch.setattr(module, "supervised_reference", lambda config: times.append(1) or table)
    return times


CONFIG = RunConfig(data=DataConfig("x.npz", modalities=("left", "right")))


def test_a_run_that_is_looked_at_again_learns_no_reference_again(folder, learnt, capsys):
    first = reference_of_run(CONFIG, folder)
    pd.testing.assert_frame_equal(first, reference_of_run(CONFIG, folder))
    pd.testing.assert_frame_equal(
        first, table_of(("1", "2", "12")).astype({"low": float, "high": float})
    )
    assert len(learnt) == 1
    assert capsys.readouterr().err == ""
    assert damaged(folder.read_status(), folder.path) == []
    assert state_of(folder.path).name == "finished"


def first_half(content):
    return b"".join(content.splitlines(keepends=True)[:7])


HARM = {
    "a digit changed": lambda content: content.replace(b"0.25", b"0.35", 1),
    "its first half": first_half,
    "its last cell cut": lambda content: content[:-3],
    "empty": lambda content: b"",
    "its head": lambda content: content.splitlines(keepends=True)[0],
    "no text": lambda content: b"\xff\xfe\x00",
    "another table": lambda content: b"a,b\n1,2\n",
    "missing": None,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_reference_is_computed_anew_and_said_to_be(folder, learnt, capsys, harm):
    first = reference_of_run(CONFIG, folder)
    path = folder.path / "reference.csv"
    whole = path.read_bytes()
    if HARM[harm]:
        path.write_bytes(HARM[harm](whole))
    else:
        path.unlink()
    assert damaged(folder.read_status(), folder.path) == []  # which no checkpoint could mend
    pd.testing.assert_frame_equal(reference_of_run(CONFIG, folder), first)
    assert len(learnt) == 2
    assert capsys.readouterr().err == f"{path} is damaged or missing: it is computed anew\n"
    assert path.read_bytes() == whole


@pytest.mark.parametrize("sums", [True, False])
def test_a_reference_without_a_checksum_is_taken_where_it_is_whole(folder, learnt, capsys, sums):
    """As earlier versions wrote it."""
    if not sums:
        folder.write_json("run.json", {"status": "finished"})
    path = folder.path / "reference.csv"
    for subsets, times in ((("1", "2", "12"), 0), (("1", "2"), 1)):
        folder.write_table("reference.csv", table_of(subsets))
        assert set(reference_of_run(CONFIG, folder)["subset"]) == {"1", "2", "12"}
        assert len(learnt) == times
    for harm in set(HARM) - {"a digit changed", "missing"}:
        folder.write_table("reference.csv", table_of(("1", "2", "12")))
        path.write_bytes(HARM[harm](path.read_bytes()))
        reference_of_run(CONFIG, folder)
    assert len(learnt) == 1 + len(HARM) - 2
    assert (folder.read_status().get("sha256") is not None) == sums


def test_a_run_that_is_written_anew_has_its_reference_computed_anew(tmp_path, learnt):
    """Its new run.json would vouch for none."""
    config = with_dataset(dataset_config(digits_file(tmp_path), method="pixels"))
    folder = run(config, tmp_path, "cpu")
    folder.write_table("reference.csv", table_of(("1", "2", "12")))
    (folder.path / "losses.csv").write_text("")
    run(config, tmp_path, "cpu")
    assert not (folder.path / "reference.csv").exists()

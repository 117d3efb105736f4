"""``run --data FILE``: from the command line to the table, sweeps, tables and the refusals."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from dataset_runs import dataset_config, digits_file, error_of, mixed_file
from fork_server import launch_by_fork
from small_datasets import arrays, write_npz
from stopping import TABLES
from waiting import until

from interaction_probes import (
    collect,
    embed,
    export,
    features,
    read_sweep,
    report,
    run,
    sweep,
    tables,
)
from interaction_probes.experiment.initialisation import fresh_method
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.figures.__main__ import main as figures
from interaction_probes.probing.labels.probe import probe_label
from interaction_probes.settings.probe_config import DATASET_STRENGTHS
from interaction_probes.settings.registry import find_method
from interaction_probes.storage.run_folder import RunFolder

SMALL = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--optim.epochs", "1"]
GRID = ["--grid", "optim.epochs", "1", "--grid", "probe.strengths", "1e-2,1e-4"]
SMALL += ["--probe.strengths", "1e-2", "1e-4"]  # in place of seven: their choice is not tested here


@pytest.fixture(autouse=True)
def _forked(monkeypatch):
    launch_by_fork(monkeypatch)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return digits_file(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def finished(digits, tmp_path_factory):
    """A folder with runs of two methods on the digits.

    Their seconds are not measured first: test_own_data.py sweeps a dataset as a user does.
    """
    out = tmp_path_factory.mktemp("runs")
    words = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--processes", "1"]
    words += [*GRID, "--data", str(digits), "--out", str(out)]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(sweep, "estimate_seconds", lambda site, left, _: [1.0] * len(left))
        sweep.main([*words, "--method", "comm", "pixels"])
    return out


@pytest.fixture(scope="module")
def results(finished, tmp_path_factory):
    table = tmp_path_factory.mktemp("collected") / "results.csv"
    collect.main([str(finished), "-o", str(table)])
    return table


def folder_of(out, method):
    [path] = out.glob(f"{method}-*")
    return path


def test_one_run_prints_notes_a_table_and_the_profile(tmp_path, capsys):
    file = mixed_file(tmp_path)
    with np.load(file) as content:
        given = {key: content[key] for key in content.files}
    given["split"][given["split"] == "validation"] = "train"
    given["modality.record"][:, 1] = 3
    given["label.weight"] = np.column_stack([given["label.weight"]] * 2)
    given["label.weight"][given["split"] == "test", 1] = 2
    np.savez(file, **given)
    run.main([*SMALL, "--data", str(file), "--out", str(tmp_path / "runs")])
    shown = capsys.readouterr()
    assert "note: no validation rows were given" in shown.err
    assert "warning: modality.record: 1 of 4 features are constant" in shown.err
    assert re.search(
        rf"comm on {file.name} \(data-\w{{8}}: record, tones, photo\), 60 samples", shown.out
    )
    assert re.search(r"^animal +accuracy +[\d.]+ % +[\d.]+ to [\d.]+ +33.3 %$", shown.out, re.M)
    assert re.search(r"^ +bits .* of H\(Y\) = 1.585$", shown.out, re.M)
    assert re.search(r"^tags +AUC ", shown.out, re.M)
    assert re.search(r"^weight +R² ", shown.out, re.M)
    assert "at the epoch that the validation rows chose: animal " in shown.out
    [folder] = (tmp_path / "runs").iterdir()
    assert {"curves.png", "profile.png"} <= {path.name for path in folder.iterdir()}
    assert "note: label.weight: one value in all test rows of column 1 (from 0)" in shown.out
    assert "curves.png" in shown.out
    assert re.search(r"^L2 penalty at the edge of its grid \(0", shown.out, re.M)
    tables = re.findall(r"What each subset.* has of (\w+), in .*, after epoch [01]:", shown.out)
    assert tables == ["animal", "tags", "weight"]
    profile = shown.out.partition("What each subset")[2].splitlines()
    assert profile[1].split() == ["representation", "supervised"]
    assert [line.split("  ")[0] for line in profile[2:12]] == [
        *("record", "tones", "photo", "record + tones", "record + photo", "tones + photo"),
        *("record + tones + photo", "record adds", "tones adds", "photo adds"),
    ]
    reference = pd.read_csv(folder_of(tmp_path / "runs", "comm") / "reference.csv")
    assert set(reference["subset"]) == {1, 2, 3, 12, 13, 23, 123}


def test_a_label_is_weighted_by_its_name(digits, tmp_path, capsys):
    words = ["--data", str(digits), "--method", "supervised", "--weights", "digit=2", "--plan"]
    run.main([*SMALL, *words, "--out", str(tmp_path)])
    assert "supervised on" in capsys.readouterr().out


def test_a_killed_run_goes_on_bit_for_bit(digits, tmp_path, capsys):
    words = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--data", str(digits)]
    words += ["--optim.epochs", "3", "--probe.strengths", "1e-2", "1e-4"]
    run.main([*words, "--out", str(tmp_path / "whole")])
    killed = tmp_path / "killed"
    command = [sys.executable, "-m", "interaction_probes.run", *words, "--out", str(killed)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        until(lambda: [*killed.glob("*/checkpoint.pt")])
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    capsys.readouterr()
    run.main([*words, "--out", str(killed)])
    assert re.search(r"resumed after epoch \d|finished before", capsys.readouterr().out)
    one, other = folder_of(killed, "comm"), folder_of(tmp_path / "whole", "comm")
    assert one.name == other.name
    for name in TABLES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_a_config_repeats_its_run_and_takes_other_encoders(digits, finished, tmp_path, capsys):
    path = folder_of(finished, "comm") / "config.json"
    words = ["--config", str(path), "--threads", "1", "--device", "cpu"]
    run.main([*words, "--out", str(finished)])
    assert "finished before" in capsys.readouterr().out
    run.main([*words, "--data.vectors.tokens", "4", "--out", str(tmp_path)])
    inputs = json.loads((folder_of(tmp_path, "comm") / "config.json").read_text())["model"][
        "inputs"
    ]
    assert [each["encoder"]["tokens"] for each in inputs] == [4, 4]


def test_a_sweep_prints_commands_that_are_its_runs(digits, finished, tmp_path, capsys):
    words = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--method", "comm"]
    words += [*GRID, "--data", str(digits), "--out", str(finished)]
    sweep.main([*words, "--print-commands"])
    [line] = capsys.readouterr().out.splitlines()
    run.main(shlex.split(line)[3:])
    assert "finished before" in capsys.readouterr().out
    sweep.main(words)
    assert "1 runs in" in capsys.readouterr().out
    for option, line in {
        "--pairs biased": "--pairs biased is of generated images",
        "--mapping-strength 0.5": "are of generated images, not of a dataset",
        "--grid data x.npz": "--data and --grid data are both given",
    }.items():
        assert line in error_of(sweep.main, [*words, *option.split()], capsys)


def test_a_sweep_on_data_has_their_penalties(digits):
    words = ["--method", "pixels", "--data", str(digits)]
    for more in ([], ["--preset", "smoke"]):
        [config] = sweep.read([*words, *more]).configs
        assert config.probe.strengths == DATASET_STRENGTHS
    [config] = sweep.read([*words, "--grid", "probe.strengths", "1,0.1"]).configs
    assert config.probe.strengths == (1, 0.1)


def test_tables_print_every_label(finished, results, tmp_path, capsys):
    tables.main([str(results)])
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == (
        "| method | n | digit: accuracy (%) | digit: AUC | digit: bits | ink: R² | ink: MSE |"
    )
    assert [line.split(" | ")[0] for line in shown[2:4]] == ["| CoMM", "| Pixels"]
    found = read_sweep(finished).scores()
    assert [*found["method"]] == ["CoMM", "Pixels"]
    numbers = tmp_path / "table.csv"
    tables.main([str(results), "-o", str(numbers)])
    assert "digit_accuracy,digit_accuracy_sd,digit_accuracy_n" in numbers.read_text()
    assert "--bold is of the tasks" in error_of(tables.main, [results, "--bold"], capsys)


@pytest.mark.parametrize("figure", ["interactions", "synergy", "factors"])
def test_what_shows_tasks_of_trifeature_says_so(results, tmp_path, capsys, figure):
    line = "the table has runs on datasets (--data)"
    picture = tmp_path / "picture.png"
    assert line in error_of(figures, [figure, results, "-o", picture], capsys)


def test_figures_and_the_report_show_labels_and_modalities(finished, results, tmp_path):
    for name in ("dynamics", "profile"):
        figures([name, str(results), "-o", str(tmp_path / f"{name}.svg")])
        assert "digit" in (tmp_path / f"{name}.svg").read_text()
    assert "left + right" in (tmp_path / "profile.svg").read_text()
    report.main([str(results), "-o", str(tmp_path / "page.html")])
    page = (tmp_path / "page.html").read_text()
    for words in ("digit: accuracy (%)", "ink: R²", "left + right", "Not drawn: the table has no"):
        assert words in page
    assert "redundancy" not in page.partition("<dl>")[2]
    cells = tmp_path / "confusion.csv"
    collect.main([str(finished), "-o", str(tmp_path / "r.csv"), "--confusion", str(cells)])
    figures(["confusion", str(cells), "-o", str(tmp_path / "confusion.svg")])
    assert "CoMM: digit" in (tmp_path / "confusion.svg").read_text()


def test_a_table_of_runs_probed_at_other_epochs_is_refused(results, tmp_path, capsys):
    table = pd.read_csv(results, keep_default_na=False)
    table["epoch"] = 2 * table["epoch"]
    later = table[table["method"] == "comm"].copy()
    later["run"], later["seed"] = "comm-other", 1
    between = later[later["epoch"] == 0].assign(epoch=1)
    mixed = tmp_path / "mixed.csv"
    pd.concat([table, later, between]).to_csv(mixed, index=False)
    line = error_of(tables.main, [mixed], capsys)
    assert "runs choose their best epoch among different ones" in line
    assert "comm-other among 0, 1, 2" in line


def test_a_model_is_exported_and_images_are_not_asked_of_it(finished, tmp_path, capsys):
    folder = folder_of(finished, "comm")
    export.main([str(folder), "-o", str(tmp_path / "model.safetensors")])
    description = json.loads((tmp_path / "model.json").read_text())
    assert description["classes"] == {"digit": 10}
    assert description["input"] == [
        {"modality": name, "kind": "vectors", "shape": [32]} for name in ("left", "right")
    ]
    words = [folder, "-o", tmp_path / "embedding.npz"]
    assert "has no images" in error_of(embed.main, words, capsys)


def test_features_are_those_that_were_probed(digits, finished, tmp_path, capsys):
    folder = folder_of(finished, "comm")
    path = tmp_path / "features.npz"
    features.main([str(folder), "-o", str(path)])
    assert "200 samples of train, 100 samples of validation, 100 samples of test" in (
        capsys.readouterr().out
    )
    found = np.load(path)
    fit, choose, score = (
        (found[f"{part}_features"], found[f"{part}_digit"])
        for part in ("train", "validation", "test")
    )
    result = probe_label("classes", fit, choose, score, (1e-2, 1e-4))
    rows = RunFolder(folder).read_metrics()
    last = rows[(rows["epoch"] == 1) & (rows["probe"] == "linear") & (rows["task"] == "digit")]
    accuracy = last.set_index("metric")["value"]["accuracy"]
    assert result.scores["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert found["test_rows"].tolist() == [*range(3, 400, 4)]


def test_labels_named_like_arrays_of_the_file_replace_none(tmp_path):
    kinds = np.arange(90) % 3
    labels = {"label.features": kinds, "label.rows": kinds % 2, "label.animal": None}
    content = {key: values for key, values in (arrays(90) | labels).items() if values is not None}
    del content["unit"]
    config = with_dataset(dataset_config(write_npz(tmp_path / "data.npz", content)))
    found = features.dataset_features(config, fresh_method(find_method("pixels"), config, 3))
    assert found["test_features"].ndim == 2
    assert found["test_rows"].tolist() == [*range(75, 90)]
    assert found["test_label.features"].tolist() == kinds[75:].tolist()
    assert found["test_label.rows"].tolist() == (kinds[75:] % 2).tolist()
    assert "test_label.weight" not in found
    assert len(found["test_weight"]) == 15


def test_all_controls_of_a_dataset_are_those_that_it_has(digits, tmp_path):
    run.main([*SMALL, "--data", str(digits), "--controls", "all", "--out", str(tmp_path)])
    probes = set(RunFolder(folder_of(tmp_path, "comm")).read_metrics()["probe"])
    assert probes == {"exact", "linear", "shuffled", "mask1", "mask2"}

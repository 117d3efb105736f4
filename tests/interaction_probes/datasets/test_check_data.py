import subprocess
import sys
from typing import get_args, get_type_hints

import numpy as np
import pytest
from small_datasets import arrays, write_folder, write_npz

from interaction_probes.check_data import main
from interaction_probes.settings.data_config import DataConfig


def said(capsys, *words):
    """(exit code, standard output) of the command."""
    try:
        main([str(word) for word in words])
    except SystemExit as stop:
        return stop.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_a_dataset_in_words(tmp_path, capsys):
    content = arrays()
    content["modality.record"][:, 1] = 2
    content["modality.photo"][50] = content["modality.photo"][3]
    code, shown = said(capsys, write_npz(tmp_path / "data.npz", content))
    assert code == 0
    for line in (
        "  record: vectors of 4 features, float32; 0.0 MB in memory; no missing values; "
        "1 constant features",
        "  photo: images of 6 × 5 pixels, 3 channels, uint8; 0.0 MB in memory; no missing values; "
        "no constant features; 1 of 15 test rows have values of a "
        "training or validation row",
        "  animal: 3 classes",
        "    train: cat: 10, dog: 10, owl: 10",
        "  tags: 4 classes, any number for each sample",
        "  train 30, validation 15, test 15",
        "  units: train 10, validation 5, test 5",
        "  modality.record: 1 of 4 features are constant in the training rows: 1",
        "  unit: the test rows are of 5 units: intervals from fewer than 20 are too narrow",
        "usable: no errors, 2 warnings",
    ):
        assert line in shown.splitlines()
    assert "sequences of 5 steps of 3 features, float32" in shown
    assert "1 to 5 valid steps, median" in shown
    assert "weight: real numbers from -" in shown


def test_errors_are_listed_apart_and_the_code_is_1(tmp_path, capsys):
    content = arrays()
    content["modality.record"][7, 0] = np.nan
    content["label.animal"][:] = "cat"
    source = write_folder(tmp_path / "data", content)
    code, shown = said(capsys, source)
    assert code == 1
    errors = shown.partition("\nerrors\n")[2].splitlines()
    assert errors[0].startswith("  modality.record has 1 value that is missing")
    assert shown.splitlines()[-1] == "not usable: 4 errors, no warnings"
    assert "1 missing value" in shown


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"split": np.arange(60)}, "split is [N] texts"),
        ({"modality.tones": np.ones(60)}, "modality.tones is [N, d], [N, T, d] or"),
    ],
)
def test_a_wrong_form_is_described_all_the_same(tmp_path, capsys, change, expected):
    code, shown = said(capsys, write_npz(tmp_path / "data.npz", arrays() | change))
    assert code == 1
    assert expected in shown
    assert shown.splitlines()[-1].startswith("not usable: ")


def test_a_source_that_is_not_there_is_a_wrong_command_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path / "none.npz")])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "no such file" in line


def warned(tmp_path, capsys, change):
    _, shown = said(capsys, write_npz(tmp_path / "data.npz", arrays() | change))
    return shown.partition("\nwarnings\n")[2]


def copies_of_training_rows():
    content = arrays()
    for key, values in content.items():
        if key.startswith(("modality", "lengths")):
            values[[45, 59]] = values[[2, 5]]
    return content


def without_lengths():
    return {k: v for k, v in arrays().items() if k in ("modality.tones", "modality.record")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (copies_of_training_rows(), "2 of 15 test rows are training or validation rows as well"),
        (
            {"modality.photo": np.random.default_rng(0).normal(size=(60, 4, 4, 1))},
            "images of floats are from 0 to 1, these from -",
        ),
        (
            {"modality.record": np.float32(1e6 + np.random.default_rng(0).normal(size=(60, 2)))},
            "2 features are large beside their spread, feature 0 first",
        ),
        (
            {"modality.record": 1e-20 * np.random.default_rng(0).normal(size=(60, 2))},
            "2 of 2 features are far from a scale of 1, feature 0 first, from -",
        ),
        (
            {"modality.record": np.random.default_rng(0).normal(size=(60, 2)) * [1, 1e20]},
            "1 of 2 features are far from a scale of 1, feature 1 first",
        ),
        (
            {"label.weight": np.eye(4)[np.arange(60) % 4]},
            "has nothing but 0 and 1 in its 4 columns: save it as booleans",
        ),
        ({"label.weight": np.arange(60.0) % 2}, "has 2 whole values only: save it as whole"),
        (
            {"label.animal": np.repeat([*"abc"], [28, 28, 4])[np.arange(60) * 7 % 60]},
            "fewer than 5 training rows of c",
        ),
        ({"label.tags": np.arange(60)[:, None] % [1, 2, 3, 4] > 0}, "no training row has wild"),
    ],
)
def test_what_is_doubtful_is_a_warning(tmp_path, capsys, change, expected):
    assert expected in warned(tmp_path, capsys, change)
    assert expected not in warned(tmp_path, capsys, {})


def test_padding_without_lengths_is_a_warning(tmp_path, capsys):
    content = arrays()
    assert "rows end in steps that are all zero" not in warned(tmp_path, capsys, {})
    del content["lengths.tones"]
    _, shown = said(capsys, write_npz(tmp_path / "data.npz", content))
    assert "rows end in steps that are all zero: give their valid steps as lengths.tones" in shown


def test_few_test_rows_without_units_are_a_warning(tmp_path, capsys):
    content = arrays()
    del content["unit"]
    _, shown = said(capsys, write_npz(tmp_path / "data.npz", content))
    assert "split: there are 15 test rows: intervals from fewer than 20 are too narrow" in shown


@pytest.mark.parametrize("name", ["check_data", "check-data"])
def test_both_spellings_run(tmp_path, name):
    source = write_npz(tmp_path / "data.npz", arrays())
    words = [sys.executable, "-m", f"interaction_probes.{name}", str(source)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "usable: no errors, 1 warning"


def test_columns_of_a_real_label_that_do_not_vary_in_a_part_are_a_warning(tmp_path, capsys):
    content = arrays()
    weight = np.random.default_rng(0).normal(size=(60, 3))
    weight[content["split"] == "test", 1] = 2
    weight[content["split"] == "train", 2] = 3
    code, shown = said(capsys, write_npz(tmp_path / "data.npz", content | {"label.weight": weight}))
    assert code == 0
    assert (
        "  label.weight: one value in all test rows of column 1 (from 0): R² and MSE are the means "
        "of the other columns"
    ) in shown.splitlines()
    assert (
        "label.weight: one value in all training rows of column 2 (from 0): R² and MSE c" in shown
    )


def test_drawn_test_rows_of_one_unit_are_an_error(tmp_path, capsys):
    content = arrays()
    del content["split"]
    content["unit"] = np.repeat(["a", "b", "c", "d", "e"], 12)
    code, shown = said(capsys, write_npz(tmp_path / "data.npz", content))
    assert code == 1
    assert "test rows are of one unit, and intervals over units need 2" in shown
    assert shown.splitlines()[-1].startswith("not usable")


@pytest.mark.parametrize("name", ["format", "neutral"])
def test_a_format_has_the_names_that_run_has_for_it(name, tmp_path, capsys):
    """They were listed as a set, with None in it and without run's default."""
    known, default = get_args(get_type_hints(DataConfig)[name]), getattr(DataConfig(), name)
    source = write_npz(tmp_path / "data.npz", arrays())
    with pytest.raises(SystemExit):
        main([str(source), f"--{name}", "npz"])
    line = f"error: --{name} is one of {', '.join(known)}, not 'npz'"
    assert capsys.readouterr().err.startswith(line)
    assert said(capsys, source, f"--{name}", default)[0] == 0

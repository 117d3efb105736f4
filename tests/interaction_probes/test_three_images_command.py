"""``run --modalities 3``: from the command line to the table, the profile and the refusals."""

from dataclasses import replace

import pandas as pd
import pytest
from fork_server import launch_by_fork

from interaction_probes import collect, embed, export, features, report, run, sweep, tables
from interaction_probes.analysis.row_filters import teaching_design
from interaction_probes.analysis.subset_profiles import measured_profile, true_profile
from interaction_probes.execution.grid import configs_for_pairs
from interaction_probes.experiment.data import dataset, with_image_checksum
from interaction_probes.figures.__main__ import main as figures
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.presets import PRESETS
from trifeature.__main__ import main as generate

WORDS = [
    "--preset",
    "smoke",
    "--modalities",
    "3",
    "--threads",
    "1",
    "--optim.epochs",
    "1",
    "--device",
    "cpu",
    "--probe.strengths",  # two in place of seven: what is tested is not the choice
    "1e-2",
    "1e-4",
]


def test_three_designs_are_run_by_default_and_one_where_asked(smoke):
    three = with_fields(smoke, {"modalities": 3, "method": "comm"})
    names = [config.pairs for config in configs_for_pairs(three, "both")]
    assert names == ["unbiased", "pair-biased", "triple-biased"]
    ceiling = with_fields(three, {"method": "supervised"})
    assert [config.pairs for config in configs_for_pairs(ceiling, "both")] == ["unbiased"]
    [one] = configs_for_pairs(three, "triple-biased")
    assert (one.pair_rule_strength, one.triple_rule_strength) == (0, 1)


@pytest.mark.parametrize(
    ("task", "design"),
    [
        ("R12", "unbiased"),
        ("U3", "unbiased"),
        ("S13", "pair-biased"),
        ("S123-10", "triple-biased"),
        ("S12to3", "triple-biased"),
    ],
)
def test_a_task_is_read_from_the_design_that_teaches_it(task, design):
    assert teaching_design(task) == design


def test_the_folders_own_samples_are_used(tmp_path):
    data = tmp_path / "data"
    words = [
        "--modalities",
        "3",
        "--triple-rule-strength",
        "1",
        "--format",
        "folders",
        "--pairs",
        "60",
    ]
    words += [
        "--image",
        "32",
        "--shape",
        "20",
        "--period",
        "6",
        "--shapes",
        "4",
        "--textures",
        "4",
        "--colours",
        "4",
    ]
    generate(["generate", *words, "--out", str(data)])
    config = with_fields(PRESETS["smoke"], {"modalities": 3, "folder.path": str(data)})
    own = with_image_checksum(config, own_pairs=True)
    assert (own.triple_rule_strength, own.n_pairs) == (1, 60)
    assert len(dataset(own).pretrain) == 60
    drawn = with_image_checksum(config)
    assert drawn.pairs == "unbiased"
    assert dataset(drawn).modalities == 3
    with pytest.raises(ValueError, match="have 3 images, not 4: --modalities 3"):
        with_image_checksum(replace(config, modalities=4), own_pairs=True)


def test_a_run_of_one_design_prints_its_tasks_and_draws_its_profile(tmp_path, capsys, monkeypatch):
    launch_by_fork(monkeypatch)
    out = tmp_path / "runs"
    run.main([*WORDS, "--pairs", "triple-biased", "--controls", "all", "--out", str(out)])
    printed = capsys.readouterr().out
    assert "comm on triple-biased samples of 3 images" in printed
    assert "S123" in printed
    [folder] = [path for path in out.iterdir() if path.is_dir()]
    assert (folder / "profile.png").is_file()
    assert (folder / "curves.png").is_file()
    probes = pd.read_csv(folder / "metrics.csv").groupby("probe")["task"].unique()
    assert sorted(probes["trilinear"]) == ["S123", "S123-4"]
    assert sorted(probes["bilinear"]) == ["S12to3", "S13", "S13-4"]
    assert sorted(probes["shuffled"]) == ["S123", "S123-4", "S12to3", "S13", "S13-4"]

    table = tmp_path / "results.csv"
    collect.main([str(out), "-o", str(table), "--confusion", str(tmp_path / "confusion.csv")])
    assert "no figure draws the matrices of three images or more" in capsys.readouterr().err
    rows = pd.read_csv(table)
    truth, measured = true_profile(rows), measured_profile(rows, "comm")
    assert truth.shape == measured.shape == (10, 7)
    assert measured.notna().all(axis=None)
    figures(["profile", str(table), "-o", str(tmp_path / "profile.png")])
    with pytest.raises(SystemExit):
        figures(["interactions", str(table), "-o", str(tmp_path / "pairs.png")])
    assert "whose figure is profile" in capsys.readouterr().err
    tables.main([str(table), "--by", "pairs"])
    assert "| method | n | R123 | R12 | U | S13 | S123 | S12to3 |" in capsys.readouterr().out
    report.main([str(table), "-o", str(tmp_path / "report.html")])
    embed.main([str(folder), "-o", str(tmp_path / "embedded.npz")])
    features.main([str(folder), "-o", str(tmp_path / "features.npz")])
    export.main([str(folder), "-o", str(tmp_path / "model.safetensors")])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--method", "factorcl"], "FactorCL is stated for 2 modalities, not for 3"),
        (["--pairs", "biased"], "a design is unbiased, pair-biased or triple-biased"),
        (["--triple-rule-strength", ".5"], "need --pairs design"),
        (["--design.shared", "colour"], "--design options are of pairs"),
        (["--modalities", "2", "--pairs", "pair-biased"], "is of three images or more"),
        (["--modalities", "2", "--method", "symile"], "not for 2; with 2"),
        (["--modalities", "10"], "2 to 9 images"),
        (["--controls", "pid"], "--controls pid is stated for 2 modalities, not for 3: leave it"),
        (["--controls", "masks", "factors"], "--controls factors is stated for 2 modalities"),
        (["--method", "supervised", "--weights", "S=2"], "terms: R123, R12, U1, U2, U3, S13, S13"),
        (["--modalities", "4", "--method", "symile", "--weights", "all=1"], "terms: shuffled\n"),
        (["--modalities", "2", "--weights", "partial=1"], "this method's terms: joint, unimodal\n"),
    ],
)
def test_what_is_impossible_is_one_line(words, line, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        run.main([*WORDS, *words, "--out", str(tmp_path / "runs")])
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert line in error
    assert not (tmp_path / "runs").exists()


SWEEP = [
    *("--preset", "smoke", "--device", "cpu", "--threads", "1", "--processes", "1"),
    *("--grid", "modalities", "3", "--grid", "optim.epochs", "1", "--grid", "n_pairs", "100"),
    *("--grid", "images.renders", "1", "--grid", "probe.strengths", "0.1"),
]


def test_a_sweep_of_three_images_is_not_run_twice(tmp_path, capsys):
    words = [*SWEEP, "--method", "clip", "--pairs", "triple-biased", "--out", str(tmp_path)]
    sweep.main(words)
    [metrics] = tmp_path.glob("clip-*/metrics.csv")
    first = metrics.stat().st_mtime_ns
    capsys.readouterr()
    sweep.main(words)
    assert metrics.stat().st_mtime_ns == first
    assert len([*tmp_path.glob("clip-*/metrics.csv")]) == 1


def test_a_task_of_three_images_is_weighted_by_its_name(tmp_path, capsys):
    words = ["--method", "supervised", "--weights", "S13=8", "--plan", "--out", str(tmp_path)]
    run.main([*WORDS, *words])
    assert "supervised on unbiased samples of 3 images" in capsys.readouterr().out
    weighted = sweep.read([*SWEEP, "--method", "supervised", "--weights", "S13=8"]).configs
    assert [config.weights for config in weighted] == [{"S13": 8.0}]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--method", "comm", "factorcl"], "FactorCL is stated for 2 modalities, not for 3"),
        (["--method", "comm", "--grid", "probe.controls", "pid"], "--controls pid is stated for"),
        (["--method", "supervised", "--weights", "S=2"], "supervised: no loss term 'S'; "),
    ],
)
def test_a_sweep_refuses_what_three_images_rule_out_before_it_starts(words, line, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        sweep.main([*SWEEP, *words, "--out", str(tmp_path / "runs")])
    assert stop.value.code == 2
    assert line in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()

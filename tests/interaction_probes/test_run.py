import json
from pathlib import Path

import pytest
from fork_server import launch_by_fork
from outcome import error_line
from quick_figures import without_rendering

from interaction_probes.execution import launcher as launching
from interaction_probes.experiment.runner import run
from interaction_probes.run import main
from interaction_probes.settings.config import from_dict, to_dict
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import method_table
from interaction_probes.storage.run_folder import RunFolder

SMALL = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--n-pairs", "100"]


def error_of(words, capsys):
    return error_line(main, words, capsys)


MISTAKES = {
    "--method com": "did you mean 'comm'",
    "--method no.such.module:Class": "No module named 'no'",
    "--preset smok": "did you mean 'smoke'",
    "--preset=": "no preset ''",
    "--sed 1": "did you mean --seed?",
    "--pairs unbiase": "did you mean unbiased?",
    "--images.counts.shape 11": "11",
    "--images.counts.texture 1": "1",
    "--design.shared-strength 1.5": "shared_strength lies in [0, 1]",
    "--design.mapping-strength -0.5": "mapping_strength lies in [0, 1]",
    "--design.mapping-strength 0.5": "needs --pairs design",
    "--pairs biased --design.mapping_strength=0.5": "needs --pairs design",
    "--seed 9223372036854775808": "less than 2^63",
    "--seed -1": "a seed is 0 or more",
    "--seed x": "--seed",
    "--n-pairs 1": "at least 2 pairs",
    "--optim.epochs -1": "epochs is 0 or more",
    "--optim.batch 1": "at least 2 pairs",
    "--optim.batch 100000": "100000 is more than the 200 pairs to pretrain on: --optim.batch is",
    "--optim.batch 201": "--optim.batch is at most 200",
    "--controls none": "--controls with nothing after it takes none",
    "--controls nothing": "factors, all, not 'nothing'",
    "--optim.lr nan": "a learning rate is positive",
    "--model.heads 0": "heads is 1 or more",
    "--probe.strengths 0": "positive strengths",
    "--weights joint 0 unimodal 0": "nothing is left",
    "--weights jiont 1": "did you mean 'joint'",
    "--weights joint": "takes pairs of a name and a value, as in --weights NAME 0",
    "--threads -2": "threads is 0",
    "--features fusd": "did you mean 'fused'? this method is probed at fused, projection",
    "--method clip --features fused": "this method is probed at projection, encoder",
    "--method clip --weights cros 1": "did you mean 'cross'",
    "--method clip --views.crop-scale 0.5 1 --plan": "leave out --views.crop-scale",
    "--method pixels --weights cross 1": "this method's terms: none",
    "--lst": "did you mean --list?",
    "--device gpu": "no device 'gpu'",
    "--device mps": "runs use cpu or cuda",
    "--config nowhere/config.json": "no file nowhere/config.json",
    "--config": "--config",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_are_one_line_and_leave_nothing(line, tmp_path, capsys):
    out = tmp_path / "runs"
    preset = [] if line.startswith(("--preset", "--config")) else ["--preset", "smoke"]
    assert MISTAKES[line] in error_of([*preset, "--out", out, *line.split()], capsys)
    assert not out.exists()


def test_a_file_in_place_of_the_output_folder_is_named(tmp_path, capsys):
    out = tmp_path / "file"
    out.write_text("mine")
    for path in (out, out / "inside"):
        said = error_of([*SMALL, "--out", path], capsys)
        assert said == f"error: --out {path}: {out} is a file; --out names a folder\n"
        assert f"{out} is a file" in error_of([*SMALL, "--out", path, "--plan"], capsys)
    assert out.read_text() == "mine"


def test_an_output_folder_that_cannot_be_made_is_named(capsys):
    assert "/proc/runs" in error_of([*SMALL, "--out", "/proc/runs"], capsys)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is damaged"),
        ("[]", "is damaged"),
        ('{"sed": 1}', "no field 'sed' in a config; did you mean 'seed'?"),
        ('{"optim": {"lr": "high"}}', "optim.lr is a number, not 'high'"),
        ('{"optim": {"lr": NaN}}', "a learning rate is positive"),
        ('{"method": "com"}', "no method 'com'"),
    ],
)
def test_a_damaged_config_is_one_line(tmp_path, capsys, content, message):
    path = tmp_path / "config.json"
    path.write_text(content)
    out = tmp_path / "runs"
    said = error_of(["--config", path, "--out", out], capsys)
    assert message in said
    assert "delete the folder" not in said  # it may be any folder of the user's
    assert not out.exists()


def test_what_is_given_in_place_of_a_config_is_told_where_it_is(tmp_path, capsys):
    takes = "--config takes the config.json of a run folder"
    path = tmp_path / "config.json"
    assert f"{tmp_path} is a folder; {takes}\n" in error_of(["--config", tmp_path], capsys)
    path.write_text("{}")
    assert f"{takes}: {path}" in error_of(["--config", tmp_path], capsys)
    status = tmp_path / "run.json"
    status.write_text('{"format": 1, "status": "finished"}')
    said = error_of(["--config", status], capsys)
    assert f"{status} says how a run went; {takes}: {path}" in said


def test_config_and_preset_exclude_each_other(tmp_path, capsys):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_dict(PRESETS["smoke"])))
    assert "omit --preset" in error_of(["--config", path, "--preset", "quick"], capsys)
    of_version = error_of(["--config", path, "--preset-version", "1"], capsys)
    assert "omit --preset-version" in of_version


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--method", "--preset", "--pairs", "--out", "--seed", "--optim.epochs"):
        assert option in shown
    assert "`" not in shown  # a terminal shows no markup
    assert "replace the default" in " ".join(shown.replace("│", " ").split())


def test_the_methods_are_listed(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["--list"])
    shown = capsys.readouterr().out
    assert shown == method_table() + "\n"
    assert "joint, unimodal, mask" in shown  # the terms that --weights takes
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_ends_with_code_130(monkeypatch, capsys):
    def instead(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(launching, "launch", instead)
    with pytest.raises(SystemExit) as stop:
        main(SMALL)
    assert stop.value.code == 130
    assert capsys.readouterr().err.startswith(
        "stopped; run the same command again to resume from the last checkpoint"
    )


@pytest.mark.slow
def test_the_main_job_end_to_end(tmp_path, capsys, monkeypatch):
    out = tmp_path / "runs"
    main([*SMALL, "--out", str(out), "--images.renders", "1", "--probe.strengths", "0.1"])
    shown = capsys.readouterr()
    assert "2 at a time" in shown.out or "1 at a time" in shown.out
    assert "error" not in shown.err
    for name in ("unbiased", "biased  "):
        for epoch in (0, 1, 2):
            assert f"[{name}] epoch {epoch}/2" in shown.out
    table = [line for line in shown.out.splitlines() if line[:3].strip() in ("R", "U1", "U2", "S")]
    rows = {line.split()[0]: line for line in table if " % " in line}
    assert {task: line.split("biased")[0].endswith("un") for task, line in rows.items()} == {
        "R": True,
        "U1": True,
        "U2": True,
        "S": False,
    }
    folders = sorted(path for path in out.iterdir() if path.is_dir())
    assert [path.name.rsplit("-", 1)[0] for path in folders] == [
        "comm-smoke-biased-s0",
        "comm-smoke-unbiased-s0",
    ]
    tables = {"confusion.csv", "dynamics.csv", "losses.csv", "metrics.csv", "representation.csv"}
    whole = {"checkpoint.pt", "config.json", "curves.png", "run.json"} | tables
    page = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
    assert f"{len(whole) - 1} R after `sweep` (run.json, config.json, five tables" in page
    assert f"{len(whole)} R after `run`" in page
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == whole
        assert str(folder) in shown.out
    [picture] = out.glob("*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    metrics = RunFolder(folders[0]).read_metrics()
    accuracy = metrics.query("epoch == 2 and task == 'S' and probe == 'linear'")
    value = accuracy.set_index("metric")["value"]["accuracy"]
    assert f"{100 * value:.1f} %" in rows["S"]

    def here(configs, out, resources, *_):
        return [run(config, out, resources.device) for config in configs]

    # The stored config repeats the run, byte for byte, in a folder of the same name; and here in
    # this process.
    monkeypatch.setattr(launching, "launch", here)
    without_rendering(monkeypatch)
    config = folders[0] / "config.json"
    assert from_dict(json.loads(config.read_text())).pairs == "biased"
    main(["--config", str(config), "--out", str(tmp_path / "again"), "--threads", "1"])
    again = tmp_path / "again" / folders[0].name
    assert (again / "metrics.csv").read_bytes() == (folders[0] / "metrics.csv").read_bytes()


@pytest.mark.slow
def test_mistakes_that_only_the_runs_see_are_told_once(tmp_path, capsys, monkeypatch):
    launch_by_fork(monkeypatch)
    out = tmp_path / "runs"
    message = error_of([*SMALL, "--n-pairs", "2", "--optim.batch", "2", "--out", out], capsys)
    assert message.count("fitting pairs") == 1
    assert message.startswith("error: task ")
    assert not out.exists()

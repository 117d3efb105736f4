import json
import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from quick_sweeps import QUICKLY

from interaction_probes.execution import sweep_executor
from interaction_probes.execution.worker import JobResult
from interaction_probes.experiment.runner import folder_name
from interaction_probes.run_options import read_command
from interaction_probes.settings.presets import PRESETS, find_preset
from interaction_probes.sweep import main, read

ROOT = Path(__file__).parents[2]

MISTAKES = {
    "--method com": "did you mean 'comm'",
    "--method": "--method needs one or more values",
    "--seed --pairs both": "--seed needs one or more values",
    "--mapping_strength --seed 1": "--mapping_strength needs one or more values",
    "--seed one": "--seed takes a whole number, not 'one'",
    "--seed -1": "a seed is 0 or more",
    "--grid": "--grid needs one or more values",
    "--grid optim.lr": "a field and one or more values",
    "--grid optim.lrr 1": "did you mean optim.lr?",
    "--grid optim.lr 0": "a learning rate is positive",
    "--optim.lr 1": "set a field by --grid: --grid optim.lr 1",
    "--optim.lr": "set a field by --grid: --grid optim.lr VALUE",
    "--modalities 3": "no option --modalities; set a field by --grid: --grid modalities 3",
    "--n-pairs=50": "no option --n-pairs; set a field by --grid: --grid n_pairs 50",
    "--controls masks mlp --seed 0": "set a field by --grid: --grid probe.controls masks,mlp",
    "--grid optim.batch 50 100000": "100000 is more than the 10000 pairs to pretrain on",
    "--weights unimodal": "term=number",
    "--weights unimodl=0": "did you mean 'unimodal'",
    "--weights joint=0,unimodal=0": "nothing is left",
    "--weights joint=0,joint=1": "joint given twice",
    "--seed 0 --seed 1": "--seed given twice",
    "--scheduler tcp://host:8786 --processes 2": "omit --processes",
    "--print-commands --processes 2": "omit --processes",
    "--print-commands --scheduler tcp://host:8786": "omit --scheduler",
    "--print-commands --device gpu": "no device 'gpu'",
    "--mapping-strength 2": "mapping_strength lies in [0, 1]",
    "--mapping-strength 0 --pairs biased": "omit --pairs",
    "--mapping-strength 0 --pairs both": "omit --pairs",
    "--mapping-strength 0 --pairs=triple-biased": "omit --pairs",
    "--preset smok": "did you mean 'smoke'",
    "--threads 0": "threads is 1 or more",
    "--processes -1": "processes is 0",
    "--device gpu": "no device 'gpu'",
    "--list": "no option --list; see --help",
    "--sede 1": "did you mean --seed?",
    "--grid modalities 2 +3": "sweep each number of images by itself",
    "--grid modalities 2 3": "sweep each number of images by itself",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_are_one_line_and_leave_nothing(line, tmp_path, capsys):
    out = tmp_path / "runs"
    words = ["--out", out, *line.split()]
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    shown = capsys.readouterr()
    assert stop.value.code == 2
    assert MISTAKES[line] in shown.err
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert not out.exists()


def test_a_file_in_place_of_the_output_folder_is_refused_before_the_plan(tmp_path, capsys):
    out = tmp_path / "file"
    out.write_text("mine")
    with pytest.raises(SystemExit):
        main(["--preset", "smoke", "--out", str(out)])
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (
        "",
        f"error: --out {out}: {out} is a file; --out names a folder\n",
    )


@pytest.mark.parametrize("images", [[], ["--grid", "modalities", "3"]])
def test_each_printed_command_asks_for_one_of_the_runs(images, capsys, tmp_path):
    words = ["--method", "comm", "pixels", "--seed", "0", "1", "--out", str(tmp_path / "my runs")]
    words += ["--grid", "optim.lr", "1e-3", "3e-3", "--weights", "", *images]
    main([*words, "--print-commands"])
    lines = capsys.readouterr().out.splitlines()
    found = []
    for line in lines:
        *start, module_name = shlex.split(line)[:3]
        assert (start, module_name) == (["python", "-m"], "interaction_probes.run")
        options = shlex.split(line)[3:]
        command = read_command(options)
        assert command.out == tmp_path / "my runs"
        assert command.threads == 1
        found += command.configs
    assert found == read(words).configs
    assert not (tmp_path / "my runs").exists()


@pytest.fixture
def done(monkeypatch):
    """Jobs that were handed over; whatever a run is to do takes no time."""
    seen = []

    def instead(number, job):
        seen.append(job)
        found = {"start": 1.0, "step": 2.0, "probing": 3.0} if job.kind == "measure" else None
        return number, JobResult(1.0, found)

    monkeypatch.setattr(sweep_executor, "run_job", instead)
    monkeypatch.setattr(
        sweep_executor, "imap_unordered", lambda f, calls: (f(*call) for call in calls)
    )
    return seen


def test_the_plan_counts_and_estimates(done, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    words = [*QUICKLY, "--seed", "0", "1", "2", "--out", str(tmp_path), "--threads", "2"]
    first, second, _ = read(words).configs
    for config, status in ((first, "finished"), (second, "running")):
        (tmp_path / folder_name(config)).mkdir()
        content = {"status": status, "epoch": 1}
        (tmp_path / folder_name(config) / "run.json").write_text(json.dumps(content))
    main([*words, "--plan"])
    # half done: 1 + 2 steps · 2 + (1 + 3) probings · 3; new: 1 + 4 · 2 + 6 · 3
    assert capsys.readouterr().out == (
        f"3 runs in {tmp_path}: 1 finished, 1 half done, 1 new\n"
        "2 at a time on cpu, 2 threads each; measuring …\n"
        "about 27 s in all, 27 s the longest run\n"
    )
    assert [job.kind for job in done] == ["measure", "measure"]
    main(words)
    assert [job.config["seed"] for job in done if job.kind == "run"] == [1, 2]
    assert {job.threads for job in done} == {2}


def test_a_finished_sweep_has_nothing_to_do(done, tmp_path, capsys):
    words = [*QUICKLY, "--out", str(tmp_path)]
    [config] = read(words).configs
    (tmp_path / folder_name(config)).mkdir()
    (tmp_path / folder_name(config) / "run.json").write_text('{"status": "finished"}')
    main(words)
    assert capsys.readouterr().out == f"1 runs in {tmp_path}: 1 finished, 0 half done, 0 new\n"
    assert done == []


def test_an_interrupt_ends_with_code_130_and_takes_the_wish_away(
    done, tmp_path, capsys, monkeypatch
):
    def interrupt(*_):
        assert list((tmp_path / "runs").glob(".sweep-*"))
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep_executor.SweepProgress, "update", interrupt)
    with pytest.raises(SystemExit) as stop:
        main([*QUICKLY, "--out", str(tmp_path / "runs")])
    assert stop.value.code == 130
    assert capsys.readouterr().err.startswith(
        "stopped; run the same command again to resume from the last checkpoints"
    )
    assert list(tmp_path.rglob("*")) == []


COMMANDS = [
    shlex.split(line.partition(" > ")[0])[3:]
    for name in ("docs/sweeps.md", "README.md")
    for line in (ROOT / name).read_text().replace("`", "\n").splitlines()
    if line.startswith("python -m interaction_probes.sweep ")
]


@pytest.mark.parametrize("words", COMMANDS, ids=shlex.join)
def test_the_documents_commands_are_sweeps(words):
    assert len(read(words).configs) > 1


@pytest.mark.slow
def test_a_sweep_end_to_end(tmp_path, capsys):
    words = [*QUICKLY, "--out", str(tmp_path), "--processes", "2"]
    words += ["--method", "tiny_method:Tiny", "tiny_method:Killed"]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 1
    shown = capsys.readouterr()
    assert "tiny_method:Killed could not be measured: it was killed by SIGKILL" in shown.out
    assert "the longest run, assuming 60 s for each run without measurement" in shown.out
    fine, killed = (tmp_path / folder_name(config) for config in read(words).configs)
    assert f"{fine.name} finished after" in shown.out
    assert f"{killed.name} failed after" in shown.out
    assert shown.err.startswith(
        "error: 1 run failed; the reason is in failure.json in the run folder"
    )
    failure = json.loads((killed / "failure.json").read_text())
    assert failure["reason"].startswith("it was killed by SIGKILL")
    assert failure["config"]["method"] == "tiny_method:Killed"
    assert json.loads((fine / "run.json").read_text())["status"] == "finished"

    # What is finished is not done again, whichever sweep asks for it.
    main([*QUICKLY, "--out", str(tmp_path), "--method", "tiny_method:Tiny"])
    assert "1 finished, 0 half done, 0 new" in capsys.readouterr().out


def test_a_sweep_of_three_images_has_their_default_preset():
    words = ["--pairs", "unbiased", "--grid", "modalities"]
    assert read([*words, "3"]).configs == [PRESETS["quick-3"]]
    assert {c.preset for c in read([*words, "2", "3", "--preset", "smoke"]).configs} == {"smoke"}
    [earlier] = read([*words, "3", "--preset-version", "1"]).configs
    assert (earlier.preset, earlier.preset_version) == ("quick", 1)


def test_an_earlier_version_of_the_preset_can_be_swept():
    words = ["--method", "comm", "--pairs", "biased", "--preset", "paper"]
    [present] = read(words).configs
    [earlier] = read([*words, "--preset-version", "1"]).configs
    assert (earlier.preset_version, present.preset_version) == (1, PRESETS["paper"].preset_version)
    assert earlier == replace(find_preset("paper", 1), method="comm")
    with pytest.raises(ValueError, match="paper has no version 7"):
        _ = read([*words, "--preset-version", "7"]).configs

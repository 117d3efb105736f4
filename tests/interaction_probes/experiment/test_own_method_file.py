"""Runs of a method from a user's own file, which may change between two commands."""

import sys
from dataclasses import replace

import pytest
import torch
from stopping import Interrupted, stop_after

from interaction_probes import sweep
from interaction_probes.experiment.runner import run
from interaction_probes.storage.reuse import find_reusable

CPU = torch.device("cpu")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A file of a user's own with a method in it."""
    path = tmp_path / "own_method.py"
    path.write_text("from tiny_method import Tiny\n\n\nclass Own(Tiny):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_method", raising=False)
    return path


def edit(path):
    path.write_text(path.read_text() + "\n\n# what it computes is another thing now\n")


def test_a_run_that_was_finished_by_another_file_says_so(brief, own, tmp_path, capsys):
    out = tmp_path / "runs"
    words = ["--preset", "smoke", "--method", "own_method:Own", "--pairs", "biased"]
    words += ["--grid", "n_pairs", "100", "--grid", "images.renders", "1", "--out", str(out)]
    [config] = sweep.read(words).configs
    folder = run(config, out, CPU)
    assert folder.read_json("run.json")["weights"] == {"views": 1.0, "pairs": 0.5}
    sweep.main(words)
    assert capsys.readouterr().err == ""
    edit(own)
    sweep.main(words)
    expected = f"1 finished before {own} changed: delete their folders to run them again\n"
    assert capsys.readouterr().err == expected
    lines = []
    run(config, out, CPU, lambda progress: lines.append(progress.line))
    expected = f"finished before; {own} has changed since: delete {folder.path} to run it again"
    assert lines == [expected]


def test_what_another_file_learnt_is_not_taken_over(brief, own, tmp_path):
    config = replace(brief, method="own_method:Own")
    run(config, tmp_path / "runs", CPU)
    further = replace(config, probe=replace(config.probe, controls=("mlp",)))
    assert find_reusable(further, tmp_path / "runs")
    edit(own)
    assert find_reusable(further, tmp_path / "runs") is None


def test_a_ceiling_of_a_users_own_says_that_it_learns_from_labels(brief, own, tmp_path):
    config = replace(brief, method="own_method:Own")
    assert "sees_labels" not in run(config, tmp_path / "plain", CPU).read_json("run.json")
    own.write_text(own.read_text().replace("pass", "sees_labels = True"))
    sys.modules.pop("own_method")
    assert run(config, tmp_path / "ceiling", CPU).read_json("run.json")["sees_labels"] is True


def test_a_run_that_goes_on_with_another_file_says_so(brief, own, tmp_path):
    config = replace(brief, method="own_method:Own")
    with pytest.raises(Interrupted):
        run(config, tmp_path / "runs", CPU, stop_after(1))
    edit(own)
    lines = []
    folder = run(config, tmp_path / "runs", CPU, lambda progress: lines.append(progress.line))
    assert (
        lines[0] == f"{own} has changed since this run began: it resumes with the file as it is now"
    )
    first, _, second = folder.read_json("run.json")["method_file"].partition(", then ")
    assert len(first) == len(second) == 64
    assert first != second
    lines.clear()
    run(config, tmp_path / "runs", CPU, lambda progress: lines.append(progress.line))
    assert lines == ["finished before"]

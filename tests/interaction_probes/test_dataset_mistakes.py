"""What ``run --data`` refuses: one line, exit code 2, nothing written."""

import pytest
from dataset_runs import digits_file, error_of
from fork_server import launch_by_fork

from interaction_probes import run

SMALL = ["--preset", "smoke", "--threads", "1", "--device", "cpu", "--optim.epochs", "1"]
SMALL += ["--probe.strengths", "1e-2", "1e-4"]


@pytest.fixture(autouse=True)
def _forked(monkeypatch):
    launch_by_fork(monkeypatch)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return digits_file(tmp_path_factory.mktemp("digits"))


MISTAKES = {
    "--pairs biased": "--pairs is of generated images",
    "--n-pairs 10": "--n-pairs is of generated images",
    "--modalities 3": "its modalities are chosen by --data.modalities",
    "--images.renders 2": "--images.renders is of generated images",
    "--design.shared-strength 0.5": "--design.shared-strength is of generated images",
    "--images x": "are both given: a run learns from one",
    "--data.modalities left rihgt": "no modality 'rihgt'; did you mean 'right'?",
    "--data.modalities left": "two modalities or more are needed, not 1",
    "--data.neutral negative": "neutral is an option of a format",
    "--data.vectors.name transformer": "transformer is no encoder of vectors",
    "--data-sha256 " + "0" * 64: "have changed: their sha256 is",
    "--method supervised --weights R=2": "no loss term 'R'; this method's terms: digit",
    "--probe.zoom 3 --plan": "--data ignores probe.zoom, so changing it has no effect; leave out",
    "--probe.further-zooms 2": "leave out --probe.further-zooms",
    "--probe.mirrored": "leave out --probe.mirrored",
    "--probe.validation combinations": "leave out --probe.validation",
    "--method symile": "stated for 3 or more modalities, not for 2",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_what_does_not_go_together_is_refused_in_a_line(digits, tmp_path, capsys, words):
    out = tmp_path / "runs"
    given = [*SMALL, "--data", str(digits), *words.split(), "--out", str(out)]
    assert MISTAKES[words] in error_of(run.main, given, capsys)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--data", "missing.npz"], "missing.npz: no such file"),
        (["--preset", "multibench"], "the preset multibench and the options --data.… are of"),
        (["--data.noise.noise", "1"], "are of datasets: give one with --data"),
    ],
)
def test_data_that_are_not_there_are_refused_in_a_line(words, line, tmp_path, capsys):
    given = ["--threads", "1", "--device", "cpu", *words, "--out", str(tmp_path / "runs")]
    assert line in error_of(run.main, given, capsys)

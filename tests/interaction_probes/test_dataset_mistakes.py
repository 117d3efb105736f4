"""What ``run --data`` refuses: one line, exit code 2, nothing written."""

import json

import pytest
from dataset_runs import digits_file, error_of, mixed_file
from fork_server import launch_by_fork

from interaction_probes import run, sweep
from interaction_probes.settings.config import to_dict

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
    "--optim.batch 100000": " samples to pretrain on: --optim.batch is at most ",
    "--method symile": "stated for 3 or more modalities, not for 2",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_what_does_not_go_together_is_refused_in_a_line(digits, tmp_path, capsys, words):
    out = tmp_path / "runs"
    given = [*SMALL, "--data", str(digits), *words.split(), "--out", str(out)]
    assert MISTAKES[words] in error_of(run.main, given, capsys)
    assert not out.exists()


#: Field and a value of it that `run` takes → what is said of it on vectors alone.
WITHOUT_EFFECT = {
    "views.crop_scale 0.6,1": "without images ignores views.crop_scale",
    "views.hue 0.3": "without images ignores views.hue",
    "model.size 24": "without images ignores model.size",
    "model.encoder.norm none": "without images ignores model.encoder.norm",
    "data.sequences.width 20": "without sequences ignores data.sequences.width",
    "data.vectors.width 20": "the encoder perceptron ignores data.vectors.width",
    "images.renders 1": "--images.renders is of generated images",
    "images.geometry.image 30": "--images.geometry.image is of generated images",
    "n_pairs 50": "--n-pairs is of generated images",
    "modalities 3": "its modalities are chosen by --data.modalities",
    "design.unique colour": "--design.unique is of generated images",
    "pair_rule_strength 0.5": "of generated ",
    "probe.zoom 2": "--data ignores probe.zoom",
}


@pytest.mark.parametrize("words", WITHOUT_EFFECT)
def test_run_and_sweep_alike_refuse_what_has_no_effect(digits, tmp_path, capsys, words):
    """Two runs that differ in it are one, which a table would compare with itself."""
    field, value = words.split()
    out = tmp_path / "runs"
    option = [f"--{field.replace('_', '-')}", *value.split(",")]
    given = [*SMALL, "--data", str(digits), *option, "--out", str(out)]
    assert WITHOUT_EFFECT[words] in error_of(run.main, given, capsys)
    for more in ([], ["--print-commands"]):
        given = ["--preset", "smoke", "--data", str(digits), "--grid", field, value, *more]
        assert WITHOUT_EFFECT[words] in error_of(sweep.main, [*given, "--out", str(out)], capsys)
    assert not out.exists()


def test_what_the_kinds_of_a_dataset_have_is_swept(tmp_path):
    mixed = str(mixed_file(tmp_path))
    words = ["--preset", "smoke", "--data", mixed]
    for field, *values in (
        ("views.crop_scale", "0.2,1", "0.6,1"),
        ("model.encoder.norm", "none", "batch"),
        ("data.sequences.width", "20", "40"),
        ("data.vectors.tokens", "4", "8"),
        ("data.noise.noise", "0.1", "0.2"),
    ):
        assert len(sweep.read([*words, "--grid", field, *values]).configs) == 2
    for value in ("n_pairs", "data.classes"):
        with pytest.raises(ValueError, match="leave it out"):
            _ = sweep.read([*words, "--grid", value, "50"]).configs


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


def test_a_presets_batch_is_at_most_what_a_dataset_has(tmp_path, capsys):
    """One that is asked for is refused instead."""
    few = ["--data", str(digits_file(tmp_path, 128))]
    [config] = run.read_command(few).configs
    assert (config.optim.batch, config.n_pairs) == (64, 64)
    [swept] = sweep.read(few).configs
    assert swept == config
    [untrained] = run.read_command([*few, "--method", "pixels"]).configs
    assert untrained.optim.batch == 128
    [own] = run.read_command([*few, "--optim.batch", "50"]).configs
    assert own.optim.batch == 50
    note = "note: batches of 64: the dataset has 64 rows to pretrain on"
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_dict(config)))
    for given, noted in ((few, 1), (["--config", str(path)], 0)):
        run.main([*given, "--device", "cpu", "--plan", "--out", str(tmp_path / "runs")])
        assert capsys.readouterr().err.splitlines().count(note) == noted
    sweep.main([*few, "--seed", "0", "1", "--print-commands"])
    assert capsys.readouterr().err.splitlines().count(note) == 1
    refusal = "error: a batch of 65 is more than the 64 samples to pretrain on: --optim.batch is"
    assert refusal in error_of(run.main, [*few, "--optim.batch=65"], capsys)
    assert refusal in error_of(sweep.main, [*few, "--grid", "optim.batch", "9", "65"], capsys)


@pytest.mark.parametrize(
    "words",
    [
        "--pairs unbiased",
        "--images.counts.shape 3 --pairs design --design.shared-strength 0.5 --n-pairs 70",
        "--modalities 3 --pairs triple-biased",
        "--probe.zoom 2 --pairs biased",
    ],
)
def test_the_config_of_a_run_on_images_is_taken_to_a_dataset(digits, tmp_path, capsys, words):
    """What it has of images alone is no option that somebody gave."""
    [config] = run.read_command(["--preset", "smoke", "--optim.lr", "0.1", *words.split()]).configs
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_dict(config)))
    given = ["--data", str(digits)]
    [found] = run.read_command(["--config", str(path), *given]).configs
    [expected] = run.read_command(["--preset", "smoke", "--optim.lr", "0.1", *given]).configs
    assert found == expected
    said = error_of(run.main, ["--config", str(path), *given, "--n-pairs", "50"], capsys)
    assert "--n-pairs is of generated images" in said

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from interaction_probes.execution import launcher as launching
from interaction_probes.experiment.data import dataset, design_note, with_image_checksum
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.run import main
from interaction_probes.settings.config import ImageFolder, from_dict, to_dict
from interaction_probes.settings.fields import as_options, with_fields
from interaction_probes.sweep import read
from trifeature import PairDesign, generate
from trifeature.dataset.export import export

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def images(smoke_config, tmp_path_factory):
    """The very images that the smoke run draws, as a folder."""
    config = smoke_config
    data = generate(config.images, config.design, config.seed, config.n_pairs)
    out = tmp_path_factory.mktemp("images") / "data"
    export(data, out, "folders", config.images, config.design, config.seed)
    return out


@pytest.fixture
def config(smoke, images):
    return with_image_checksum(replace(smoke, folder=ImageFolder(str(images))))


def test_a_folder_of_the_generators_images_gives_the_same_numbers(smoke, config, tmp_path):
    short = {"optim.epochs": "1", "probe.strengths": "0.1"}
    smoke, config = (with_fields(one, short) for one in (smoke, config))
    drawn, read_back = (run(one, tmp_path, CPU) for one in (smoke, config))
    assert drawn.path != read_back.path
    for name in ("metrics.csv", "losses.csv"):
        assert (drawn.path / name).read_bytes() == (read_back.path / name).read_bytes()
    stored, _, data = load_run(read_back.path, CPU)
    assert stored == config
    assert len(data.train) == 51


def test_the_config_names_the_images_and_survives(config, images, monkeypatch):
    assert config.folder.path == str(images)
    assert len(config.folder.sha256) == 64
    assert config.images.renders == 1
    assert from_dict(to_dict(config)) == config
    assert with_image_checksum(config) == config
    monkeypatch.chdir(images.parent)
    assert with_image_checksum(replace(config, folder=ImageFolder(images.name))) == config


def test_a_runs_name_knows_what_the_images_are_not_where(smoke, config):
    moved = replace(config, folder=replace(config.folder, path="/elsewhere"))
    other = replace(config, folder=replace(config.folder, sha256="0" * 64))
    names = [folder_name(one) for one in (smoke, config, moved, other)]
    assert names[1] == names[2]
    assert len(set(names)) == 3


def test_generated_runs_keep_the_names_that_they_had(smoke):
    # what a run was called before images could come from a folder
    plain = to_dict(smoke)
    del plain["folder"]
    assert from_dict(plain) == smoke
    assert folder_name(from_dict(plain)) == folder_name(smoke)


@pytest.fixture
def own(images, tmp_path):
    """A copy that a test may spoil."""
    for path in images.rglob("*.png"):
        target = tmp_path / "own" / path.relative_to(images)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path / "own"


def test_images_that_changed_are_refused(smoke, own):
    config = with_image_checksum(replace(smoke, folder=ImageFolder(str(own))))
    path = next((own / "test").iterdir())
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    for use in (dataset, with_image_checksum):
        with pytest.raises(ValueError, match="have changed: their sha256 is"):
            use(config)


def test_images_that_are_not_known_yet_are_refused(smoke, own):
    with pytest.raises(ValueError, match="lacks the checksum of its images"):
        dataset(replace(smoke, folder=ImageFolder(str(own))))


@pytest.fixture
def launched(monkeypatch):
    """What a command line would launch, without doing it."""
    seen = []

    def instead(configs, *_):
        seen.append(configs)
        raise ValueError("not launched")

    monkeypatch.setattr(launching, "launch", instead)
    return seen


SMOKE = ["--preset", "smoke", "--device", "cpu"]


def test_one_option_takes_the_images(images, launched, capsys):
    with pytest.raises(SystemExit):
        main([*SMOKE, "--images", str(images)])
    for config in launched[0]:
        assert config.folder == ImageFolder(str(images), config.folder.sha256)
        assert config.images.renders == 1
        with pytest.raises(SystemExit):
            main(as_options(config))
        assert launched[-1] == [config]
    assert capsys.readouterr().err == "error: not launched\n" * 3


def test_images_made_for_another_design_are_told(images, own, config, launched, capsys):
    design = PairDesign("colour", "shape", ("shape", "texture"))
    manifest = json.loads((images / "manifest.json").read_text())
    manifest["pairs"] = to_dict(replace(config, design=design))["design"]
    (own / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SystemExit):
        main([*SMOKE, "--images", str(own)])
    note, _ = capsys.readouterr().err.splitlines()
    assert note.startswith(f"note: {own} was made for shared colour, unique shape, mapped shape to")
    assert note.endswith("uses its own (--design.shared, --design.unique, --design.mapped)")
    known = replace(config, folder=replace(config.folder, path=str(own)))
    assert design_note(known) == note
    assert design_note(replace(known, design=design)) is None
    for damaged in ("{", "[]", '{"pairs": 3}', '{"pairs": {}}'):
        (own / "manifest.json").write_text(damaged)
        assert design_note(known) is None


def test_a_sweep_takes_them_too(images):
    [config] = read(
        ["--preset", "smoke", "--pairs", "biased", "--grid", "folder.path", str(images)]
    ).configs
    assert len(config.folder.sha256) == 64


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--images nowhere", "no folder"),
        (
            "--images {own} --images.counts.shape 3",
            "--images.renders follow from the folder of --images: omit them",
        ),
        ("--images {own} --images-sha256 " + "0" * 64, "have changed: their sha256 is"),
        ("--images-sha256 " + "0" * 64, "goes with the folder that holds them"),
        ("--images {own} --images-sha256 0", "64 hexadecimal digits"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(own, words, message, tmp_path, capsys):
    out = tmp_path / "runs"
    with pytest.raises(SystemExit) as stop:
        main([*SMOKE, "--out", str(out), *words.format(own=own).split()])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not out.exists()

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from adapted_folder import unlist
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


def test_the_seed_draws_pairs_of_a_folders_images(config):
    one, again, other = (
        dataset(replace(config, seed=seed)).pretrain.index.tolist() for seed in (5, 5, 6)
    )
    assert one == again != other


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


def planned(launched, *words):
    """The configs that a command line would launch."""
    with pytest.raises(SystemExit):
        main([*SMOKE, *words])
    return launched[-1]


def test_one_option_takes_the_images(images, launched, capsys):
    for config in planned(launched, "--images", str(images), "--pairs", "both"):
        assert config.folder == ImageFolder(str(images), config.folder.sha256)
        assert config.images.renders == 1
        assert planned(launched, *as_options(config)[2:]) == [config]
    note = f"note: the pairs in {images} are not used: others are drawn by seed 0 and this run's"
    assert capsys.readouterr().err.splitlines() == [f"{note} design", "error: not launched"] * 3


@pytest.fixture(scope="module")
def half(smoke_config, tmp_path_factory):
    """A folder whose pairs are of another seed, number and strength than a run's."""
    config = smoke_config
    design = PairDesign(mapping_strength=0.5)
    out = tmp_path_factory.mktemp("half") / "data"
    data = generate(config.images, design, 7, 60)
    export(data, out, "folders", config.images, design, 7)
    return out, data


def test_a_folders_own_pairs_are_used(half, launched, capsys):
    folder, data = half
    [config] = planned(launched, "--images", str(folder))
    assert config.design == PairDesign(mapping_strength=0.5)
    assert (config.n_pairs, config.seed, config.pairs) == (60, 0, "mapping0.5")
    read_back = dataset(config)
    for name in ("pretrain", "probe_train", "probe_test"):
        ours, theirs = getattr(read_back, name), getattr(data, name)
        np.testing.assert_array_equal(ours.index, theirs.index)
        for task, labels in theirs.labels.items():
            np.testing.assert_array_equal(ours.labels[task], labels)
    np.testing.assert_array_equal(read_back.mapping, data.mapping)
    assert read_back.truth == data.truth
    note, _ = capsys.readouterr().err.splitlines()
    assert note.startswith(f"note: the pairs are those in {folder}: 60 to learn from, shape shared")
    assert "the mapping imposed on 50 %" in note
    # Its options and its config.json name the same run again.
    assert planned(launched, *as_options(config)[2:]) == [config]
    assert with_image_checksum(config) == config


def test_a_batch_is_of_the_pairs_of_the_folder(smoke, launched, capsys, tmp_path):
    """They may be more than the preset has."""
    design = PairDesign()
    data = generate(smoke.images, design, 3, 250)
    export(data, tmp_path / "data", "folders", smoke.images, design, 3)
    given = ["--images", str(tmp_path / "data"), "--optim.batch"]
    [config] = planned(launched, *given, "250")
    assert (config.n_pairs, config.optim.batch) == (250, 250)
    with pytest.raises(SystemExit):
        main([*SMOKE, *given, "251"])
    assert "more than the 250 pairs to pretrain on" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["--pairs biased", "--n-pairs 70", "--design.shared-strength 1"])
def test_options_of_pairs_draw_others(half, launched, capsys, words):
    folder, _ = half
    configs = planned(launched, "--images", str(folder), *words.split())
    assert {config.design.mapping_strength for config in configs} <= {0.0, 1.0}
    assert "are not used: others are drawn by seed 0" in capsys.readouterr().err


def test_a_folder_without_pairs_is_told(own, launched, capsys):
    assert len(planned(launched, "--images", str(own))) == 2
    note, _ = capsys.readouterr().err.splitlines()
    assert note == f"note: {own} has no pairs of its own: they are drawn by seed 0"


def test_a_run_on_a_folders_pairs_is_that_of_the_drawn_ones(smoke, config, images, tmp_path):
    """They were drawn by the run's own seed and design."""
    short = {"optim.epochs": "1", "probe.strengths": "0.1"}
    folder = ImageFolder(str(images))
    ours = with_fields(with_image_checksum(replace(smoke, folder=folder), own_pairs=True), short)
    drawn = with_fields(config, short)
    assert folder_name(ours) != folder_name(drawn)
    one, other = (run(each, tmp_path, CPU) for each in (ours, drawn))
    assert (one.path / "metrics.csv").read_bytes() == (other.path / "metrics.csv").read_bytes()
    assert load_run(one.path, CPU)[0] == ours


@pytest.fixture
def spoilt(half, tmp_path):
    return shutil.copytree(half[0], tmp_path / "spoilt")


def test_pairs_that_changed_are_refused(smoke, spoilt):
    config = with_image_checksum(replace(smoke, folder=ImageFolder(str(spoilt))), own_pairs=True)
    table = spoilt / "pairs_pretrain.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match=r"has 59 pairs, and 60 by manifest.json"):
        dataset(config)
    unlist(spoilt, "files_sha256", "pair_sets")
    for use in (dataset, with_image_checksum):
        with pytest.raises(ValueError, match="images or pairs in"):
            use(config)


def test_another_design_than_that_of_the_pairs_is_refused(smoke, spoilt):
    config = with_image_checksum(replace(smoke, folder=ImageFolder(str(spoilt))), own_pairs=True)
    other = replace(config, design=PairDesign(mapping_strength=1.0))
    with pytest.raises(ValueError, match="leave out --images-sha256 to draw other pairs"):
        dataset(other)


def test_images_made_for_another_design_are_told(images, own, config, launched, capsys):
    design = PairDesign("colour", "shape", ("shape", "texture"))
    manifest = json.loads((images / "manifest.json").read_text())
    manifest["pairs"] = to_dict(replace(config, design=design))["design"]
    (own / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SystemExit):
        main([*SMOKE, "--images", str(own)])
    _, note, _ = capsys.readouterr().err.splitlines()
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
        # the folder's own numbers of values and renders are those of the preset
        (
            "--images {own} --images.geometry.image 48",
            "--images.geometry is of generated images, and --images has its own: omit it",
        ),
        (
            "--images {own} --images.geometry.image 48 --images.counts.shape 3",
            "--images.geometry is of generated images, and --images has its own: omit it",
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

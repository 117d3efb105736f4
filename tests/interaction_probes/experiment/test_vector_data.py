"""Runs on the vector twin: the vectors of ``trifeature generate``, the truth of the images."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from interaction_probes import embed, export, features
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation.representations import encode_inputs, represent
from interaction_probes.experiment.initialisation import fresh_method
from interaction_probes.experiment.opened_data import open_data, probed_inputs
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.published import published_for
from interaction_probes.experiment.runner import run
from interaction_probes.settings.config import from_dict, to_dict
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from interaction_probes.settings.stored_config import stored_dict, with_unstored
from trifeature import FactorCounts, PairDesign
from trifeature.dataset.vectors import VectorDesign, draw_factors, export_vectors

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def small():
    """The preset, with few pairs of few factors."""
    preset = PRESETS["vectors"]
    return with_dataset(
        replace(
            preset,
            n_pairs=200,
            images=replace(preset.images, counts=FactorCounts(4, 4, 4)),
            optim=replace(preset.optim, epochs=2, batch=50),
            probe=replace(preset.probe, strengths=(1e-1, 1e-3)),
        )
    )


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    return run(small, tmp_path_factory.mktemp("runs"), CPU)


def test_the_vectors_are_those_that_trifeature_writes(small, tmp_path):
    design = VectorDesign(FactorCounts(4, 4, 4))
    drawn = draw_factors(design, small.design, small.seed, 200)
    export_vectors(drawn, tmp_path / "data", design, small.design, small.seed)
    data = open_data(small, CPU)
    with np.load(tmp_path / "data" / "data.npz") as file:
        for each in data.vectors:
            assert np.array_equal(each.values, file[f"modality.{each.name}"])
        assert np.array_equal(data.rows, file["split.pretrain"])
        for part, given in (("train", data.train), ("test", data.test)):
            rows = file[f"split.{part}"]
            expected = np.stack([file[f"modality.image{k}"][rows] for k in (1, 2)])
            assert np.array_equal(given.numpy(), expected)
        for task, labels in data.samples.pretrain.labels.items():
            assert np.array_equal(labels, file[f"label.{task}"][file["split.pretrain"]])


def test_samples_labels_and_truth_are_those_of_the_images(small):
    images = replace(small, kind="images", data=type(small.data)())
    images = replace(images, model=replace(small.model, inputs=()))
    ours, theirs = open_data(small, CPU), open_data(images, CPU)
    assert ours.limits() == theirs.limits()
    for name in ("pretrain", "probe_train", "probe_test"):
        one, other = getattr(ours.samples, name), getattr(theirs.samples, name)
        assert np.array_equal(one.index, other.index)


def test_each_sample_is_encoded_from_its_own_vectors(small):
    samples = dataset(small)
    fitted, scored = probed_inputs(small, samples, CPU)
    method = fresh_method(find_method(small.method), small).eval()
    with torch.no_grad():
        codes = encode_inputs(method, scored, small)
        expected = method.combine([codes[0][7:9], codes[1][7:9]])
    found = represent(method, scored, samples.probe_test.index, small)
    assert found.shape == (len(samples.probe_test), small.model.dim)
    assert np.allclose(found[7:9], expected.numpy(), atol=1e-5)
    assert fitted.shape == (2, len(samples.probe_train), 32)


def test_a_run_probes_every_task_at_every_epoch(small, finished):
    metrics = finished.read_metrics()
    linear = metrics[(metrics["probe"] == "linear") & (metrics["metric"] == "accuracy")]
    assert set(linear["epoch"]) == {0, 1, 2}
    assert set(linear["task"]) == {"R", "U1", "U2", "S"}
    assert {"mask1", "mask2", "shuffled", "exact"} <= set(metrics["probe"])
    assert metrics["preset"].unique().tolist() == ["vectors"]
    stored = json.loads((finished.path / "config.json").read_text())
    assert stored["kind"] == "vectors"
    assert from_dict(stored) == small


def test_a_repeated_run_makes_the_same_bytes(small, finished, tmp_path):
    again = run(small, tmp_path, CPU)
    assert again.path.name == finished.path.name
    for name in ("metrics.csv", "losses.csv", "config.json", "representation.csv"):
        assert (again.path / name).read_bytes() == (finished.path / name).read_bytes()


def test_the_vectors_themselves_tell_shapes_and_textures_apart(small):
    data = open_data(replace(small, method="pixels"), CPU)
    method = fresh_method(find_method("pixels"), replace(small, method="pixels"))
    scores = data.probe(method, 0, False, None, [])
    found = {(each.task, each.metric): each.value for each in scores}
    assert found["R", "accuracy"] > 0.9
    assert found["U1", "accuracy"] > 0.9


def test_three_modalities_are_vectors_too(small):
    three = with_dataset(
        with_fields(replace(small, model=replace(small.model, inputs=())), {"modalities": 3})
    )
    assert len(three.model.inputs) == 3
    data = open_data(three, CPU)
    method = fresh_method(find_method("comm"), three, 3)
    scores = data.probe(method, 0, True, [], [])
    assert {each.probe for each in scores} >= {"linear", "mask1", "mask23"}


def test_a_run_writes_features_factors_and_weights(finished, tmp_path):
    embed.main([str(finished.path), "-o", str(tmp_path / "e.npz"), "--device", "cpu"])
    features.main([str(finished.path), "-o", str(tmp_path / "f.npz"), "--device", "cpu"])
    export.main([str(finished.path), "-o", str(tmp_path / "w.safetensors")])
    with np.load(tmp_path / "e.npz") as one, np.load(tmp_path / "f.npz") as other:
        assert np.array_equal(one["features"], other["score_features"])
        assert len(other["fit_features"]) == len(other["fit_R"]) == 200
    described = json.loads((tmp_path / "w.json").read_text())
    assert [each["modality"] for each in described["input"]] == ["image1", "image2"]
    assert described["input"][0]["shape"] == [32]


def test_all_controls_run_but_that_of_crops(small, tmp_path):
    probe = replace(small.probe, controls=("all", "pid", "factors"), every=2)
    lines = []
    folder = run(
        replace(small, probe=probe), tmp_path, CPU, lambda p: lines.append(p.line) if p.line else 0
    )
    probes = set(folder.read_metrics()["probe"])
    assert "public" not in probes
    assert {"bilinear", "mlp", "factors"} <= probes
    assert any("crops images" in line for line in lines)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data.path": "x.npz"}, "--data gives samples of its own"),
        ({"folder.path": "x"}, "--images gives samples of its own"),
    ],
)
def test_other_samples_are_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        with_fields(PRESETS["vectors"], fields)


def test_the_released_protocol_is_refused():
    config = with_fields(PRESETS["vectors"], {"probe.protocol": "public"})
    with pytest.raises(ValueError, match="crops images"):
        with_dataset(config)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("views.hue", 0.3),
        ("model.size", 32),
        ("probe.zoom", 2.0),
        ("images.geometry.image", 96),
        ("model.encoder.widths", "8,8,8"),
        ("data.sequences.width", 20),
    ],
)
def test_options_of_pixels_are_refused(field, value):
    with pytest.raises(ValueError, match=f"--kind vectors ignores {field}"):
        check_heeded(with_fields(PRESETS["vectors"], {field: value}))


def test_clip_has_a_narrow_projection():
    config = preset_for_method(PRESETS["vectors"], "clip")
    assert config.model.dim < PRESETS["vectors"].model.dim


def test_nothing_published_stands_beside_vectors(small):
    whole = with_dataset(PRESETS["vectors"])
    assert published_for(whole) is None
    assert published_for(replace(PRESETS["quick"], design=PairDesign())) is not None


def test_images_keep_their_config():
    stored = stored_dict(PRESETS["quick"])
    assert not {"kind", "data"} & set(stored)
    assert with_unstored(stored) == to_dict(PRESETS["quick"])  # what collected tables read
    assert from_dict(to_dict(PRESETS["vectors"])) == PRESETS["vectors"]


def test_renders_of_three_vectors_say_how_little_they_change(small):
    three = replace(small, modalities=3, model=replace(small.model, inputs=()), n_pairs=60)
    three = with_dataset(replace(three, design=PairDesign()))
    usual = open_data(three, CPU)
    assert usual.notes() == []
    more = replace(three, images=replace(three.images, renders=9))
    found = open_data(more, CPU)
    [line] = found.notes()
    assert line.startswith("images.renders 9 only says how often one sample may recur")
    for ours, theirs in zip(found.vectors, usual.vectors, strict=True):
        assert np.array_equal(ours.values, theirs.values)
    pairs = open_data(replace(small, images=replace(small.images, renders=9)), CPU)
    assert pairs.notes() == []

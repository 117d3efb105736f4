"""Runs on datasets of one's own: resumed bit for bit, masked, chosen on the validation rows."""

import json
import shutil
import warnings
from dataclasses import replace
from textwrap import dedent

import numpy as np
import pytest
import torch
from dataset_runs import dataset_config, digits_file, mixed_file
from small_datasets import arrays, write_folder, write_npz
from stopping import Interrupted, content, stop_after

from interaction_probes.contrast.encoders import InputEncoderConfig
from interaction_probes.datasets import loading
from interaction_probes.datasets.checksum import content_checksum
from interaction_probes.datasets.loading import load_dataset
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.opened_data import open_data
from interaction_probes.experiment.own_dataset import dataset_lines, own_dataset, with_dataset
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.probing.labels.best_epoch import best_epoch
from interaction_probes.settings.config import from_dict
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.stored_config import stored_dict, with_unstored
from interaction_probes.training.encoding import combine_modalities, encode_modalities

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A config on vectors, sequences and images."""
    return dataset_config(mixed_file(tmp_path_factory.mktemp("mixed")))


@pytest.fixture(scope="module")
def whole_mixed(mixed, tmp_path_factory):
    """Its run, which nothing interrupted."""
    return run(mixed, tmp_path_factory.mktemp("whole"), CPU)


def test_few_test_rows_are_told_by_the_warnings_of_the_data_alone(tmp_path):
    config = with_dataset(dataset_config(mixed_file(tmp_path)))
    assert any("fewer than 20 are too narrow" in line for line in dataset_lines(config))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_data(config, CPU)


def test_the_units_of_the_test_rows_are_resampled(tmp_path):
    units = np.concatenate([np.arange(75), 75 + np.arange(15) // 2])
    path = write_npz(tmp_path / "units.npz", {**arrays(90), "unit": units})
    counts = open_data(with_dataset(dataset_config(path)), CPU).counts
    alike = (counts[:, :, None] == counts[:, None]).all(0)
    np.testing.assert_array_equal(alike, units[75:, None] == units[75:])


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_an_interrupted_run_goes_on_bit_for_bit(mixed, whole_mixed, tmp_path, epoch):
    with pytest.raises(Interrupted):
        run(mixed, tmp_path, CPU, stop_after(epoch))
    parts = run(mixed, tmp_path, CPU)
    assert parts.path.name == whole_mixed.path.name
    assert content(parts) == content(whole_mixed)


def test_every_label_and_every_subset_of_the_modalities_is_probed(whole_mixed):
    metrics = whole_mixed.read_metrics()
    last = metrics[metrics["epoch"] == 2]
    assert set(last["task"]) == {"animal", "tags", "weight"}
    probes = {"linear", "shuffled", "mask1", "mask2", "mask3", "mask12", "mask13", "mask23"}
    for _, rows in last.groupby("task"):
        assert set(rows["probe"]) == probes
    linear = last[last["probe"] == "linear"]
    found = {task: set(rows["metric"]) for task, rows in linear.groupby("task")}
    assert {"accuracy", "auc", "bits", "validation", "best_epoch"} <= found["animal"]
    assert {"macro_f1", "micro_f1", "bits", "bits_low"} <= found["tags"]
    assert {"r2", "mse", "r2_high"} <= found["weight"]
    assert set(whole_mixed.read_confusion()["task"]) == {"animal"}
    assert set(whole_mixed.read_representations()["probe"]) == probes - {"shuffled"}


def test_limits_are_chance_and_what_a_label_has_in_all(whole_mixed):
    rows = whole_mixed.read_metrics()
    exact = rows[rows["probe"] == "exact"].set_index(["task", "metric"])["value"]
    assert exact["animal", "bits"] == pytest.approx(np.log2(3))
    assert exact["animal", "chance"] == pytest.approx(1 / 3)
    data = load_dataset(json.loads((whole_mixed.path / "config.json").read_text())["data"]["path"])
    weight = next(label for label in data.labels if label.name == "weight")
    assert exact["weight", "mse_chance"] == pytest.approx(weight.values[data.split.test].var())


def test_the_epoch_is_chosen_by_the_validation_scores(whole_mixed):
    rows = whole_mixed.read_metrics()
    linear = rows[rows["probe"] == "linear"]
    for _, own in linear.groupby("task"):
        scores = own[own["metric"] == "validation"].set_index("epoch")["value"]
        assert [*scores.index] == [0, 1, 2]
        [chosen] = own[own["metric"] == "best_epoch"]["value"]
        assert chosen == best_epoch(scores.to_dict())


def test_the_profile_of_a_label_is_of_the_chosen_epoch_too(whole_mixed):
    rows = whole_mixed.read_metrics()
    for _, own in rows[rows["probe"] != "exact"].groupby("task"):
        [chosen] = own[own["metric"] == "best_epoch"]["value"]
        scores = own[(own["probe"] == "linear") & (own["metric"] == "validation")]
        scores = scores.set_index("epoch")["value"]
        so_far = {epoch: scores[scores.index <= epoch].to_dict() for epoch in (0, 1, 2)}
        best_so_far = {epoch for epoch, found in so_far.items() if best_epoch(found) == epoch}
        for mask in ("mask1", "mask23"):
            found = own[(own["probe"] == mask) & (own["metric"] == "validation")]
            assert sorted(found["epoch"]) == sorted(best_so_far | {2})
            assert chosen in set(found["epoch"])


def test_the_choice_never_sees_the_test_rows(tmp_path):
    """Other labels of the test rows leave every validation score and the epoch as they are."""
    chosen = []
    for name, seed in (("one", 1), ("two", 2)):
        folder = tmp_path / name
        folder.mkdir()
        changed = np.random.default_rng(0).normal(size=90)
        changed[-15:] = np.random.default_rng(seed).normal(size=15)
        config = dataset_config(mixed_file(folder, **{"label.weight": changed}))
        rows = run(config, folder, CPU).read_metrics()
        own = rows[(rows["task"] == "weight") & (rows["probe"] != "exact")]
        kept = own[own["metric"].isin(["validation", "best_epoch", "r2_strength"])]
        kept = kept[kept["probe"] != "shuffled"]
        scores = own[own["metric"] == "r2"]["value"]
        chosen.append((kept[["epoch", "probe", "metric", "value"]].values.tolist(), [*scores]))
    assert chosen[0][0] == chosen[1][0]
    assert chosen[0][1] != chosen[1][1]


def test_digits_are_read_from_their_halves(tmp_path):
    config = dataset_config(digits_file(tmp_path))
    folder = run(config, tmp_path / "runs", CPU)
    rows = folder.read_metrics()
    last = rows[rows["epoch"] == 2].set_index(["task", "probe", "metric"])["value"]
    assert last["digit", "linear", "accuracy"] > 0.7
    assert last["digit", "linear", "bits"] > last["digit", "mask1", "bits"] > 0.5
    assert last["digit", "shuffled", "accuracy_low"] < 0.2
    assert last["ink", "linear", "r2"] > 0.3


def test_a_checkpoint_reads_without_the_data_and_represents_them(mixed, whole_mixed):
    config, method, epoch = load_model(whole_mixed.path, CPU)
    assert epoch == 2
    assert config == with_dataset(mixed)
    data = own_dataset(config)
    test = encode_modalities(method, data.modalities, config.optim, data.split.test)
    assert combine_modalities(method, test).shape == (15, config.model.dim)
    with pytest.raises(ValueError, match=r"mixed.npz, and has no images"):
        dataset(config)


def test_folders_are_named_by_content_and_not_by_path(mixed, tmp_path):
    copy = tmp_path / "copy.npz"
    shutil.copy(mixed.data.path, copy)
    elsewhere = replace(mixed, data=replace(mixed.data, path=str(copy)))
    assert folder_name(with_dataset(elsewhere)) == folder_name(with_dataset(mixed))
    with np.load(mixed.data.path) as file:
        arrays = dict(file)
    folder = write_folder(tmp_path / "folder", arrays)
    ordered = ("record", "tones", "photo")  # of a folder the order is alphabetical
    mapped = replace(mixed, data=replace(mixed.data, path=str(folder), modalities=ordered))
    assert folder_name(with_dataset(mapped)) == folder_name(with_dataset(mixed))
    arrays["modality.record"][0] += 1
    other = replace(mixed, data=replace(mixed.data, path=str(tmp_path / "other.npz")))
    np.savez(other.data.path, **arrays)
    assert folder_name(with_dataset(other)) != folder_name(with_dataset(mixed))


def test_data_that_have_changed_are_refused(mixed, tmp_path):
    copy = tmp_path / "data.npz"
    shutil.copy(mixed.data.path, copy)
    config = with_dataset(replace(mixed, data=replace(mixed.data, path=str(copy))))
    with np.load(copy) as file:
        arrays = dict(file)
    arrays["label.weight"][0] += 1
    np.savez(copy, **arrays)
    with pytest.raises(ValueError, match=r"the data in .*data.npz have changed: their sha256 is"):
        run(config, tmp_path, CPU)


def test_config_notes_and_run_check_the_data_once(tmp_path, monkeypatch):
    """The run's own process reads them once more, to learn from, and compares the checksum."""
    done = []
    for name in ("read_source", "find_errors"):
        real = getattr(loading, name)
        monkeypatch.setattr(
            loading, name, lambda given, real=real, name=name: done.append(name) or real(given)
        )
    config = with_dataset(dataset_config(mixed_file(tmp_path)))
    assert dataset_lines(config) == dataset_lines(config)
    assert with_dataset(config) == config
    assert done == ["read_source", "find_errors"]
    assert content_checksum(own_dataset(config)) == config.data.sha256
    assert done == ["read_source", "find_errors", "read_source"]


def test_a_file_that_has_changed_is_read_again(tmp_path):
    config = dataset_config(mixed_file(tmp_path))
    before = with_dataset(config).data.sha256
    with np.load(config.data.path) as file:
        arrays = dict(file)
    arrays["modality.record"][:, 1] = 3
    np.savez(config.data.path, **arrays)
    found = with_dataset(config)
    assert found.data.sha256 != before
    [line] = [line for line in dataset_lines(found) if "constant" in line]
    assert line.startswith("warning: modality.record: 1 of 4 features are constant")


def test_a_complete_config_is_left_as_it_is(mixed):
    config = with_dataset(mixed)
    assert (config.modalities, config.n_pairs) == (3, 60)
    assert config.data.modalities == ("record", "tones", "photo")
    assert dict(config.data.classes) == {"animal": 3}
    assert [each.kind for each in config.model.inputs] == ["vectors", "sequences", "images"]
    assert with_dataset(config) == config
    assert from_dict(with_unstored(json.loads(json.dumps(stored_dict(config))))) == config


def test_encoders_follow_the_options_or_are_given(mixed):
    encoder = InputEncoderConfig(widths=(16, 16), tokens=2)
    config = with_dataset(replace(mixed, data=replace(mixed.data, vectors=encoder)))
    assert config.model.inputs[0].encoder == encoder
    given = replace(with_dataset(mixed), data=config.data)
    with pytest.raises(ValueError, match=r"ask for different encoders"):
        with_dataset(given)
    own = replace(mixed, model=config.model)
    assert with_dataset(own).model.inputs == config.model.inputs
    fewer = replace(mixed.model, inputs=config.model.inputs[:2])
    with pytest.raises(ValueError, match=r"describes 2 modalities, and the data have 3"):
        with_dataset(replace(mixed, model=fewer))
    turned = replace(mixed.model, inputs=config.model.inputs[::-1])
    with pytest.raises(ValueError, match=r"describes images \[6, 5, 3\] as modality record"):
        with_dataset(replace(mixed, model=turned))


def test_the_preset_of_datasets_needs_one(tmp_path):
    with pytest.raises(ValueError, match=r"the preset multibench .* are of datasets"):
        run(PRESETS["multibench"], tmp_path, CPU)
    assert not [*tmp_path.iterdir()]


def test_a_method_of_three_modalities_is_refused_for_two(tmp_path):
    config = dataset_config(digits_file(tmp_path), method="symile")
    with pytest.raises(ValueError, match=r"is stated for 3 or more modalities, not for 2"):
        run(config, tmp_path, CPU)


def test_a_hidden_modality_that_is_not_expected_is_told_before_the_training(tmp_path, monkeypatch):
    text = """
    import torch
    from interaction_probes import CLIP

    class Careless(CLIP):
        def combine(self, encoded):
            return torch.cat(encoded, dim=1)
    """
    (tmp_path / "hidden_method.py").write_text(dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    config = dataset_config(digits_file(tmp_path), method="hidden_method:Careless")
    words = r"a modality is hidden, .*Careless.combine\(\) takes is None: .*NotImplementedError"
    with pytest.raises(ValueError, match=words):
        run(config, tmp_path / "runs", CPU)
    assert not [*tmp_path.rglob("losses.csv")]  # nothing was trained


@pytest.mark.slow
@pytest.mark.parametrize("method", ["clip", "symile", "supervised", "pixels"])
def test_methods_run_on_modalities_of_every_kind(mixed, tmp_path, method):
    folder = run(replace(mixed, method=method), tmp_path, CPU)
    assert folder.read_status()["status"] == "finished"
    assert "mask13" in set(folder.read_metrics()["probe"])

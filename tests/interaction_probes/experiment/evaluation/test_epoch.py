"""What is probed in a run, when, and what cannot be."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_method import Untrained

from interaction_probes.analysis.schema import Measurement
from interaction_probes.comm.method import CoMM
from interaction_probes.common.streams import stream
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation import held_out
from interaction_probes.experiment.evaluation.epoch_probes import EpochProbes
from interaction_probes.experiment.evaluation.representation_rows import basis_and_row
from interaction_probes.experiment.evaluation.representations import encode_images, pixels
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.runner import run
from interaction_probes.experiment.scores import score_line
from interaction_probes.probing.intervals import draw_resample_counts
from interaction_probes.settings.probe_config import ProbeConfig
from interaction_probes.settings.registry import find_method
from trifeature import FactorCounts
from trifeature.images.factors import combinations

CPU = torch.device("cpu")


def test_no_epochs_probe_once_with_controls(smoke, tmp_path):
    folder = run(replace(smoke, optim=replace(smoke.optim, epochs=0)), tmp_path, CPU)
    metrics = folder.read_metrics()
    assert set(metrics["epoch"]) == {0}
    assert set(metrics["probe"]) == {"exact", "linear", "mask1", "mask2", "shuffled"}
    assert folder.read_json("run.json")["status"] == "finished"
    assert (folder.path / "losses.csv").read_text().count("\n") == 1


def test_every_control_can_be_asked_for(smoke, tmp_path):
    probe = replace(smoke.probe, controls=("all",), validation="combinations")
    config = replace(smoke, probe=probe, optim=replace(smoke.optim, epochs=0), n_pairs=200)
    metrics = run(config, tmp_path, CPU).read_metrics()
    tasks = metrics.groupby("probe")["task"].unique().map(list).to_dict()
    four = ["R", "U1", "U2", "S"]
    everywhere = ("exact", "linear", "public")
    assert tasks == {
        **dict.fromkeys(everywhere, four),
        **{probe: ["S"] for probe in ("mask1", "mask2", "shuffled", "bilinear", "mlp")},
    }
    again = run(config, tmp_path / "again", CPU).read_metrics()
    pd.testing.assert_frame_equal(metrics, again)


def test_scikit_learn_scores_every_task_at_the_same_penalty(smoke, tmp_path):
    probe = replace(smoke.probe, controls=("sklearn",))
    config = replace(smoke, probe=probe, optim=replace(smoke.optim, epochs=0))
    metrics = run(config, tmp_path, CPU).read_metrics()
    assert set(metrics["probe"]) == {"exact", "linear", "sklearn"}
    values = metrics.set_index(["probe", "metric", "task"])["value"]
    ours, theirs = (values.loc[probe] for probe in ("linear", "sklearn"))
    assert list(theirs["accuracy"].index) == ["R", "U1", "U2", "S"]
    pd.testing.assert_series_equal(ours["accuracy_strength"], theirs["accuracy_strength"])
    assert (theirs["converged"] == 1).all()
    assert (theirs["accuracy"] - ours["accuracy"]).abs().max() < 0.02


def test_no_control_need_be_asked_for(smoke, tmp_path):
    config = replace(smoke, probe=replace(smoke.probe, controls=()))
    config = replace(config, optim=replace(smoke.optim, epochs=0))
    assert set(run(config, tmp_path, CPU).read_metrics()["probe"]) == {"exact", "linear"}


def test_a_method_that_needs_both_modalities_has_no_masks(smoke, tmp_path):
    config = replace(smoke, method="tiny_method:Inseparable", probe=replace(smoke.probe))
    config = replace(config, optim=replace(smoke.optim, epochs=0))
    found = set(run(config, tmp_path, CPU).read_metrics()["probe"])
    assert found == {"exact", "linear", "shuffled"}


def test_features_that_are_not_finite_are_refused_in_clear_words(smoke, tmp_path):
    words = (
        r"probe linear: the representation of 100 of 100 train pairs is NaN or infinite after "
        r"epoch 0, .*nothing has been learnt yet"
    )
    with pytest.raises(ValueError, match=words):
        run(replace(smoke, method="tiny_method:Exploded"), tmp_path, CPU)


def test_a_representation_that_diverges_later_is_told_of_the_rate():
    features = [torch.ones(4, 2), torch.full((4, 2), torch.nan)]
    with pytest.raises(ValueError, match=r"4 of 4 test pairs .* epoch 3, .*lower learning rate"):
        basis_and_row(features, 3, "linear")


@pytest.mark.parametrize("name", ["Careless", "Forgetful"])
def test_a_hidden_image_that_is_not_expected_is_told_before_the_training(name, smoke, tmp_path):
    config = replace(smoke, method=f"tiny_method:{name}")
    words = rf"a modality is hidden, .*{name}.combine\(\) takes is None: .*NotImplementedError"
    with pytest.raises(ValueError, match=words):
        run(config, tmp_path, CPU)
    assert not [*tmp_path.rglob("losses.csv")]  # nothing was trained
    run(replace(config, probe=replace(config.probe, controls=("shuffled",))), tmp_path, CPU)


def test_probes_run_every_few_epochs_and_at_the_end(smoke, tmp_path):
    config = replace(
        smoke, optim=replace(smoke.optim, epochs=3), probe=replace(smoke.probe, every=2)
    )
    metrics = run(config, tmp_path, CPU).read_metrics()
    assert sorted(set(metrics[metrics["probe"] == "linear"]["epoch"])) == [0, 2, 3]


def test_other_features_of_the_same_training_are_probed(smoke, tmp_path):
    configs = [
        replace(
            smoke,
            method="clip",
            probe=ProbeConfig(every=2, features=features, strengths=(0.1,)),
        )
        for features in ("default", "projection", "encoder")
    ]
    folders = [run(config, tmp_path, CPU) for config in configs]
    metrics, losses = (
        [(folder.path / name).read_bytes() for folder in folders]
        for name in ("metrics.csv", "losses.csv")
    )
    assert metrics[0] == metrics[1] != metrics[2]
    assert losses[0] == losses[1] == losses[2]


def test_images_are_probed_at_the_zoom_of_the_config(smoke, tmp_path, monkeypatch):
    sides = set()
    encode = CoMM.encode

    def watched(method, modality, images):
        sides.add(images.shape[2:])
        return encode(method, modality, images)

    monkeypatch.setattr(CoMM, "encode", watched)
    probe = replace(smoke.probe, zoom=1.5, controls=("public",))
    config = replace(smoke, method="comm", probe=probe)
    run(replace(config, optim=replace(smoke.optim, epochs=0)), tmp_path, CPU)
    side = 3 * smoke.model.size // 2
    assert sides == {(side, side)}


def test_an_image_probed_at_several_sizes_has_the_mean_of_its_codes(smoke):
    config = replace(smoke, method="comm")
    method = initialise(CoMM, config)
    method.eval()
    images = pixels(dataset(config).test.images)[:7]

    def encoded(zoom, *further):
        probe = replace(config.probe, zoom=zoom, further_zooms=further)
        return encode_images(method, images, replace(config, probe=probe))

    with torch.no_grad():
        alone = [encoded(zoom) for zoom in (1.0, 1.5, 2.0)]
        together = encoded(1.5, 1.0, 2.0)
    for modality, codes in enumerate(together):
        mean = sum(each[modality] for each in alone) / 3
        torch.testing.assert_close(codes, mean, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(codes, alone[1][modality], rtol=1e-3)


def test_the_code_of_an_image_probed_mirrored_too_is_the_mean_of_both(smoke):
    config = replace(smoke, method="comm")
    method = initialise(CoMM, config)
    method.eval()
    images = pixels(dataset(config).test.images)[:7]

    def encoded(shown, mirrored):
        probe = replace(config.probe, zoom=1.5, further_zooms=(1.0,), mirrored=mirrored)
        return encode_images(method, shown, replace(config, probe=probe))

    with torch.no_grad():
        images_alone, mirrors_alone = encoded(images, False), encoded(images.flip(-1), False)
        both = encoded(images, True)
    for one, other, mean in zip(images_alone, mirrors_alone, both, strict=True):
        torch.testing.assert_close(mean, (one + other) / 2, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(mean, one, rtol=1e-3)


def test_sizes_are_mirrored_in_turn_beginning_with_the_first(smoke):
    config = replace(smoke, method="comm")
    method = initialise(CoMM, config)
    method.eval()
    images = pixels(dataset(config).test.images)[:7]

    def encoded(shown, *zooms, in_turn=False):
        first, *further = zooms
        probe = replace(
            config.probe, zoom=first, further_zooms=tuple(further), mirrored_in_turn=in_turn
        )
        return encode_images(method, shown, replace(config, probe=probe))

    with torch.no_grad():
        mirrors, plain = encoded(images.flip(-1), 1.0), encoded(images, 1.5)
        third = encoded(images.flip(-1), 2.0)
        found = encoded(images, 1.0, 1.5, 2.0, in_turn=True)
    for code, *parts in zip(found, mirrors, plain, third, strict=True):
        torch.testing.assert_close(code, sum(parts) / 3, rtol=1e-5, atol=1e-5)


def test_one_size_or_all_mirrored_ones_are_not_mirrored_in_turn(smoke):
    with pytest.raises(ValueError, match="two or more"):
        replace(smoke.probe, mirrored_in_turn=True)
    with pytest.raises(ValueError, match="at every size already"):
        replace(smoke.probe, further_zooms=(1.5,), mirrored=True, mirrored_in_turn=True)


def test_the_public_protocol_can_score_every_probed_epoch(smoke, tmp_path):
    def metrics(protocol, controls=()):
        probe = replace(smoke.probe, protocol=protocol, controls=controls)
        config = replace(smoke, n_pairs=200, optim=replace(smoke.optim, epochs=1), probe=probe)
        return run(config, tmp_path, CPU).read_metrics()

    plain, public = metrics("linear"), metrics("public")
    rows = public[public["probe"] == "public"]
    assert set(zip(rows["epoch"], rows["task"], strict=True)) == {
        (epoch, task) for epoch in (0, 1) for task in ("R", "U1", "U2", "S")
    }
    twice = metrics("public", ("all",))  # which asks for the control too
    assert not twice.duplicated(["epoch", "task", "probe", "metric"]).any()
    others = public[public["probe"] != "public"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, plain)
    # The control scores the last epoch alike.
    last = metrics("linear", ("public",))
    pd.testing.assert_frame_equal(
        last[last["probe"] == "public"].reset_index(drop=True),
        rows[rows["epoch"] == 1].reset_index(drop=True),
    )


def test_tasks_score_the_same_side_by_side(smoke, tmp_path):
    config = replace(smoke, n_pairs=200, optim=replace(smoke.optim, epochs=0))
    first = run(config, tmp_path / "one", CPU).read_metrics()
    torch.set_num_threads(2)
    pd.testing.assert_frame_equal(run(config, tmp_path / "two", CPU).read_metrics(), first)


def test_the_printed_line_names_the_public_protocol():
    rows = [
        Measurement(1, "R", "linear", "accuracy", 0.5),
        Measurement(1, "S", "linear", "accuracy", 0.6),
        Measurement(1, "S", "linear", "auc", 0.7),
    ]
    assert score_line(rows) == "R 50.0  S 60.0  AUC(S) 0.700"
    rows.append(Measurement(1, "R", "public", "accuracy", 0.45))
    assert score_line(rows) == "R 50.0  S 60.0  AUC(S) 0.700  public: R 45.0"


@torch.no_grad()
def test_images_are_encoded_modality_by_modality_whatever_the_threads(smoke):
    method = initialise(find_method("comm"), smoke).eval()
    images = pixels(dataset(smoke).train.images)
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(encode_images(method, images, smoke))
        assert torch.get_num_threads() == threads
    for modality, (one, two) in enumerate(zip(*found, strict=True)):
        assert torch.equal(one, two)  # each modality has one thread of both
        view = eval_transform(images, smoke.probe_size)
        torch.testing.assert_close(one, method.encode(modality, view).float())


def test_test_pairs_are_resampled_with_the_test_images(smoke):
    data = dataset(smoke)
    images = [pixels(part.images) for part in (data.train, data.test)]
    probes = EpochProbes(initialise(Untrained, smoke), data, tuple(images), smoke, 0, [])
    rng = stream(smoke.seed, "bootstrap")
    expected = draw_resample_counts(data.probe_test.index, len(data.test), rng)
    np.testing.assert_array_equal(probes.weights, expected)


def test_pairs_to_choose_on_are_held_out_by_the_combinations_of_all_factors(smoke, monkeypatch):
    monkeypatch.setattr(held_out, "combination_split", lambda combinations, rng: combinations)
    every = combinations(FactorCounts(10, 10, 10))
    samples = SimpleNamespace(index=np.arange(1000).reshape(500, 2))
    data = SimpleNamespace(train=SimpleNamespace(factors=every), probe_train=samples)
    config = replace(smoke, probe=replace(smoke.probe, validation="combinations"))
    found = held_out.split_of(config, data, "S", np.zeros(500))
    assert found.shape == (500, 2)
    assert len(np.unique(found)) == 1000

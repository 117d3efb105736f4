import json
import re
from dataclasses import replace

import pandas as pd
import pytest
import torch
from stopping import content

from interaction_probes.analysis.conclusions.emergence import DYNAMICS_COLUMNS
from interaction_probes.analysis.schema import LOSS_COLUMNS, METRIC_COLUMNS
from interaction_probes.experiment import trainer
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.runner import folder_name, run
from interaction_probes.runtime.global_random_state import seeded_global_state
from interaction_probes.runtime.precision import training_dtype
from interaction_probes.settings.config import RunConfig, from_dict
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from interaction_probes.training import loop
from trifeature import FactorCounts, ImageDesign, generate

CPU = torch.device("cpu")
FILES = {
    "config.json",
    "run.json",
    "metrics.csv",
    "losses.csv",
    "dynamics.csv",
    "confusion.csv",
    "representation.csv",
    "checkpoint.pt",
}


def test_a_run_leaves_its_files(smoke, tmp_path):
    lines = []
    folder = run(smoke, tmp_path, CPU, lambda p: lines.append(p.line) if p.line else None)
    assert folder.path == tmp_path / folder_name(smoke)
    assert {path.name for path in folder.path.iterdir()} == FILES
    assert [line.split()[1] for line in lines] == ["0/2", "1/2", "2/2"]
    status = folder.read_json("run.json")
    assert status["status"] == "finished"
    assert status["precision"] == str(training_dtype(smoke.optim, CPU)).removeprefix("torch.")
    assert status["versions"]["torch"] == torch.__version__

    metrics = folder.read_metrics()
    assert tuple(metrics.columns) == METRIC_COLUMNS
    identity = metrics[["method", "preset", "pairs", "seed"]].drop_duplicates()
    assert identity.values.tolist() == [["tiny_method:Tiny", "smoke", "biased", 0]]
    counts = metrics.groupby(["probe", "epoch"]).size().to_dict()
    # Accuracy and bits with the ends of their intervals and their strengths, and cross-entropy; S
    # has AUC too.
    per_probe = 4 * 9 + 4
    assert counts == {
        ("exact", 0): 4 * 6 + 2 + 1,  # and the additive limit
        **{("linear", epoch): per_probe for epoch in (0, 1, 2)},
        **{(probe, 2): 9 + 4 for probe in ("mask1", "mask2", "shuffled")},  # of S alone
    }
    exact = metrics[metrics["probe"] == "exact"].set_index(["task", "metric"])["value"]
    assert exact["R", "bits"] == pytest.approx(2)
    assert exact["S", "chance"] == 0.5
    assert exact["U1", "chance"] == 0.25

    assert exact["U1", "accuracy"] == 1
    assert exact["S", "cross_entropy_chance"] == exact["S", "bits"]
    values = metrics[metrics["probe"] == "linear"].set_index(["epoch", "task", "metric"])["value"]
    assert (values[2, "U1", "accuracy_low"], values[2, "U1", "accuracy_high"]) > (0, 0)
    assert values[2, "U1", "accuracy_low"] < values[2, "U1", "accuracy_high"]

    dynamics = pd.read_csv(folder.path / "dynamics.csv")
    assert tuple(dynamics.columns) == DYNAMICS_COLUMNS
    assert dynamics["task"].tolist() == ["R", "U1", "U2", "S"]

    losses = pd.read_csv(folder.path / "losses.csv")
    assert tuple(losses.columns) == LOSS_COLUMNS
    assert losses[["epoch", "term"]].values.tolist() == [
        [epoch, term] for epoch in (1, 2) for term in ("views", "pairs")
    ]


def test_the_same_config_gives_the_same_bytes(smoke, tmp_path, whole):
    assert content(run(smoke, tmp_path, CPU)) == content(whole)


def test_another_seed_gives_other_numbers(smoke, tmp_path, whole):
    assert content(run(replace(smoke, seed=1), tmp_path, CPU)) != content(whole)


def test_what_representations_draw_is_seeded_by_the_run_and_the_epoch(brief, tmp_path, monkeypatch):
    seeded = []

    def record(*names, device):
        seeded.append(names)
        return seeded_global_state(*names, device=device)

    monkeypatch.setattr(trainer, "seeded_global_state", record)
    run(replace(brief, seed=5), tmp_path, CPU)
    assert seeded == [(5, "probing", 0), (5, "probing", 2)]


def test_a_method_without_terms_is_probed_once(smoke, tmp_path):
    folder = run(replace(smoke, method="tiny_method:Untrained"), tmp_path, CPU)
    assert set(folder.read_metrics()["epoch"]) == {0}
    assert folder.read_json("run.json")["status"] == "finished"


def variants(smoke):
    yield replace(smoke, method="comm")
    yield replace(smoke, preset="mine")
    yield replace(smoke, seed=1)
    yield replace(smoke, n_pairs=99)
    yield replace(smoke, images=replace(smoke.images, renders=2))
    yield replace(smoke, design=replace(smoke.design, mapped=("texture", "texture")))
    yield replace(smoke, views=replace(smoke.views, hue=0.01))
    yield replace(smoke, model=replace(smoke.model, temperature=0.2))
    yield replace(smoke, model=replace(smoke.model, encoder=replace(smoke.model.encoder, patch=2)))
    bare = replace(smoke.model.encoder, norm="none")
    yield replace(smoke, model=replace(smoke.model, encoder=bare))
    yield replace(smoke, optim=replace(smoke.optim, lr=1e-4))
    yield replace(smoke, probe=replace(smoke.probe, every=2))
    yield replace(smoke, probe=replace(smoke.probe, features="projection"))
    yield replace(smoke, probe=replace(smoke.probe, protocol="public"))
    yield replace(smoke, probe=replace(smoke.probe, controls=("all",)))
    yield replace(smoke, probe=replace(smoke.probe, validation="combinations"))
    yield replace(smoke, weights={"views": 0.0})


def test_every_field_changes_the_folders_name(smoke):
    names = [folder_name(config) for config in (smoke, *variants(smoke))]
    assert len(set(names)) == len(names)
    assert folder_name(smoke).startswith("tiny_method.Tiny-smoke-biased-s0-")
    assert all("/" not in name and ":" not in name for name in names)


def test_a_whole_number_names_the_folder_that_its_float_does(smoke):
    whole, exact = (
        replace(smoke, design=replace(smoke.design, mapping_strength=one), weights={"views": one})
        for one in (1, 1.0)
    )
    assert whole == exact
    assert folder_name(whole) == folder_name(exact)


def test_biased_and_unbiased_runs_share_images_mapping_and_probes():
    config = PRESETS["smoke"]
    biased, unbiased = (
        generate(config.images, replace(config.design, mapping_strength=strength), 0, 100)
        for strength in (1.0, 0.0)
    )
    assert (biased.train.images == unbiased.train.images).all()
    assert (biased.test.images == unbiased.test.images).all()
    assert (biased.mapping == unbiased.mapping).all()
    for name in ("fit", "score"):
        assert (getattr(biased, name).index == getattr(unbiased, name).index).all()
    assert (biased.pretrain.labels["S"] == 1).all()
    assert 0 < unbiased.pretrain.labels["S"].mean() < 1


def test_biased_and_unbiased_runs_start_alike(smoke, tmp_path):
    start = []
    for strength in (0.0, 1.0):
        design = replace(smoke.design, mapping_strength=strength)
        optim = replace(smoke.optim, epochs=0)
        metrics = run(replace(smoke, design=design, optim=optim), tmp_path, CPU).read_metrics()
        start.append(metrics.drop(columns="pairs"))
    pd.testing.assert_frame_equal(*start)


def test_config_of_a_run_is_kept_whole(smoke, whole):
    assert from_dict(json.loads((whole.path / "config.json").read_text())) == smoke


def few(smoke, **counts) -> RunConfig:
    images = ImageDesign(smoke.images.geometry, FactorCounts(**counts), renders=1)
    return replace(smoke, images=images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: replace(c, method="nobody"), "no method 'nobody'"),
        (lambda c: replace(c, weights={"view": 1.0}), "no loss term 'view'"),
        (lambda c: replace(c, probe=replace(c.probe, features="x")), "probed at representation"),
        (
            lambda c: replace(c, method="clip", views=replace(c.views, hue=0.3)),
            r"clip ignores views\.hue",
        ),
        (lambda c: replace(c, n_pairs=49), "a batch of 50 is more than the 49 pairs to pretrain"),
        (
            lambda c: replace(
                few(c, shape=3, texture=3, colour=3), n_pairs=2000, optim=replace(c.optim, batch=57)
            ),
            "a batch of 57 is more than the 56 pairs to pretrain on: --optim.batch is at most 56",
        ),
        (lambda c: replace(c, n_pairs=2, optim=replace(c.optim, batch=2)), "task [RSU12]+: "),
        (
            lambda c: replace(
                few(c, shape=2, texture=2, colour=2), optim=replace(c.optim, batch=2)
            ),
            "task [RSU12]+: all .* of one class",
        ),
        (lambda c: replace(c, model=replace(c.model, size=2)), "too small for this tower"),
    ],
)
def test_refused_configs_leave_nothing(smoke, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        run(change(smoke), tmp_path / "out", CPU)
    assert list(tmp_path.iterdir()) == []


def test_a_term_of_weight_zero_is_logged_and_changes_no_metric(brief, tmp_path, monkeypatch):
    config = replace(brief, method="comm", weights={"unimodal": 0.0})
    lines = []
    folder = run(config, tmp_path / "watched", CPU, lambda p: lines.append(p.line or ""))
    [first] = [line for line in lines if line.startswith("epoch 1/")]
    assert re.search(r"  joint [\d.]+  unimodal [\d.]+ \(weight 0\)", first)
    losses = pd.read_csv(folder.path / "losses.csv")
    assert set(losses["term"]) == {"joint", "unimodal"}
    assert (losses["value"] > 0).all()
    monkeypatch.setattr(
        loop, "evaluate_terms", lambda method, batch, terms: dict.fromkeys(terms, 1.0)
    )
    plain = run(config, tmp_path / "plain", CPU)
    assert content(folder)["metrics.csv"] == content(plain)["metrics.csv"]
    expected = pd.read_csv(plain.path / "losses.csv").query("term == 'joint'")
    pd.testing.assert_frame_equal(losses.query("term == 'joint'"), expected)


def test_the_ceiling_has_a_class_per_value(smoke):
    config = few(smoke, shape=2, texture=3, colour=4)
    weights = initialise(find_method("supervised"), config).state_dict()
    found = {task: len(weights[f"classifiers.{task}.bias"]) for task in ("R", "U1", "U2", "S")}
    assert found == {"R": 2, "U1": 3, "U2": 3, "S": 2}


def test_an_instances_own_terms_are_what_is_trained(brief, tmp_path):
    folder = run(replace(brief, method="tiny_method:Weighing"), str(tmp_path), "cpu")
    assert set(pd.read_csv(folder.path / "losses.csv")["term"]) == {"views"}

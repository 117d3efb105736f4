import time
from dataclasses import replace

import pytest
import torch
from dataset_runs import dataset_config, digits_file
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from interaction_probes.execution.estimate import (
    Cost,
    cost_key,
    format_duration,
    measure_cost,
    remaining_seconds,
    remaining_steps,
    step_seconds,
    wall_clock,
)
from interaction_probes.execution.grid import grid
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.opened_data import open_data
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.presets import find_preset
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.training import loop
from interaction_probes.training.loss_terms import term_weights
from interaction_probes.training.optim import optimizer_for
from trifeature import generate

CPU = torch.device("cpu")


def test_parts_are_timed(smoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = time.perf_counter()
    cost = measure_cost(smoke, CPU, started)
    assert min(cost.start, cost.step, cost.probing) > 0
    assert cost.gpu_memory == 0
    assert 5e7 < cost.memory < 1e11  # PyTorch alone takes some 100 MB
    assert cost.start + cost.step + cost.probing < time.perf_counter() - started
    assert list(tmp_path.iterdir()) == []
    assert measure_cost(replace(smoke, method="pixels"), CPU, started).step == 0


def operations(config):
    """Operations of a step as the forecast says them."""
    return measure_cost(config, CPU, time.perf_counter()).operations


def test_operations_are_those_of_towers_and_of_what_stands_on_them(smoke):
    """A tower's forward pass, by hand, and for each of its matrix products two backward ones."""
    config = with_fields(smoke, {"n_pairs": "20", "optim.batch": "10", "model.encoder.pools": "1"})
    small = operations(config)
    assert operations(with_fields(config, {"optim.batch": "20"})) > 1.9 * small
    # 32 pixels, patches of 4, widths 16 and 32: [16, 48] at 8 × 8 places, then [32, 16 · 9];
    # pixels have no gradient, so the stem has one product less on the way back
    stem, block = 2 * 64 * 16 * 48, 2 * 64 * 32 * 16 * 9
    towers = 10 * 2 * find_method(config.method).n_views * (2 * stem + 3 * block)
    assert towers < small < 2 * towers


def test_terms_that_are_only_watched_are_no_operations_of_a_step(smoke):
    """They are computed once per epoch."""
    optim = replace(smoke.optim, batch=20)
    config = replace(smoke, method="comm", n_pairs=20, optim=optim)
    whole, alone = operations(config), operations(replace(config, weights={"joint": 0.0}))
    assert 0.9 * whole < alone <= whole


def test_steps_that_are_left(smoke):
    config = with_fields(smoke, {"optim.epochs": "5", "n_pairs": "120", "optim.batch": "50"})
    assert remaining_steps(config, None) == 10
    assert remaining_steps(config, 2) == 6
    assert remaining_steps(config, 5) == 0
    whole = with_fields(config, {"optim.drop_last": "false"})  # 50, 50 and 20
    assert remaining_steps(whole, None) == 15
    assert remaining_steps(whole, 2) == 9


def test_steps_are_counted_however_few_pairs_there_are(smoke):
    config = replace(smoke, n_pairs=20)
    data = generate(config.images, config.design, config.seed, config.n_pairs)
    method = initialise(find_method(config.method), config)
    images = pixels(data.train.images)
    assert len(step_seconds(method, config, data, images, steps=3, warm_up=2)) == 3


@pytest.mark.parametrize(("n_pairs", "captured"), [(60, True), (50, False)])
def test_a_graph_is_timed_only_where_the_run_replays_one(n_pairs, captured, smoke, monkeypatch):
    """Batches of 20 of 60 pairs have one size; of 50 the last one has 10."""
    optim = replace(smoke.optim, batch=20, drop_last=False)
    config = replace(smoke, n_pairs=n_pairs, optim=optim)
    data = open_data(config, CPU)
    method = initialise(find_method(config.method), config)
    captures = []

    class Captured:
        def __init__(self, backward, *_):
            captures.append(backward)
            self.replay = backward

    monkeypatch.setattr(loop, "can_capture", lambda *_: True)
    monkeypatch.setattr(loop, "CapturedStep", Captured)
    assert len(step_seconds(method, config, data.samples, data.train, steps=3, warm_up=2)) == 3
    assert bool(captures) == captured


@pytest.mark.parametrize("name", [name for name in METHODS if find_method(name).terms])
def test_steps_of_every_method_are_timed_and_counted(smoke, name):
    """Those of a method in phases are of each, and a step's operations are their mean."""
    modalities = max(2, find_method(name).min_modalities)
    optim = replace(smoke.optim, batch=20)
    config = replace(smoke, method=name, n_pairs=20, modalities=modalities, optim=optim)
    data = open_data(config, CPU)
    method = initialise(find_method(name), config, modalities)
    assert len(step_seconds(method, config, data.samples, data.train, 2, 1)) == 2 * method.phases
    optim = replace(config.optim, epochs=method.phases)  # a step per phase
    weights = {term: weight for term, weight in term_weights(method, {}).items() if weight}
    with FlopCounterMode(display=False) as counter:
        [*data.pretrain(method, optimizer_for(method, optim), optim, weights, 0, lambda *_: None)]
    assert counter.get_total_flops() // method.phases == operations(config) > 0


def test_a_method_in_phases_on_vectors_is_measured(smoke):
    [config] = grid(
        replace(find_preset("vectors"), n_pairs=200), ["disentangled"], [0], pairs="biased"
    )
    cost = measure_cost(config, CPU, time.perf_counter())
    assert min(cost.step, cost.operations) > 0


def test_what_is_left_is_steps_probings_and_controls(smoke):
    config = with_fields(
        smoke, {"optim.epochs": "5", "probe.every": "2", "n_pairs": "120", "optim.batch": "50"}
    )
    cost = Cost(start=1000, step=100, probing=1)
    # 2 steps an epoch; probed before the first epoch and after 2, 4 and 5; masks and shuffled: 3
    assert remaining_seconds(config, cost, None) == 1000 + 5 * 2 * 100 + 4 + 3
    assert remaining_seconds(config, cost, 2) == 1000 + 3 * 2 * 100 + 2 + 3
    untrained = replace(cost, step=0)
    assert remaining_seconds(config, untrained, None) == 1000 + 1 + 3
    everything = with_fields(config, {"probe.controls": "all"})
    assert remaining_seconds(everything, untrained, None) == 1000 + 1 + 6
    checked = with_fields(config, {"probe.controls": "all,sklearn"})
    assert remaining_seconds(checked, untrained, None) == 1000 + 1 + 7
    further = with_fields(config, {"probe.controls": "all,sklearn,pid,factors"})
    assert remaining_seconds(further, untrained, None) == 1000 + 1 + 12
    already = replace(everything, probe=replace(everything.probe, protocol="public"))
    assert remaining_seconds(already, untrained, None) == 1000 + 1 + 5


@given(st.lists(st.integers(0, 50), max_size=9), st.integers(1, 4))
def test_the_last_run_ends_when_a_clock_says_so(durations, at_a_time):
    waiting, active, clock = list(durations), [], 0
    while waiting or active:
        while waiting and len(active) < at_a_time:
            active.append(clock + waiting.pop(0))
        clock = min(active)
        active.remove(clock)
    assert wall_clock(durations, at_a_time) == (max(clock, 0) if durations else 0)


def test_runs_of_equal_cost_are_one_kind(smoke):
    kinds = {
        name: cost_key(config)
        for name, config in {
            "itself": smoke,
            "seed": replace(smoke, seed=5),
            "rate": with_fields(smoke, {"optim.lr": "0.1", "optim.epochs": "7"}),
            "weight": replace(smoke, weights={"views": 0.5}),
            "no term": replace(smoke, weights={"views": 0.0}),
            "method": replace(smoke, method="comm"),
            "width": with_fields(smoke, {"model.dim": "64"}),
            "optimiser": with_fields(smoke, {"optim.optimizer": "muon"}),
            "last batch": with_fields(smoke, {"optim.drop_last": "false"}),
        }.items()
    }
    assert kinds["itself"] == kinds["seed"] == kinds["rate"] == kinds["weight"]
    others = ("itself", "no term", "method", "width", "optimiser", "last batch")
    assert len({kinds[name] for name in others}) == len(others)


@pytest.mark.parametrize(
    ("seconds", "words"), [(45, "45 s"), (720, "12 min"), (12600, "3.5 h"), (0.4, "0 s")]
)
def test_durations_in_words(seconds, words):
    assert format_duration(seconds) == words


def test_a_run_on_a_dataset_is_measured(tmp_path):
    config = with_dataset(dataset_config(digits_file(tmp_path)))
    cost = measure_cost(config, CPU, time.perf_counter())
    assert min(cost.start, cost.step, cost.probing, cost.operations) > 0
    floor = measure_cost(replace(config, method="pixels"), CPU, time.perf_counter())
    assert (floor.step, floor.operations) == (0, 0)
    more = replace(config, data=replace(config.data, sha256="0" * 64))
    assert cost_key(more) != cost_key(config)

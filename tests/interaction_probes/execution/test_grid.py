import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_probes.execution.grid import (
    configs_for_pairs,
    grid,
    parse_grid,
    parse_weights,
)
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import format_weights
from interaction_probes.settings.presets import PRESETS, find_preset
from trifeature import PairDesign

SMOKE = PRESETS["smoke"]


def test_every_combination_once_seed_by_seed():
    fields = parse_grid([["optim.lr", "1e-3", "3e-3"], ["optim.epochs", "1"]])
    weights = [{}, {"joint": 0.0}]
    configs = grid(SMOKE, ["comm"], [0, 1], weights, fields, mapped=[0.0, 0.5])
    found = [
        (c.seed, c.weights.get("joint"), c.optim.lr, c.design.mapping_strength) for c in configs
    ]
    assert found == list(itertools.product((0, 1), (None, 0.0), (1e-3, 3e-3), (0.0, 0.5)))
    assert {c.optim.epochs for c in configs} == {1}
    assert len(grid(SMOKE, ["comm", "comm"], [0, 0])) == 2


def test_no_run_is_compared_with_every_other(monkeypatch):
    """A sweep of 10,000 runs would make fifty million comparisons."""
    compared = []
    equal = RunConfig.__eq__
    monkeypatch.setattr(RunConfig, "__eq__", lambda a, b: compared.append(1) or equal(a, b))
    weights = [{"joint": 0.0, "unimodal": 1.0}, {"unimodal": 1, "joint": -0.0}, {}]
    configs = grid(SMOKE, ["comm"], range(20), weights, {"optim.epochs": ["1", "2", "1"]})
    assert len(configs) == 20 * 2 * 2 * 2
    assert len(compared) <= len(configs)


def test_methods_learn_from_their_own_pairs():
    found = [(c.method, c.pairs) for c in grid(SMOKE, ["clip", "pixels"], [0])]
    assert found == [("clip", "unbiased"), ("clip", "biased"), ("pixels", "unbiased")]
    found = [(c.method, c.pairs) for c in grid(SMOKE, ["clip", "pixels"], [0], pairs="biased")]
    assert found == [("clip", "biased"), ("pixels", "biased")]
    assert configs_for_pairs(SMOKE, "design") == [SMOKE]


def test_strengths_stand_in_for_pairs_or_beside_them():
    designs = [c.design for c in grid(SMOKE, ["comm"], [0], shared=[0.0, 0.5], pairs="unbiased")]
    assert [(d.shared_strength, d.mapping_strength) for d in designs] == [(0.0, 0.0), (0.5, 0.0)]
    designs = [c.design for c in grid(SMOKE, ["comm"], [0], mapped=[0.3])]
    assert [(d.shared_strength, d.mapping_strength) for d in designs] == [(1.0, 0.3)]


def test_strengths_that_are_not_listed_are_those_of_the_config():
    partly = replace(SMOKE, design=PairDesign(shared_strength=0.4, mapping_strength=0.7))

    def strengths(**listed):
        designs = [c.design for c in grid(partly, ["comm"], [0], **listed)]
        return [(d.shared_strength, d.mapping_strength) for d in designs]

    assert strengths(pairs="design") == [(0.4, 0.7)]
    assert strengths(pairs="both") == [(0.4, 0.0), (0.4, 1.0)]
    assert strengths(pairs="design", shared=[0.2, 0.9]) == [(0.2, 0.7), (0.9, 0.7)]
    assert strengths(mapped=[0.1]) == [(0.4, 0.1)]


def test_samples_of_three_images_obey_the_rule_of_their_design_alone():
    found = grid(find_preset("quick-3"), ["comm"], [0])
    assert [(c.pair_rule_strength, c.triple_rule_strength) for c in found] == [
        (0.0, 0.0),
        (1.0, 0.0),
        (0.0, 1.0),
    ]


@given(st.dictionaries(st.sampled_from(["joint", "unimodal", "cross"]), st.floats(-1e6, 1e6)))
def test_weights_read_back(weights):
    assert parse_weights(format_weights(weights)) == weights
    backwards = dict(reversed(weights.items()))
    assert format_weights(backwards) == format_weights(weights)  # one loss, one text


@pytest.mark.parametrize("text", ["joint", "joint=", "=1", "joint=high", "joint 1", "joint=1_0"])
def test_weights_of_another_form_are_refused(text):
    with pytest.raises(ValueError, match=r"--weights takes term=number"):
        parse_weights(text)


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([["optim.lr"]], "one or more values"),
        ([["seed", "1"]], "its own option: --seed"),
        ([["preset_version", "1"]], "its own option: --preset-version"),
        ([["design.mapping-strength", "1"]], "its own option: --mapping-strength"),
        ([["optim.lr", "1"], ["optim.lr", "2"]], "given twice"),
    ],
)
def test_lists_that_cannot_be_meant_are_refused(lists, message):
    with pytest.raises(ValueError, match=message):
        parse_grid(lists)


def test_a_method_starts_from_a_learning_rate_that_it_stands():
    fast = find_preset("quick", 1)
    assert [c.optim.lr for c in grid(fast, ["comm", "factorcl"], [0], pairs="biased")] == [
        fast.optim.lr,
        2e-3,
    ]
    asked = grid(fast, ["factorcl"], [0], fields={"optim.lr": ["5e-3", "1e-4"]}, pairs="biased")
    assert [c.optim.lr for c in asked] == [5e-3, 1e-4]


def test_a_term_that_a_method_lacks_is_told_with_the_method():
    with pytest.raises(ValueError, match="clip: no loss term 'unimodal'"):
        grid(SMOKE, ["comm", "clip"], [0], [{"unimodal": 0.0}])

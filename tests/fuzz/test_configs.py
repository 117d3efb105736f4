"""Configs, valid and broken: accepted whole, or refused as ValueError."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from outcome import one_line, outcome, somewhere

from interaction_probes.common.streams import stream
from interaction_probes.execution import launcher as launching
from interaction_probes.experiment.runner import folder_name
from interaction_probes.run import main
from interaction_probes.run_options import read_command
from interaction_probes.settings.config import RunConfig, from_dict, to_dict
from interaction_probes.settings.fields import as_options, field_kinds, with_fields
from interaction_probes.settings.plain_types import value_of
from interaction_probes.settings.presets import PRESETS
from trifeature import FactorCounts, ImageSet, PairDesign
from trifeature.images.factors import FACTORS
from trifeature.images.image_sets import split_combinations
from trifeature.pairs.design import draw_mapping
from trifeature.pairs.draw import draw_pairs

FEW = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
PLAIN = to_dict(PRESETS["smoke"])
NAMES = list(field_kinds())
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.just(-(10**400)),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.one_of(st.integers(-2, 9), st.floats(), st.text(max_size=2)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.one_of(st.floats(), st.integers()), max_size=2),
)


def with_value(plain, name, value):
    """A copy in which a dotted field, or a group of fields, is another value."""
    changed = copy.deepcopy(plain)
    part = changed
    *groups, last = name.split(".")
    for group in groups:
        part = part[group]
    part[last] = value
    return changed


@FEW
@given(st.sampled_from([*NAMES, "model", "images.geometry", "new", "optim.new"]), odd)
@example("optim.lr", 10**400)
@example("views.crop_scale", [10**400, 1])
@example("weights", {"joint": 10**400})
@example("seed", 10**400)
@example("method", "a" * 5000)
@example("preset", "a" * 5000)
def test_a_changed_field_is_taken_or_refused(name, value):
    changed = with_value(PLAIN, name, value)
    try:
        config = from_dict(changed)
    except ValueError as error:
        one_line(error)
        return
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config
    assert "/" not in folder_name(config).replace(config.method, "")


@FEW
@given(st.sampled_from(NAMES), st.text(max_size=8))
@example("optim.lr", "9" * 5000)
@example("seed", "9" * 5000)
@example("optim.epochs", "٣")
def test_a_field_set_from_text_is_taken_or_refused(name, text):
    try:
        config = with_fields(PRESETS["smoke"], {name: text})
    except ValueError as error:
        one_line(error)
        return
    assert isinstance(config, RunConfig)


VALUES = {
    "seed": ["3"],
    "n_pairs": ["77"],
    "design.mapping_strength": ["0", "0.25", "1"],
    "design.shared_strength": ["0.5"],
    "design.mapped": ["colour,shape"],
    "images.renders": ["2"],
    "images.counts.shape": ["3"],
    "optim.lr": ["0.001", "1e-07"],
    "optim.epochs": ["0", "5"],
    "optim.precision": ["bf16"],
    "probe.controls": ["mlp", "masks,bilinear", "all"],
    "probe.features": ["projection"],
    "probe.protocol": ["public"],
    "probe.validation": ["combinations"],
    "probe.strengths": ["1,0.1"],
    "views.crop_scale": ["0.2,0.9"],
    "model.temperature": ["0.2"],
}


@settings(FEW, max_examples=60)
@given(st.dictionaries(st.sampled_from(list(VALUES)), st.integers(0, 9), max_size=4))
@example({"probe.controls": 1})
@example({"probe.controls": 2, "probe.features": 0})
def test_options_ask_for_the_very_run(chosen):
    """What a sweep prints for job arrays is what it would have done."""
    texts = {name: VALUES[name][k % len(VALUES[name])] for name, k in chosen.items()}
    config = with_fields(PRESETS["smoke"], texts)
    words = as_options(config)
    assert list(read_command(words).configs) == [config]


def test_every_field_has_an_option_of_the_command():
    """Each is set to what another preset says, so that it is printed."""
    for name in NAMES:
        if name in ("method", "preset", "preset_version", "seed", "weights"):
            continue
        ours, theirs = (value_of(to_dict(PRESETS[k]), name) for k in ("paper", "smoke"))
        if ours == theirs:
            continue
        try:
            config = from_dict(with_value(PLAIN, name, ours))
        except ValueError:  # alone it does not fit
            continue
        words = as_options(config)
        assert list(read_command(words).configs) == [config], name


COUNTS = FactorCounts(3, 2, 4)
COMBINATIONS = split_combinations(COUNTS, 0)[0]
IMAGES = ImageSet(np.zeros((len(COMBINATIONS), 1, 1, 3), np.uint8), COMBINATIONS)
factor = st.sampled_from([*FACTORS, "size", ""])
strength = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(-0.1, 1.1), st.just(float("nan")))


@FEW
@given(factor, factor, st.tuples(factor, factor), strength, strength, st.integers(-1, 400))
@example("shape", "texture", ("texture", "colour"), 1.0, 1.0, 10**9)
def test_a_design_draws_pairs_that_obey_it_or_is_refused(
    shared, unique, mapped, shares, maps, size
):
    try:
        design = PairDesign(shared, unique, mapped, shares, maps)
        mapping = draw_mapping(design, COUNTS, 0)
        pairs = draw_pairs(IMAGES, design, mapping, size, stream(0, "pairs"))
    except ValueError as error:
        one_line(error)
        return
    assert 1 <= len(pairs) <= size
    codes = pairs.index[:, 0] * len(IMAGES) + pairs.index[:, 1]
    assert len(set(codes.tolist())) == len(codes)
    if shares == 1:
        k = FACTORS.index(shared)
        assert (COMBINATIONS[pairs.index[:, 0], k] == COMBINATIONS[pairs.index[:, 1], k]).all()


@settings(FEW, max_examples=30)
@given(st.sampled_from([*NAMES, "new"]), odd)
def test_a_stored_config_that_is_broken_is_one_line(name, value):
    def instead(*_, **__):
        raise ValueError("it would begin now")

    with somewhere(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(launching, "launch", instead)
        Path("config.json").write_text(json.dumps(with_value(PLAIN, name, value)))
        outcome(main, ["--config", "config.json"])
        assert [path.name for path in Path().iterdir()] == ["config.json"]


def test_deep_nesting_is_one_line():
    with somewhere():
        Path("config.json").write_text("[" * 100_000)
        assert outcome(main, ["--config", "config.json"]) == 2


def test_the_strategies_reach_both_ends():
    """They are worth nothing if all they draw is refused."""
    assert from_dict(with_value(PLAIN, "seed", 5)) == replace(PRESETS["smoke"], seed=5)

import dataclasses
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.settings.config import (
    ImageFolder,
    OptimConfig,
    RunConfig,
    from_dict,
    to_dict,
)
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.probe_config import ProbeConfig
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign

fractions = st.floats(0, 1)
positive = st.floats(1e-300, 1e300)
factors = st.sampled_from(("shape", "texture", "colour"))
configs = st.builds(
    RunConfig,
    method=st.text(),
    seed=st.integers(0, 2**63 - 1),
    n_pairs=st.integers(2, 10**6),
    images=st.builds(
        ImageDesign,
        geometry=st.just(Geometry(image=50, shape=20, period=6)),
        counts=st.builds(FactorCounts, st.integers(2, 10), st.integers(2, 10), st.integers(2, 10)),
        renders=st.integers(1, 9),
    ),
    folder=st.builds(ImageFolder, path=st.text(min_size=1), sha256=st.sampled_from(("", "a" * 64))),
    design=st.builds(
        PairDesign,
        mapped=st.tuples(factors, factors),
        shared_strength=fractions,
        mapping_strength=fractions,
    ),
    views=st.builds(ViewConfig, brightness=fractions, flip_probability=fractions),
    model=st.builds(
        ModelConfig,
        encoder=st.builds(
            EncoderConfig,
            name=st.sampled_from(("alexnet", "compact")),
            widths=st.just((1, 2)),
            pools=st.just((1,)),
        ),
        temperature=positive,
    ),
    optim=st.builds(
        OptimConfig,
        epochs=st.integers(0, 1000),
        lr=positive,
        warmup=fractions,
        schedule=st.sampled_from(("constant", "cosine", "linear", "trapezoidal")),
    ),
    probe=st.builds(
        ProbeConfig,
        every=st.integers(1, 50),
        strengths=st.lists(positive, min_size=1, max_size=5).map(tuple),
    ),
    weights=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name):
    assert from_dict(json.loads(json.dumps(to_dict(PRESETS[name])))) == PRESETS[name]


@given(configs)
def test_configs_survive_json(config):
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config


def test_missing_fields_take_their_defaults():
    assert from_dict({}) == RunConfig()
    assert from_dict({"optim": {"epochs": 3}}) == RunConfig(optim=OptimConfig(epochs=3))


def test_whole_numbers_stand_for_floats():
    found = from_dict({"optim": {"lr": 1}})
    assert found.optim.lr == 1.0
    assert type(found.optim.lr) is float


def fields(config, path=()):
    """(path, value) of every leaf of a plain config."""
    for name, value in config.items():
        if isinstance(value, dict) and value:
            yield from fields(value, (*path, name))
        else:
            yield (*path, name), value


LEAVES = [path for path, _ in fields(to_dict(PRESETS["smoke"]))]


def changed(path, value):
    plain = to_dict(PRESETS["smoke"])
    inner = plain
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return plain


def refusal(plain):
    with pytest.raises(ValueError, match=r".") as caught:
        from_dict(plain)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
@pytest.mark.parametrize("wrong", [None, True, [True], {"a": None}, "nonsense!"])
def test_every_field_refuses_wrong_types(path, wrong):
    later = (("method",), ("probe", "features"), ("folder", "path"), ("data", "path"))
    if path in later and wrong == "nonsense!":
        assert wrong in str(from_dict(changed(path, wrong)))  # what reads it refuses it
        return
    if wrong is True and path[-1] in ("mirrored", "mirrored_in_turn", "standardise", "drop_last"):
        wrong = 1
    message = refusal(changed(path, wrong))
    assert path[-1] in message.replace("-", "_") or path == ("preset",)


def parents():
    return sorted({path[:k] for path in LEAVES for k in range(len(path))})


@pytest.mark.parametrize("parent", parents(), ids=lambda parent: ".".join(parent) or "top")
def test_unknown_fields_are_refused_with_the_nearest(parent):
    known = next(path[len(parent)] for path in LEAVES if path[: len(parent)] == parent)
    misspelt = known + "x"
    message = refusal(changed((*parent, misspelt), 1))
    assert repr(".".join((*parent, misspelt))) in message
    assert "did you mean " + repr(".".join((*parent, known))) in message


def test_unknown_field_like_no_other_has_no_suggestion():
    assert refusal({"zzzz": 1}) == "no field 'zzzz' in a config"


@pytest.mark.parametrize("parent", ["images", "optim", "weights"])
@pytest.mark.parametrize("wrong", [None, 3, [], "x"])
def test_objects_are_objects(parent, wrong):
    assert f"{parent} is an object" in refusal({parent: wrong})


@pytest.mark.parametrize("wrong", [None, 3, [], "x"])
def test_a_config_is_an_object(wrong):
    assert refusal(wrong).startswith("a config is an object")


OUT_OF_RANGE = {
    "seed": -1,
    "n_pairs": 1,
    "preset": "a/b",
    "optim.epochs": -1,
    "optim.batch": 1,
    "optim.lr": 0,
    "optim.weight_decay": -0.1,
    "optim.warmup": 1.1,
    "optim.schedule": "step",
    "optim.precision": "fp16",
    "probe.every": 0,
    "probe.strengths": [],
    "design.shared_strength": -0.1,
    "design.mapping_strength": 1.01,
    "design.shared": "size",
    "design.mapped": ["shape"],
    "images.renders": 0,
    "images.counts.shape": 1,
    "images.counts.colour": 11,
    "views.crop_scale": [0.5, 0.1],
    "views.hue": 0.6,
    "views.blur_probability": 2,
    "model.temperature": 0,
    "model.size": 0,
    "model.dim": 0,
    "model.heads": -1,
    "model.projection": 0,
    "model.encoder.name": "resnet",
    "model.encoder.patch": 0,
    "model.encoder.widths": [8, -8],
    "model.encoder.pools": [0],
    "weights": {"joint": float("inf")},
    "folder": {"sha256": "0" * 64},
    "folder.sha256": "12",
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_values_out_of_range_are_refused(name):
    refusal(changed(tuple(name.split(".")), OUT_OF_RANGE[name]))


@pytest.mark.parametrize("name", ["lr", "weight_decay", "warmup"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_of_the_optimiser_are_finite(name, value):
    with pytest.raises(ValueError, match=r"not (nan|inf)"):
        OptimConfig(**{name: value})


@pytest.mark.parametrize("strengths", [(0.0,), (1.0, -1.0), (float("nan"),), (float("inf"),)])
def test_strengths_are_positive(strengths):
    with pytest.raises(ValueError, match="positive strengths"):
        ProbeConfig(strengths=strengths)


@pytest.mark.parametrize("zoom", [0.9, -1.0, float("nan"), float("inf")])
def test_probed_images_are_no_smaller_than_the_views(zoom):
    with pytest.raises(ValueError, match="zoom of 1 or more"):
        ProbeConfig(zoom=zoom)


def test_further_zooms_are_checked_too():
    with pytest.raises(ValueError, match=r"zoom of 1 or more, not 0\.5"):
        ProbeConfig(zoom=1.5, further_zooms=(0.5,))
    for further in ((1.5,), (1.0, 1.0)):
        with pytest.raises(ValueError, match="given twice"):
            ProbeConfig(zoom=1.5, further_zooms=further)
    config = RunConfig(model=ModelConfig(size=48), probe=ProbeConfig(zoom=1.5, further_zooms=(1,)))
    assert (config.probe_size, config.probe_sizes) == (72, (72, 48))


@pytest.mark.parametrize(("size", "zoom", "side"), [(48, 1.5, 72), (50, 1.25, 62), (3, 1, 3)])
def test_probed_images_are_whole_pixels_wide(size, zoom, side):
    config = RunConfig(model=ModelConfig(size=size), probe=ProbeConfig(zoom=zoom))
    assert config.probe_size == side


def test_configs_are_frozen():
    for config in (RunConfig(), OptimConfig(), ProbeConfig()):
        with pytest.raises(dataclasses.FrozenInstanceError):
            config.seed = 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shared", "mapped", "name"),
    [
        (1.0, 0.0, "unbiased"),
        (1.0, 1.0, "biased"),
        (1.0, 0.25, "mapping0.25"),
        (0.5, 0.0, "shared0.5-unbiased"),
        (0.0, 0.75, "shared0-mapping0.75"),
    ],
)
def test_pairs_are_named_after_their_strengths(shared, mapped, name):
    design = PairDesign(shared_strength=shared, mapping_strength=mapped)
    assert replace(RunConfig(), design=design).pairs == name


def test_all_controls_are_those_that_it_has_always_meant():
    everything = ProbeConfig(controls=("all",))
    for control in ("masks", "shuffled", "bilinear", "mlp", "public"):
        assert everything.has(control)
    for control in ("sklearn", "pid", "factors"):
        assert not everything.has(control)
        assert ProbeConfig(controls=("all", control)).has(control)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"optim": OptimConfig(schedule="cos")},
            "optim.schedule is one of constant, cosine, linear, trapezoidal, not 'cos'",
        ),
        ({"optim": OptimConfig(epochs=1.5)}, "optim.epochs is a whole number, not 1.5"),
        ({"probe": ProbeConfig(controls=("mask",))}, "probe.controls is one of masks"),
        ({"probe": ProbeConfig(controls="all")}, "probe.controls is a list, not 'all'"),
        ({"seed": True}, "seed is a whole number, not True"),
        ({"optim": None}, "optim is an instance of OptimConfig, not nothing"),
    ],
)
def test_values_of_another_kind_are_refused_from_python_too(changes, message):
    """A dataclass takes anything, and a schedule or a control of no such name would do nothing."""
    with pytest.raises(ValueError, match=message):
        RunConfig(**changes)

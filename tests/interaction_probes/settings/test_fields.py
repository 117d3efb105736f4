from dataclasses import replace

import pytest

from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.run_options import read_command
from interaction_probes.settings.config import to_dict
from interaction_probes.settings.fields import (
    as_options,
    field_kinds,
    find_field,
    with_fields,
)
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.plain_types import value_of
from interaction_probes.settings.presets import PRESETS, find_preset
from interaction_probes.settings.registry import find_method
from trifeature import PairDesign

QUICK = PRESETS["quick"]


def test_every_field_of_a_config_is_known():
    plain = to_dict(QUICK)
    assert {value_of(plain, name) is not None for name in field_kinds()} == {True}
    assert {"seed", "optim.lr", "model.encoder.widths", "images.counts.texture"} <= set(
        field_kinds()
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("optim.lr", "1e-3", 1e-3),
        ("optim.weight_decay", "0", 0.0),
        ("n-pairs", "100", 100),
        ("optim.schedule", "constant", "constant"),
        ("views.crop-scale", "0.2,1", [0.2, 1.0]),
        ("probe.controls", "masks,mlp", ["masks", "mlp"]),
        ("probe.controls", "", []),
        ("probe.strengths", "0.1", [0.1]),
        ("features", "fused", "fused"),  # by the option's name
        ("--controls", "all", ["all"]),
    ],
)
def test_a_field_is_set_from_text_and_nothing_else_is(name, text, value):
    changed = to_dict(with_fields(QUICK, {name: text}))
    field = find_field(name)
    assert value_of(changed, field) == value
    before = to_dict(QUICK)
    differing = [f for f in field_kinds() if value_of(changed, f) != value_of(before, f)]
    assert differing == [field]


def test_a_field_may_be_given_as_the_value_that_it_is():
    changed = with_fields(QUICK, {"probe.controls": ("mlp",), "seed": 7, "optim.lr": 1e-3})
    assert (changed.probe.controls, changed.seed, changed.optim.lr) == (("mlp",), 7, 1e-3)
    with pytest.raises(ValueError, match=r"optim\.lr is a number"):
        with_fields(QUICK, {"optim.lr": None})


def test_another_method_comes_with_a_rate_that_it_stands():
    preset = find_preset("quick", 1)
    assert preset.optim.lr > 2e-3
    assert with_fields(preset, {"method": "factorcl"}).optim.lr == 2e-3
    chosen = with_fields(preset, {"method": "factorcl", "optim.lr": "5e-3"})
    assert (chosen.method, chosen.optim.lr) == ("factorcl", 5e-3)
    assert with_fields(chosen, {"method": "factorcl"}).optim.lr == 5e-3
    with pytest.raises(ValueError, match="did you mean 'factorcl'"):
        with_fields(QUICK, {"method": "factocl"})


def test_fields_that_only_fit_together_are_set_together():
    kernels = {"model.encoder.kernels": ""}  # one per pool as well: the preset has three
    values = {"model.encoder.widths": "8,16", "model.encoder.pools": "2", **kernels}
    assert with_fields(QUICK, values).model.encoder.widths == (8, 16)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("optim.l", "1", "did you mean optim.lr?"),
        ("lr", "1", "did you mean optim.lr?"),
        ("nothing.like.it", "1", "run's --help lists them"),
        ("optim", "1", "optim is a group of fields: optim.epochs"),
        ("optim.lr", "fast", "optim.lr is a number, not 'fast'"),
        ("optim.lr", "1_0", "optim.lr is a number, not '1_0'"),
        ("optim.epochs", "1_0", "optim.epochs is a whole number, not '1_0'"),
        ("probe.strengths", "0.1,1_0", "1_0"),
        ("optim.epochs", "1.5", "optim.epochs is a whole number, not '1.5'"),
        (
            "optim.schedule",
            "step",
            "optim.schedule is one of constant, cosine, linear, trapezoidal, not 'step'",
        ),
        ("optim.schedule", "cosin", "not 'cosin'; did you mean cosine?"),
        ("design.mapped", "texture", "design.mapped is a list of 2 values, not texture"),
        ("probe.strengths", "0.1,-1", "probes need one or more positive strengths, not 0.1, -1.0"),
        ("probe.controls", "masks, mpl", "not 'mpl'; did you mean mlp?"),
        ("views.crop_scale", "1", "a list of 2 values"),
        ("probe.strengths", "", "probes need one or more positive strengths"),
        ("optim.lr", "-1", "a learning rate is positive"),
        ("probe.mirrored", "yes", "probe.mirrored is true or false, not 'yes'"),
    ],
)
def test_a_mistake_is_told(name, text, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        with_fields(QUICK, {name: text})


SMOKE = PRESETS["smoke"]
CONFIGS = {
    "a preset": QUICK,
    "unbiased": replace(SMOKE, design=PairDesign()),
    "strengths": replace(
        SMOKE, seed=3, design=PairDesign(shared_strength=0.5, mapping_strength=0.3)
    ),
    # the preset's rate, where a method would start from a lower one
    "a rate asked for": replace(SMOKE, method="factorcl"),
    "an earlier version of a preset": replace(find_preset("paper", 1), seed=2),
    "the present version of it": find_preset("paper"),
    "vectors": with_dataset(with_fields(PRESETS["vectors"], {"data.vectors.widths": "8,8"})),
    "three vectors": with_dataset(
        with_fields(
            PRESETS["vectors"],
            {"modalities": 3, "pair_rule_strength": 0.5, "design.mapping_strength": 0.0},
        )
    ),
    "much": with_fields(
        replace(SMOKE, method="cross_self", weights={"cross": 0.5}),
        {
            "optim.lr": "1e-05",
            "views.crop_scale": "0.2,0.9",
            "probe.features": "encoder",
            "probe.controls": "masks,mlp",
            "probe.protocol": "public",
            "probe.mirrored": "true",
            "model.encoder.widths": "8,16",
            "images.counts.texture": "3",
            "design.mapped": "colour,texture",
        },
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_options_ask_for_the_very_run(name):
    words = as_options(CONFIGS[name])
    assert list(read_command(words).configs) == [CONFIGS[name]]


def test_a_field_that_a_method_ignores_is_the_presets(monkeypatch):
    check_heeded(replace(QUICK, method="clip"))
    warmer = replace(QUICK, model=replace(QUICK.model, temperature=0.5))
    check_heeded(warmer)
    check_heeded(replace(warmer, method="clip", preset="mine"))  # of which nothing is known
    message = r"clip ignores model\.temperature, so changing it has no effect; leave out --model\.t"
    with pytest.raises(ValueError, match=message):
        check_heeded(replace(warmer, method="clip"))
    monkeypatch.setattr(find_method("clip"), "ignores", ("model.head",))
    with pytest.raises(ValueError, match=r"clip ignores 'model\.head', which is no field"):
        check_heeded(replace(QUICK, method="clip"))


@pytest.mark.parametrize(
    "change",
    [
        {"norm": "batch"},
        {"patch": 2},
        {"pools": (1, 1, 1)},
        {"widths": (8, 8, 8, 8)},
        {"stem": "cosine"},
    ],
)
def test_fields_of_the_compact_tower_are_refused_of_another(change):
    """Such a run would be that of a plain AlexNet under another name."""
    alexnet = with_fields(QUICK, {"model.encoder.name": "alexnet", "model.size": 64})
    check_heeded(alexnet)
    changed = {f"model.encoder.{name}": value for name, value in change.items()}
    check_heeded(with_fields(QUICK, changed))
    with pytest.raises(ValueError, match=r"the tower alexnet ignores model\.encoder"):
        check_heeded(with_fields(alexnet, changed))


def test_what_a_preset_sets_for_a_method_is_no_change_of_its_tower():
    """The supervised ceiling's BatchNorm is the preset's own choice, not the user's."""
    values = {"model.encoder.name": "alexnet", "model.size": 64, "method": "supervised"}
    ceiling = with_fields(QUICK, values)
    assert ceiling.model.encoder.norm != QUICK.model.encoder.norm
    check_heeded(ceiling)

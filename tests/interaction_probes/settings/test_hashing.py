"""Run folders keep their names, whatever fields are added to the config."""

import hashlib
import json
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass, replace
from typing import get_type_hints

import pytest

from interaction_probes.contrast.encoders import InputConfig
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.config import RunConfig, from_dict, to_dict
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.hashing import _hashed
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS, find_preset
from interaction_probes.settings.stored_config import SAMPLE_FIELDS, stored_dict, with_unstored
from interaction_probes.storage.reuse import training_key

#: The fields that entered the hash of the first runs. It never grows: a field that is added
#: declares `added_with_default` in its metadata instead.
FIRST_TEXT = """
method preset seed n_pairs weights
images.geometry.image images.geometry.shape images.geometry.period
images.counts.shape images.counts.texture images.counts.colour images.renders
design.shared design.unique design.mapped design.shared_strength design.mapping_strength
views.crop_scale views.crop_ratio views.brightness views.contrast views.saturation views.hue
views.jitter_probability views.grayscale_probability views.blur_sigma views.blur_probability
views.flip_probability
model.encoder.name model.encoder.patch model.encoder.widths model.encoder.pools
model.size model.dim model.heads model.projection model.temperature
optim.epochs optim.batch optim.lr optim.weight_decay optim.warmup optim.schedule optim.precision
probe.every probe.zoom probe.features probe.strengths probe.validation probe.controls
"""
FIRST = FIRST_TEXT.split()


def undeclared(kind, path=""):
    """Dotted names of the fields that always enter the hash."""
    hints = get_type_hints(kind)
    for each in fields(kind):
        if "added_with_default" in each.metadata or not each.metadata.get("hashed", True):
            continue
        if is_dataclass(hints[each.name]):
            yield from undeclared(hints[each.name], f"{path}{each.name}.")
        else:
            yield path + each.name


def test_only_the_first_fields_always_enter_the_hash():
    message = "declare metadata={'added_with_default': …} on a field that is added"
    assert sorted(undeclared(RunConfig)) == sorted(FIRST), message


def test_a_field_without_a_declaration_would_be_noticed():
    added = [("more", int, field(default=1))]
    assert "more" in [*undeclared(make_dataclass("More", added, bases=(RunConfig,), frozen=True))]
    declared = [("more", int, field(default=1, metadata={"added_with_default": 1}))]
    kind = make_dataclass("More", declared, bases=(RunConfig,), frozen=True)
    assert sorted(undeclared(kind)) == sorted(FIRST)


@dataclass(frozen=True)
class Grown:
    """A config to which a field was added; its default has been changed since."""

    first: int = 1
    added: int = field(default=5, metadata={"added_with_default": 4})
    place: str = field(default="", metadata={"hashed": False})


def test_an_added_field_enters_where_it_differs_from_what_older_versions_meant():
    assert _hashed(Grown(added=4, place="here")) == {"first": 1}
    assert _hashed(Grown()) == {"first": 1, "added": 5}


@pytest.mark.parametrize(
    ("preset", "method", "name"),
    [
        (("quick", 1), "comm", "comm-quick-biased-s0-c0d74133"),
        (("quick", 1), "clip", "clip-quick-biased-s0-4f7bd476"),
        (("quick", 1), "supervised", "supervised-quick-biased-s0-5804514a"),
        (("quick", 2), "comm", "comm-quick-biased-s0-113f24c0"),
        (("quick", 3), "comm", "comm-quick-biased-s0-714414eb"),
        (("quick", 3), "clip", "clip-quick-biased-s0-5b0b142d"),
        ("quick", "comm", "comm-quick-biased-s0-cc1b6ec0"),
        ("quick", "clip", "clip-quick-biased-s0-17c19067"),
        ("quick", "factorcl", "factorcl-quick-biased-s0-3954a833"),
        (("paper", 1), "comm", "comm-paper-biased-s0-b4bc2df3"),
        (("paper", 1), "clip", "clip-paper-biased-s0-dab5317c"),
        (("paper", 2), "comm", "comm-paper-biased-s0-c2388034"),
        ("paper", "comm", "comm-paper-biased-s0-99cf4561"),
        ("paper-112", "comm", "comm-paper-112-biased-s0-83dc5857"),
        ("smoke", "comm", "comm-smoke-biased-s0-29290b85"),
    ],
)
def test_presets_keep_the_names_of_their_runs(preset, method, name):
    config = find_preset(*preset) if isinstance(preset, tuple) else PRESETS[preset]
    assert folder_name(preset_for_method(config, method)) == name


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"seed": 3, "design.mapping_strength": 0.0}, "comm-quick-unbiased-s3-5ffc1b46"),
        (
            {"probe.protocol": "public", "probe.controls": ["all"]},
            "comm-quick-biased-s0-a4a2ceaf",
        ),
        ({"model.encoder.norm": "none"}, "comm-quick-biased-s0-3239c86a"),
        ({"model.encoder.stem": "cosine"}, "comm-quick-biased-s0-5ce754ae"),
        ({"model.encoder.kernels": (2, 3, 3)}, "comm-quick-biased-s0-0159dd5f"),
        ({"model.encoder.kernels": (3, 3, 3)}, "comm-quick-biased-s0-c0d74133"),
        ({"folder.path": "/x", "folder.sha256": "a" * 64}, "comm-quick-biased-s0-65ee5df6"),
        ({"folder.path": "/other", "folder.sha256": "a" * 64}, "comm-quick-biased-s0-65ee5df6"),
        ({"weights": {"unimodal": 0.0}}, "comm-quick-biased-s0-b61eb0bb"),
        (
            {"probe.validation": "combinations", "probe.features": "projection"},
            "comm-quick-biased-s0-934ab2e5",
        ),
    ],
)
def test_other_settings_keep_the_names_of_their_runs(values, name):
    assert folder_name(with_fields(find_preset("quick", 1), values)) == name


def test_the_hash_is_of_the_json_without_what_was_added(smoke):
    plain = to_dict(smoke)
    del plain["probe"]["protocol"], plain["folder"]
    for name in ("norm", "stem", "kernels"):
        del plain["model"]["encoder"][name]
    del plain["optim"]["optimizer"], plain["optim"]["drop_last"]
    del plain["probe"]["further_zooms"], plain["preset_version"]
    del plain["model"]["initialisation"], plain["model"]["inputs"]
    del plain["probe"]["mirrored"], plain["probe"]["mirrored_in_turn"]
    del plain["views"]["jitter"], plain["data"], plain["kind"]
    for name in SAMPLE_FIELDS:
        del plain[name]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    assert folder_name(from_dict(plain)) == folder_name(smoke)
    assert folder_name(smoke).endswith(digest[:8])


def test_fields_that_an_earlier_config_lacks_have_the_value_that_it_meant(smoke):
    """At every depth, so that its table says so and further controls take its training."""
    plain = to_dict(with_fields(smoke, {"seed": "3"}))
    early = json.loads(json.dumps(plain))
    del early["views"]["jitter"], early["probe"]["mirrored"], early["probe"]["further_zooms"]
    del early["probe"]["mirrored_in_turn"]
    del early["model"]["encoder"]["norm"], early["model"]["encoder"]["stem"], early["folder"]
    del early["model"]["initialisation"]
    del early["optim"]["optimizer"], early["optim"]["drop_last"]
    del early["data"], early["kind"], early["modalities"]
    assert with_unstored(early) == plain
    assert training_key(early) == training_key(plain)
    del early["views"]["hue"]  # which no version lacked: nothing to fill it with
    assert "hue" not in with_unstored(early)["views"]


def test_runs_of_pairs_store_no_field_of_samples_and_those_of_three_images_do(smoke):
    assert set(to_dict(smoke)) - set(stored_dict(smoke)) == {*SAMPLE_FIELDS, "data", "kind"}
    assert from_dict(stored_dict(smoke)) == smoke
    three = with_fields(smoke, {"modalities": 3, "triple_rule_strength": 0.5})
    assert with_unstored(stored_dict(three)) == to_dict(three)
    assert three.pairs == "triple0.5"


def test_runs_of_images_store_no_inputs_and_others_are_named_by_them(smoke):
    assert "inputs" not in stored_dict(smoke)["model"]
    assert with_unstored(stored_dict(smoke)) == to_dict(smoke)
    described = (InputConfig("vectors", (5,)), InputConfig("sequences", (7, 3), padded=True))
    own = replace(smoke, model=replace(smoke.model, inputs=described))
    assert from_dict(json.loads(json.dumps(stored_dict(own)))) == own
    longer = replace(own.model, inputs=(described[0], replace(described[1], shape=(8, 3))))
    names = {folder_name(each) for each in (smoke, own, replace(own, model=longer))}
    assert len(names) == 3
    with pytest.raises(ValueError, match=r"model.inputs.shape is a whole number, not 1.5"):
        replace(own, model=replace(own.model, inputs=(InputConfig("vectors", (1.5,)),)))

"""What a preset sets otherwise for a method, and a config with another method."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from interaction_probes.contrast.views.config import AUGMENTATIONS, ViewConfig

from .config import RunConfig, from_dict, to_dict
from .derived_inputs import with_inputs_that_follow
from .plain_types import value_of, with_values
from .presets import preset_of, versions_of
from .registry import find_method


def _fields_of_views(views: ViewConfig) -> dict[str, Any]:
    """Dotted field → its value in plain types."""
    plain = to_dict(RunConfig(views=views))["views"]
    return {f"views.{name}": value for name, value in plain.items()}


#: What version 2 of the quick preset sets otherwise.
_QUICK_2: dict[str, dict[str, Any]] = {
    # A wide projection keeps the textures, which CLIP's loss has no use for.
    "clip": {"model.dim": 16, "optim.lr": 0.012},
    "cross_self": {"optim.lr": 0.012, "model.encoder.norm": "batch"},
    "factorcl": {
        "model.dim": 64,
        "optim.batch": 128,
        "optim.lr": 0.006,
        "probe.features": "encoder",
        **_fields_of_views(AUGMENTATIONS["soft"]),
    },
    "hril": {
        "optim.lr": 0.012,
        "model.encoder.norm": "batch",
        **_fields_of_views(AUGMENTATIONS["soft"]),
    },
    "coral": {"optim.lr": 0.003},
    "mae": {
        "optim.lr": 0.003,
        "model.encoder.norm": "batch",
        **_fields_of_views(AUGMENTATIONS["soft"]),
    },
    "supervised": {"model.encoder.norm": "batch"},
}
#: What version 2 of the vectors sets otherwise.
_VECTORS_2: dict[str, dict[str, Any]] = {
    "clip": {"model.dim": 8},
    "cross_self": {"model.dim": 44},
    "factorcl": {"model.dim": 16},
    "infmasking": {"model.dim": 256},
    # as many epochs as it takes to learn S from a tenth of the pairs
    "supervised": {"optim.lr": 0.01, "optim.epochs": 9, "probe.every": 3},
}
#: What version 3 of the quick preset sets otherwise.
_QUICK_3: dict[str, dict[str, Any]] = {
    **_QUICK_2,
    # Weights that decay forget what the loss has no use for: more textures go.
    "clip": {**_QUICK_2["clip"], "optim.weight_decay": 1.0},
    "factorcl": {**_QUICK_2["factorcl"], "optim.weight_decay": 1.0},
}
#: What version 4 of the quick preset sets otherwise.
_QUICK_4: dict[str, dict[str, Any]] = {
    "clip": {**_QUICK_3["clip"], "model.dim": 12},
    "cross_self": _QUICK_3["cross_self"],
    "factorcl": {**_QUICK_3["factorcl"], "optim.weight_decay": 2.0},
    "hril": {"model.encoder.norm": "batch", **_fields_of_views(AUGMENTATIONS["soft"])},
    "decur": {"model.projection": 512},
    "mae": {**_QUICK_3["mae"], "optim.weight_decay": 1e-4},
    "supervised": _QUICK_3["supervised"],
}
#: (preset, version) → method → the fields that it sets otherwise for this method, by dotted name,
#: in the plain types of config.json.
METHOD_SETTINGS: dict[tuple[str, int], dict[str, dict[str, Any]]] = {
    ("vectors", 1): {"clip": {"model.dim": 8}},
    ("vectors", 2): _VECTORS_2,
    ("vectors", 3): {**_VECTORS_2, "infmasking": {"model.dim": 320}},
    ("quick", 2): _QUICK_2,
    ("quick", 3): _QUICK_3,
    ("quick", 4): _QUICK_4,
    ("quick", 5): _QUICK_4,
}


def preset_for_method(config: RunConfig, name: str, given: Collection[str] = ()) -> RunConfig:
    """A config with another method, in the settings that its preset has for that method.

    A field in which the config differs from its preset is left alone. Where the preset has no
    learning rate for the method, the config's is limited to the method's ``highest_lr``.

    Args:
        config: a preset, or what became of one.
        name: of the method.
        given: dotted names of fields that are left alone in any case.

    Raises:
        ValueError: there is no such method.
    """
    method = find_method(name)
    changes = _changes(config, name)
    plain = with_values(to_dict(config), {f: v for f, v in changes.items() if f not in given})
    config = with_inputs_that_follow(from_dict(plain), config)
    lr = config.optim.lr
    if "optim.lr" not in given and "optim.lr" not in settings_of_method(config, name):
        lr = min(lr, method.highest_lr)
    return replace(config, method=name, optim=replace(config.optim, lr=lr))


def settings_of_method(config: RunConfig, name: str) -> Mapping[str, Any]:
    """Dotted field → its value, where a config's preset has another one for a method."""
    return METHOD_SETTINGS.get((config.preset, config.preset_version), {}).get(name, {})


def usual_values(preset: str, version: int, method: str) -> dict[str, Any] | None:
    """A preset in plain types, with its settings for a method, whose class is not looked up.

    None for a name or a version that is not known.
    """
    config = preset_of(preset, version)
    if config is None:
        return None
    return with_values(to_dict(config), settings_of_method(config, method))


def alike_versions(preset: str, version: int, method: str) -> frozenset[int]:
    """The versions of a preset that set for a method all that a given version sets, with that one.

    A version that changes the settings of one method leaves those of the others as they were, and
    their runs comparable. The given version alone where it, or the preset, is not known.
    """
    usual = usual_values(preset, version, method)
    if usual is None:
        return frozenset({version})
    return frozenset(
        other
        for other in versions_of(preset)
        if usual_values(preset, other, method) == {**usual, "preset_version": other}
    )


def _changes(config: RunConfig, name: str) -> dict[str, Any]:
    """The fields that a config takes from its preset's settings for another method."""
    names = config.preset, config.preset_version
    before, after = usual_values(*names, config.method), usual_values(*names, name)
    if before is None or after is None:
        return {}
    plain = to_dict(config)
    fields = {**settings_of_method(config, config.method), **settings_of_method(config, name)}
    return {
        field: value_of(after, field)
        for field in fields
        if value_of(plain, field) == value_of(before, field)
    }

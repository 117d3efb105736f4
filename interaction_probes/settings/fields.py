"""The fields of a config by dotted names: set from text, and written as options of ``run``."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from interaction_probes.common.number_texts import read_number
from interaction_probes.common.spelling import nearest

from .config import RunConfig, from_dict, to_dict
from .derived_inputs import with_inputs_that_follow, without_derived_inputs
from .method_settings import preset_for_method
from .plain_types import value_of, with_values
from .presets import find_preset, for_datasets

#: Fields whose option of ``run`` has another name than theirs.
_OPTIONS = {
    "probe.protocol": "--probe",
    "probe.features": "--features",
    "probe.controls": "--controls",
    "folder.path": "--images",
    "folder.sha256": "--images-sha256",
    "data.path": "--data",
    "data.sha256": "--data-sha256",
}


#: Fields that follow from the content of a dataset.
_OF_CONTENT = ("data.classes", "modalities", "n_pairs", "design.mapping_strength")


def field_kinds(kind: Any = RunConfig, path: str = "") -> dict[str, Any]:
    """Every field of a config that is no group of fields: dotted name → its type."""
    found: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        inner = field_kinds(hint, f"{path}{name}.") if is_dataclass(hint) else None
        found |= {path + name: hint} if inner is None else inner
    return found


def find_field(name: str) -> str:
    """A field's dotted name, from itself or from its option of ``run``; dashes are underscores.

    Raises:
        ValueError: there is no such field.
    """
    known = field_kinds()
    name = name.lstrip("-").replace("-", "_")
    by_option = {option.strip("-").replace("-", "_"): field for field, option in _OPTIONS.items()}
    name = by_option.get(name, name)
    if name in known:
        return name
    if inside := [field for field in known if field.startswith(f"{name}.")]:
        raise ValueError(f"{name} is a group of fields: {', '.join(inside)}")
    ends = [field for field in known if field.rpartition(".")[2] == name]
    close = ends[0] if len(ends) == 1 else nearest(name, list(known))
    hint = f"did you mean {close}?" if close else "run's --help lists them"
    raise ValueError(f"no field {name!r} in a config; {hint}")


def option_of(name: str) -> str:
    """The option of ``run`` that sets a field, from the field's dotted name."""
    return _OPTIONS.get(name, "--" + name.replace("_", "-"))


def with_fields(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """A config in which some fields have other values, or what a text says they are.

    In a text, a list's parts stand between commas. With another method, the fields that are not
    given become those of its preset for that method (:func:`preset_for_method`).

    Raises:
        ValueError: a field that is unknown, a text of another type, or a value out of its range.
    """
    given = {find_field(name): text for name, text in values.items()}
    method = str(given.get("method", config.method))
    if method != config.method:
        config = preset_for_method(config, method, given)
    known = field_kinds()
    read = {
        f: _read(known[f], text) if isinstance(text, str) else text for f, text in given.items()
    }
    changed = from_dict(with_values(to_dict(config), read))  # all at once: some only fit together
    return with_inputs_that_follow(changed, config)


def _read(kind: Any, text: str) -> Any:
    """A value of a type from text; what cannot be read stays text, which a config refuses."""
    if get_origin(kind) is tuple:
        parts = (
            [part.strip() for part in text.split(",")] if text else []
        )  # nothing is a list of nothing: no controls
        return [_read(get_args(kind)[0], part) for part in parts]
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return read_number(kind, text) if kind in (int, float) else text
    except ValueError:
        return text


def as_options(config: RunConfig) -> list[str]:
    """The words after ``python -m interaction_probes.run`` that ask for this very run.

    Raises:
        ValueError: a config whose preset, or the version of it, is unknown; or one whose
            `model.inputs` no option asks for.
    """
    config = without_derived_inputs(config)
    if config.model.inputs:
        raise ValueError(
            "model.inputs has no option: a run with such inputs starts from Python, or from its "
            "config.json with --config"
        )
    mapped = config.design.mapping_strength
    pairs = {0.0: "unbiased", 1.0: "biased"}.get(mapped, "design")
    if config.modalities > 2:
        pairs = "design"  # which takes both strengths as they are
    preset = find_preset(config.preset, config.preset_version)
    words = ["--preset", config.preset, "--method", config.method, "--seed", str(config.seed)]
    words += [] if config.data.path else ["--pairs", pairs]
    if preset is not find_preset(config.preset):
        words += ["--preset-version", str(config.preset_version)]
    said = {"preset", "preset_version", "method", "seed"}
    said |= {"design.mapping_strength"} if pairs != "design" or config.modalities > 2 else set()
    said |= {*_OF_CONTENT} if config.data.path else set()
    start = for_datasets(preset) if config.data.path else preset
    ours, theirs = to_dict(config), to_dict(preset_for_method(start, config.method))
    for name in field_kinds():
        value, default = value_of(ours, name), value_of(theirs, name)
        if name not in said and value != default:
            option = option_of(name)
            if value is False:
                group, _, last = option.rpartition(".")
                words.append(f"{group}.no-{last}")
            else:
                words += [option, *([] if value is True else map(str, _listed(value)))]
    return words


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [word for pair in value.items() for word in pair]
    return value if isinstance(value, list) else [value]


def format_weights(weights: Mapping[str, float]) -> str:
    """Loss weights as ``--weights`` takes them: term=number,term=number, sorted by term."""
    return ",".join(f"{term}={weight!r}" for term, weight in sorted(weights.items()))

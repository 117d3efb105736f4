"""From lists of methods, seeds, weights, strengths and values of fields to the runs they mean."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Literal

from interaction_probes.experiment.data import with_image_checksum
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import check_heeded, find_field, with_fields
from interaction_probes.settings.presets import preset_for_method
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import term_weights

#: The pairs that a command pretrains on.
Pairs = Literal["both", "unbiased", "biased", "design"]

#: Fields that have a list of their own: field → its option.
_OWN = {
    "method": "--method",
    "preset": "--preset",
    "seed": "--seed",
    "weights": "--weights",
    "design.mapping_strength": "--mapping-strength",
    "design.shared_strength": "--shared-strength",
}


def configs_for_pairs(settings: RunConfig, pairs: Pairs) -> list[RunConfig]:
    """The runs of a command: on both designs where the method learns from both, on one, or as is.

    Raises:
        ValueError: no such method.
    """
    if pairs == "design":
        return [settings]
    strengths = {"unbiased": 0.0, "biased": 1.0}
    chosen = find_method(settings.method).pairs if pairs == "both" else [pairs]
    return [
        replace(settings, design=replace(settings.design, mapping_strength=strengths[name]))
        for name in chosen
    ]


def parse_weights(text: str) -> dict[str, float]:
    """Loss weights from ``term=number,term=number``; nothing is the method's own weights.

    Raises:
        ValueError: a text of another form.
    """
    found = {}
    for part in filter(None, text.split(",")):
        term, equals, number = (piece.strip() for piece in part.partition("="))
        if term in found:
            raise ValueError(f"--weights {text!r} weighs {term} twice")
        try:
            found[term] = float(number)
        except ValueError:
            equals = ""
        if not (term and equals):
            raise ValueError(f"--weights takes term=number,term=number, not {text!r}")
    return found


def format_weights(weights: Mapping[str, float]) -> str:
    """The inverse of :func:`parse_weights`, whatever the order of the terms."""
    return ",".join(f"{term}={weight!r}" for term, weight in sorted(weights.items()))


def parse_grid(lists: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
    """Field → its values, from the words of every ``--grid FIELD VALUE [VALUE ...]``.

    Raises:
        ValueError: no value, a field that is unknown, named twice or has an option of its own.
    """
    found: dict[str, Sequence[str]] = {}
    for words in lists:
        if len(words) < 2:
            raise ValueError("--grid takes a field and one or more values: --grid optim.lr 1e-3")
        field = find_field(words[0])
        if field in _OWN:
            raise ValueError(f"{field} has an option of its own: {_OWN[field]}")
        if field in found:
            raise ValueError(f"--grid {field} is given twice; put all its values in one list")
        found[field] = words[1:]
    return found


def grid(
    preset: RunConfig,
    methods: Sequence[str],
    seeds: Sequence[int],
    weights: Sequence[Mapping[str, float]] = ({},),
    fields: Mapping[str, Sequence[str]] | None = None,
    shared: Sequence[float] = (),
    mapped: Sequence[float] = (),
    pairs: Pairs = "both",
) -> list[RunConfig]:
    """Every combination, each once, seed by seed.

    Args:
        preset: what all runs start from.
        methods: names, as the registry takes them.
        seeds: of the runs.
        weights: loss weights that differ from the method's own, one mapping per variant.
        fields: dotted name of a field → its values as text.
        shared: strengths of the shared attribute; none: the preset's.
        mapped: strengths of the mapping, in place of the pairs; none: as the pairs say.
        pairs: as ``run`` takes them.

    Raises:
        ValueError: an unknown method, field, loss term or representation, or a value out of range.
    """
    fields = fields or {}
    bases = [
        with_image_checksum(with_fields(preset, dict(zip(fields, chosen, strict=True))))
        for chosen in itertools.product(*fields.values())
    ]
    found: list[RunConfig] = []
    for seed, name, chosen, base in itertools.product(seeds, methods, weights, bases):
        method = find_method(name)
        try:
            term_weights(method, chosen)
            method.find_place(base.probe.features)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        own = base if "optim.lr" in fields else preset_for_method(base, name)
        config = replace(own, method=name, seed=seed, weights=dict(chosen))
        check_heeded(config)
        for strength in shared or [base.design.shared_strength]:
            design = replace(base.design, shared_strength=strength)
            found += _mapped(replace(config, design=design), mapped, pairs)
    distinct: dict[Hashable, RunConfig] = {}
    for config in found:
        distinct.setdefault(_identity(config), config)
    return list(distinct.values())


def _identity(config: RunConfig) -> Hashable:
    """Equal for equal configs; a config itself has no hash, since its weights are a mapping."""
    others = (getattr(config, each.name) for each in dataclass_fields(config))
    return tuple(frozenset(v.items()) if isinstance(v, Mapping) else v for v in others)


def _mapped(config: RunConfig, strengths: Sequence[float], pairs: Pairs) -> list[RunConfig]:
    if not strengths:
        return configs_for_pairs(config, pairs)
    return [
        replace(config, design=replace(config.design, mapping_strength=strength))
        for strength in strengths
    ]

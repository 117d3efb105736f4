"""The grid of a sweep: configs from lists of methods, seeds, loss weights and field values."""

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

#: Design of the pretraining pairs; ``design`` means the config's own.
Pairs = Literal["both", "unbiased", "biased", "design"]

#: Field → its own option, for fields that --grid does not take.
_DEDICATED_OPTIONS = {
    "method": "--method",
    "preset": "--preset",
    "preset_version": "--preset-version of run",
    "seed": "--seed",
    "weights": "--weights",
    "design.mapping_strength": "--mapping-strength",
    "design.shared_strength": "--shared-strength",
}


def configs_for_pairs(settings: RunConfig, pairs: Pairs) -> list[RunConfig]:
    """One config per design of the pretraining pairs.

    ``both`` gives the designs that the method is trained on by default, which may be one.

    Raises:
        ValueError: no such method.
    """
    if pairs == "design":
        return [settings]
    strengths = {"unbiased": 0.0, "biased": 1.0}
    names = find_method(settings.method).pairs if pairs == "both" else [pairs]
    return [
        replace(settings, design=replace(settings.design, mapping_strength=strengths[name]))
        for name in names
    ]


def parse_weights(text: str) -> dict[str, float]:
    """Parse loss weights from ``term=number,term=number``; "" means the method's default weights.

    Raises:
        ValueError: malformed text, or a term given twice.
    """
    weights: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        term, equals, number = (piece.strip() for piece in part.partition("="))
        if term in weights:
            raise ValueError(f"--weights {text!r}: {term} given twice")
        try:
            weights[term] = float(number)
        except ValueError:
            equals = ""
        if not (term and equals):
            raise ValueError(f"--weights takes term=number,term=number, not {text!r}")
    return weights


def parse_grid(lists: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
    """Field → its values, from the words of every ``--grid FIELD VALUE [VALUE ...]``.

    Raises:
        ValueError: no value, or a field that is unknown, given twice or has its own option.
    """
    values: dict[str, Sequence[str]] = {}
    for words in lists:
        if len(words) < 2:
            raise ValueError("--grid takes a field and one or more values: --grid optim.lr 1e-3")
        field = find_field(words[0])
        if field in _DEDICATED_OPTIONS:
            raise ValueError(f"{field} has its own option: {_DEDICATED_OPTIONS[field]}")
        if field in values:
            raise ValueError(f"--grid {field} is given twice; put all its values in one list")
        values[field] = words[1:]
    return values


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
    """Configs of all combinations without duplicates, seed by seed.

    Args:
        preset: config that all runs start from.
        methods: names of methods in the registry.
        seeds: seeds of the runs.
        weights: loss weights that replace the method's defaults, one mapping per variant.
        fields: dotted name of a field → its values as text.
        shared: strengths of the shared attribute; empty: the preset's.
        mapped: strengths of the mapping, which then replace `pairs`; empty: given by `pairs`.
        pairs: design of the pretraining pairs.

    Raises:
        ValueError: an unknown method, field, loss term or representation, or a value out of range.
    """
    fields = fields or {}
    bases = [
        with_image_checksum(with_fields(preset, dict(zip(fields, values, strict=True))))
        for values in itertools.product(*fields.values())
    ]
    configs: list[RunConfig] = []
    for seed, name, variant, base in itertools.product(seeds, methods, weights, bases):
        method = find_method(name)
        try:
            term_weights(method, variant)
            method.find_place(base.probe.features)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        settings = base if "optim.lr" in fields else preset_for_method(base, name)
        config = replace(settings, method=name, seed=seed, weights=dict(variant))
        check_heeded(config)
        for strength in shared or [base.design.shared_strength]:
            design = replace(base.design, shared_strength=strength)
            configs += _with_mapping(replace(config, design=design), mapped, pairs)
    distinct: dict[Hashable, RunConfig] = {}
    for config in configs:
        distinct.setdefault(_hash_key(config), config)
    return list(distinct.values())


def _hash_key(config: RunConfig) -> Hashable:
    """Equal for equal configs; a config itself is not hashable, since its weights are a mapping."""
    values = (getattr(config, field.name) for field in dataclass_fields(config))
    return tuple(frozenset(v.items()) if isinstance(v, Mapping) else v for v in values)


def _with_mapping(config: RunConfig, strengths: Sequence[float], pairs: Pairs) -> list[RunConfig]:
    if not strengths:
        return configs_for_pairs(config, pairs)
    return [
        replace(config, design=replace(config.design, mapping_strength=strength))
        for strength in strengths
    ]

"""The grid of a sweep: configs from lists of methods, seeds, loss weights and field values."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Literal

from interaction_probes.common.number_texts import read_number
from interaction_probes.experiment.data import with_image_checksum
from interaction_probes.experiment.initialisation import (
    check_method,
    weights_of_run,
    with_existing_batch,
)
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import find_field, with_fields
from interaction_probes.settings.heeded import check_goes_with_data, check_heeded
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.registry import find_method
from trifeature import PairDesign

#: Design of the pretraining pairs or samples; ``design`` means the config's own.
Pairs = Literal["both", "unbiased", "biased", "design", "pair-biased", "triple-biased"]
#: Design of three images and more → strengths of the pair rule and of the triple rule.
_RULES = {"unbiased": (0.0, 0.0), "pair-biased": (1.0, 0.0), "triple-biased": (0.0, 1.0)}

#: Field → its own option, for fields that --grid does not take.
_DEDICATED_OPTIONS = {
    "method": "--method",
    "preset": "--preset",
    "preset_version": "--preset-version",
    "seed": "--seed",
    "weights": "--weights",
    "design.mapping_strength": "--mapping-strength",
    "design.shared_strength": "--shared-strength",
}


def configs_for_pairs(settings: RunConfig, pairs: Pairs) -> list[RunConfig]:
    """One config per design of the pretraining pairs or samples.

    ``both`` gives the designs that the method is trained on by default, which may be one; of three
    images and more ``biased`` among them means pair-biased and triple-biased.

    Raises:
        ValueError: no such method, a method that is not stated for so many images, or a design of
            another number of images.
    """
    check_method(find_method(settings.method), settings)
    if settings.data.path:
        if pairs not in ("both", "design"):
            raise ValueError(f"--pairs {pairs} is of generated images, not of a dataset: omit it")
        return [settings]
    if settings.modalities > 2:
        return _configs_for_samples(settings, pairs)
    if pairs in ("pair-biased", "triple-biased"):
        raise ValueError(f"--pairs {pairs} is of three images or more: --modalities 3")
    if pairs == "design":
        return [settings]
    strengths = {"unbiased": 0.0, "biased": 1.0}
    names = find_method(settings.method).pairs if pairs == "both" else [pairs]
    return [
        replace(settings, design=replace(settings.design, mapping_strength=strengths[name]))
        for name in names
    ]


def _configs_for_samples(settings: RunConfig, pairs: Pairs) -> list[RunConfig]:
    """As :func:`configs_for_pairs`, for three images and more."""
    design = PairDesign()
    if settings.design.unbiased != design or settings.design.shared_strength != 1:
        raise ValueError(
            "--design options are of pairs, and --modalities "
            f"{settings.modalities} asks for more images: --pair-rule-strength and "
            "--triple-rule-strength with --pairs design are theirs"
        )
    settings = replace(settings, design=design)
    if pairs == "design":
        return [settings]
    if pairs == "biased":
        raise ValueError(
            f"of {settings.modalities} images a design is unbiased, pair-biased or triple-biased"
        )
    strengths = settings.pair_rule_strength, settings.triple_rule_strength
    if any(strengths):
        raise ValueError(
            "--pair-rule-strength and --triple-rule-strength need --pairs design: --pairs "
            f"{pairs} sets the strengths to 0 or 1"
        )
    names: list[str] = [pairs]
    if pairs == "both":
        usual = {"unbiased": ["unbiased"], "biased": ["pair-biased", "triple-biased"]}
        names = [name for each in find_method(settings.method).pairs for name in usual[each]]
    return [
        replace(settings, pair_rule_strength=pair, triple_rule_strength=triple)
        for pair, triple in map(_RULES.__getitem__, names)
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
            weights[term] = read_number(float, number)
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
    if "data.path" in fields and (shared or mapped):
        raise ValueError(
            "--shared-strength and --mapping-strength are of generated images, not of a dataset"
        )
    if preset.data.path or "data.path" in fields:
        check_goes_with_data(map(find_field, fields))
    bases = [
        with_dataset(
            with_image_checksum(with_fields(preset, dict(zip(fields, values, strict=True))))
        )
        for values in itertools.product(*fields.values())
    ]
    # What does not depend on the seed is made and checked once for all seeds.
    variants: list[RunConfig] = []
    for name, variant, base in itertools.product(methods, weights, bases):
        method = find_method(name)
        settings = preset_for_method(base, name, {*map(find_field, fields)})
        config = replace(settings, weights=dict(variant))
        if "optim.batch" not in fields:
            config = with_existing_batch(config)
        check_method(method, config)
        try:
            weights_of_run(method, config)
            method.find_place(base.probe.features)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        check_heeded(config)
        for strength in shared or [base.design.shared_strength]:
            design = replace(base.design, shared_strength=strength)
            variants += _with_mapping(replace(config, design=design), mapped, pairs)
    distinct: dict[Hashable, RunConfig] = {}
    for seed, config in itertools.product(seeds, variants):
        seeded = replace(config, seed=seed, weights=dict(config.weights))
        distinct.setdefault(_hash_key(seeded), seeded)
    return list(distinct.values())


def _hash_key(config: RunConfig) -> Hashable:
    """Equal for equal configs; a config itself is not hashable, since its weights are a mapping."""
    values = (getattr(config, field.name) for field in dataclass_fields(config))
    return tuple(frozenset(v.items()) if isinstance(v, Mapping) else v for v in values)


def _with_mapping(config: RunConfig, strengths: Sequence[float], pairs: Pairs) -> list[RunConfig]:
    if strengths and config.modalities > 2:
        raise ValueError(
            "--mapping-strength is of pairs; of more images use --grid pair_rule_strength or "
            "triple_rule_strength with --pairs design"
        )
    if not strengths:
        return configs_for_pairs(config, pairs)
    return [
        replace(config, design=replace(config.design, mapping_strength=strength))
        for strength in strengths
    ]

"""Fields of a config that have an effect on its run; one that has none is refused.

Two runs that differ in a field without effect are one run, which a table would compare with itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from interaction_probes.contrast.encoders.inputs import InputEncoderConfig

from .config import RunConfig, from_dict, to_dict
from .fields import field_kinds, option_of
from .method_settings import usual_values
from .plain_types import value_of, with_values
from .registry import find_method

#: Groups of fields of generated samples and their designs.
_GENERATED = ("images.", "design.")
#: Such fields outside of these groups, of which a run sets some to the numbers of its dataset.
_OF_GENERATED = ("n_pairs", "modalities", "pair_rule_strength", "triple_rule_strength")
#: How images are probed; a dataset's are probed as they are.
_PROBED_SIZES = tuple(
    f"probe.{name}" for name in ("zoom", "further_zooms", "mirrored", "mirrored_in_turn")
)
#: Fields that a dataset ignores as well: its split has validation rows, and no image is cropped.
_OF_GENERATED_PROBES = (*_PROBED_SIZES, "probe.validation", "probe.protocol")
#: Fields of the compact tower alone.
_OF_COMPACT = tuple(
    f"model.encoder.{name}" for name in ("patch", "widths", "pools", "kernels", "norm", "stem")
)
#: Fields, and groups of them, of modalities → the kinds that they are of.
_OF_KINDS = {
    "model.size": {"images"},
    "model.encoder.": {"images"},
    "views.": {"images"},
    "data.vectors.": {"vectors"},
    "data.sequences.": {"sequences"},
    "data.noise.": {"vectors", "sequences"},
}
#: Encoder of vectors or sequences → its fields of :class:`InputEncoderConfig`, beside the name.
_OF_ENCODERS = {
    "perceptron": ("widths", "tokens"),
    "convolution": ("widths", "kernel", "stride"),
    "transformer": ("width", "layers", "heads"),
    "recurrent": ("width", "layers"),
}
_DEFAULT_ENCODERS = {"vectors": "perceptron", "sequences": "transformer"}


def check_goes_with_data(names: Iterable[str]) -> None:
    """Refuse fields that a user gives beside a dataset which replaces or ignores whatever they say.

    Args:
        names: dotted names of the fields that were given.

    Raises:
        ValueError: one is of generated samples, or follows from the content of the dataset.
    """
    for name in names:
        if name == "data.classes":
            raise ValueError("data.classes follows from the labels of the dataset: leave it out")
        if name in _OF_GENERATED or name.startswith((*_GENERATED, "folder.")):
            hint = "; its modalities are chosen by --data.modalities" * (name == "modalities")
            raise ValueError(
                f"{option_of(name)} is of generated images, and --data gives samples of its own: "
                f"leave it out{hint}"
            )


def without_generated(config: RunConfig) -> RunConfig:
    """A config of generated samples, or of a folder's, whose fields of these are its preset's.

    They are all that a dataset ignores or replaces, and that nobody asks of it. A config of an
    unknown preset is unchanged.
    """
    usual = usual_values(config.preset, config.preset_version, config.method)
    if usual is None:
        return config
    names = [*_OF_GENERATED, *_OF_GENERATED_PROBES]
    names += _within(field_kinds(), (*_GENERATED, "folder."))
    return from_dict(with_values(to_dict(config), {name: value_of(usual, name) for name in names}))


def check_heeded(config: RunConfig) -> None:
    """Refuse a field that its method, tower or data ignore, where it differs from what its preset
    has for the method.

    Which kinds of modalities a dataset has is known once its `model.inputs` are described.

    Raises:
        ValueError: there is one, no such method, or one that names what is no field.
    """
    usual = usual_values(config.preset, config.preset_version, config.method)
    if usual is None:
        return
    plain = to_dict(config)
    known = field_kinds()
    for name, who in _ignored(config, known).items():
        if name not in known:
            raise ValueError(f"{who} ignores {name!r}, which is no field of a config")
        if value_of(plain, name) != value_of(usual, name):
            raise ValueError(
                f"{who} ignores {name}, so changing it has no effect; leave out {option_of(name)}"
            )


def _ignored(config: RunConfig, known: Mapping[str, Any]) -> dict[str, str]:
    """Dotted name of a field without effect → what ignores it."""
    ignored = dict.fromkeys(find_method(config.method).ignores, config.method)
    if config.model.encoder.name == "alexnet":
        ignored |= dict.fromkeys(_OF_COMPACT, "the tower alexnet")
    if config.data.path:
        ignored |= dict.fromkeys(_OF_GENERATED_PROBES, "--data")
        ignored |= dict.fromkeys(_within(known, _GENERATED), "--data")
    if config.kind == "vectors":
        pixels = _within(known, (*_PROBED_SIZES, "images.geometry."))
        ignored |= dict.fromkeys(pixels, "--kind vectors")
    kinds = {each.kind for each in config.model.inputs}
    kinds |= {"vectors"} if config.kind == "vectors" else set()
    if not kinds:
        return ignored
    for group, wanted in _OF_KINDS.items():
        if not kinds & wanted:
            lacking = f"a dataset without {' and '.join(sorted(wanted))}"
            who = "--kind vectors" if config.kind == "vectors" else lacking
            ignored |= dict.fromkeys(_within(known, (group,)), who)
    for kind in kinds & {*_DEFAULT_ENCODERS}:
        ignored |= _ignored_by_encoder(kind, getattr(config.data, kind))
    return ignored


def _ignored_by_encoder(kind: str, encoder: InputEncoderConfig) -> dict[str, str]:
    """The sizes that an encoder of a kind does not have, where they are not the defaults."""
    name = _DEFAULT_ENCODERS[kind] if encoder.name == "default" else encoder.name
    usual = InputEncoderConfig()
    return {
        f"data.{kind}.{size}": f"the encoder {name}"
        for sizes in _OF_ENCODERS.values()
        for size in sizes
        if size not in _OF_ENCODERS[name] and getattr(encoder, size) != getattr(usual, size)
    }


def _within(known: Iterable[str], groups: tuple[str, ...]) -> list[str]:
    """The fields that are named, or that lie in a group, whose name ends in a dot."""
    return [name for name in known if name.startswith(groups)]

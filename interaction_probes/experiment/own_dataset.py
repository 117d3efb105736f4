"""The dataset of a run that learns from a user's own modalities: read, verified, described."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from interaction_probes.contrast.encoders.inputs import InputConfig
from interaction_probes.datasets.checksum import content_checksum
from interaction_probes.datasets.data_warnings import column_notes, find_warnings
from interaction_probes.datasets.duplicates import repeated_rows
from interaction_probes.datasets.file_states import FileStates
from interaction_probes.datasets.loading import examine, read_unchecked
from interaction_probes.datasets.schema import MultimodalDataset
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.training.modalities import describe

from .vector_data import with_vectors

#: Source and chosen modalities → what was read in this process.
_KNOWN: dict[tuple[Hashable, tuple[str, ...]], "DatasetFacts"] = {}


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset without its arrays, which a process that only starts runs has no use for.

    Attributes:
        sha256: checksum of its content.
        names: of the modalities, in their order.
        described: what each modality is, with the default encoder of its kind.
        classes: label → number of classes, of labels that are one of several classes.
        pretraining: how many samples there are to pretrain on.
        lines: notes and warnings, each with that word in front.
        columns: what of a label has no part in its scores, a line each.
    """

    sha256: str
    names: tuple[str, ...]
    described: tuple[InputConfig, ...]
    classes: tuple[tuple[str, int], ...]
    pretraining: int
    lines: tuple[str, ...]
    columns: tuple[str, ...]


def dataset_facts(data: DataConfig) -> DatasetFacts:
    """Read and check a dataset; what has been read before is not read again.

    Files that have changed since are read again. A function's data are those of its first call in
    this process.

    Args:
        data: of the config of a run; the checksum is not compared.

    Raises:
        ValueError: the data are unusable.
        OSError: they cannot be read.
    """
    files = FileStates.of(data.path)
    source = data.path, data.format, data.neutral, data.standardise, files
    if (source, data.modalities) not in _KNOWN:
        facts = _read(data)
        # A complete config names the modalities, also where they are all that there are.
        _KNOWN[source, data.modalities] = _KNOWN[source, facts.names] = facts
    return _KNOWN[source, data.modalities]


def _read(data: DataConfig) -> DatasetFacts:
    found = examine(data.path, *data.reader_form, **data.reader_options)
    if found.errors:
        raise ValueError(found.errors[0])
    dataset = found.dataset
    assert dataset is not None
    warnings = find_warnings(dataset, found.ranges, repeated_rows(dataset))
    notes = (f"note: {line}" for line in dataset.notes)
    return DatasetFacts(
        sha256=content_checksum(dataset),
        names=tuple(each.name for each in dataset.modalities),
        described=tuple(map(describe, dataset.modalities)),
        classes=tuple(
            (label.name, len(label.classes))
            for label in dataset.labels
            if label.classes
            if label.kind == "classes"
        ),
        pretraining=len(dataset.split.pretraining),
        lines=(*notes, *(f"warning: {line}" for line in warnings)),
        columns=tuple(
            line for label in dataset.labels for line in column_notes(label, dataset.split)
        ),
    )


def with_dataset(config: RunConfig) -> RunConfig:
    """Complete a config that learns from a dataset, or from vectors; others are unchanged.

    The path becomes absolute. The content's checksum, the names of the modalities, their number and
    that of the samples to pretrain on, and the classes of the labels are set. `model.inputs`
    describes the modalities where it does not yet.

    Args:
        config: configuration of the run.

    Raises:
        ValueError: the data are unusable or do not match the checksum, described inputs that are
            not those of the data, or settings of datasets without a dataset.
        OSError: the data cannot be read.
    """
    if config.kind == "vectors":
        return with_vectors(config)
    if not config.data.path:
        if config.data != DataConfig():
            raise ValueError(
                f"the preset {config.preset} and the options --data.… are of datasets: give one "
                "with --data"
            )
        return config
    data = replace(config.data, path=_absolute(config.data.path))
    found = dataset_facts(data)
    _check_same_content(data, found.sha256)
    described = tuple(data.encoded(each) for each in found.described)
    return replace(
        config,
        data=replace(data, sha256=found.sha256, modalities=found.names, classes=found.classes),
        model=replace(config.model, inputs=_inputs(config, described, found.names)),
        modalities=len(found.names),
        n_pairs=found.pretraining,
    )


def own_dataset(config: RunConfig) -> MultimodalDataset:
    """The dataset of a run, whose content is that of the checksum.

    It is not checked again: :func:`with_dataset` checked the content that the checksum is of.

    Args:
        config: configuration of the run, after :func:`with_dataset`.

    Raises:
        ValueError: the data are not those of the config.
        OSError: the data cannot be read.
    """
    data = config.data
    if not data.sha256:
        raise ValueError(
            "the config lacks the checksum of its data: "
            "interaction_probes.experiment.own_dataset.with_dataset adds it"
        )
    found = read_unchecked(data.path, *data.reader_form, **data.reader_options)
    _check_same_content(data, content_checksum(found))
    return found


def dataset_lines(config: RunConfig) -> list[str]:
    """What was changed or made in reading a run's dataset (notes), and what is doubtful (warnings).

    Args:
        config: configuration of the run, after :func:`with_dataset`, which has read them.
    """
    return list(dataset_facts(config.data).lines)


def column_lines(config: RunConfig) -> list[str]:
    """What of a run's labels has no part in their scores: columns that are constant in some part.

    Args:
        config: configuration of the run, after :func:`with_dataset`, which has read them.
    """
    return list(dataset_facts(config.data).columns)


def _absolute(source: str) -> str:
    """An absolute path; package.module:function as it is."""
    path = Path(source).expanduser()
    return str(path.absolute()) if path.exists() else source


def _check_same_content(data: DataConfig, sha256: str) -> None:
    if data.sha256 and data.sha256 != sha256:
        raise ValueError(
            f"the data in {data.path} have changed: their sha256 is {sha256[:12]}…, not "
            f"{data.sha256[:12]}…"
        )


def _inputs(
    config: RunConfig, described: tuple[InputConfig, ...], names: Sequence[str]
) -> tuple[InputConfig, ...]:
    """The config's own inputs where they are of these modalities; else what was described.

    Raises:
        ValueError: they are of others, or the options ask for other encoders.
    """
    given = config.model.inputs
    if not given:
        return described
    if len(given) != len(described):
        raise ValueError(
            f"model.inputs describes {len(given)} modalities, and the data have {len(described)}"
        )
    for one, found, name in zip(given, described, names, strict=True):
        if (one.kind, one.shape, one.padded) != (found.kind, found.shape, found.padded):
            raise ValueError(
                f"model.inputs describes {one.kind} {[*one.shape]} as modality {name}, "
                f"which is {found.kind} {[*found.shape]}"
            )
    usual = DataConfig()
    options = (config.data.vectors, config.data.sequences, config.data.noise)
    if given != described and options != (usual.vectors, usual.sequences, usual.noise):
        raise ValueError(
            "model.inputs and the options --data.vectors, --data.sequences or --data.noise ask for "
            "different encoders: give one of them"
        )
    return given

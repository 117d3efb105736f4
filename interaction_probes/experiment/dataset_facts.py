"""What a run's config and its notes need of a dataset, which is read and checked once for both."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from interaction_probes.contrast.encoders.inputs import InputConfig
from interaction_probes.datasets.checksum import content_checksum
from interaction_probes.datasets.data_warnings import find_warnings
from interaction_probes.datasets.duplicates import repeated_rows
from interaction_probes.datasets.loading import examine
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.training.modalities import describe

#: Name, size and time of change of each file of a dataset.
_Files = tuple[tuple[str, int, int], ...]
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
    """

    sha256: str
    names: tuple[str, ...]
    described: tuple[InputConfig, ...]
    classes: tuple[tuple[str, int], ...]
    pretraining: int
    lines: tuple[str, ...]


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
    source = data.path, data.format, data.neutral, data.standardise, _files(Path(data.path))
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
    )


def _files(path: Path) -> _Files:
    """The files that a dataset is read from; none of a function."""
    inside = sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []
    states = ((str(file), file.stat()) for file in inside)
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)

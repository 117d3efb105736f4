"""Multimodal data from a file, a folder, a function or another program's format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from interaction_probes.common.spelling import did_you_mean

from .assembly import assemble
from .blocks import ValueRange
from .checks import find_errors
from .readers.formats import find_reader
from .schema import MultimodalDataset
from .sources import read_source


@dataclass(frozen=True, eq=False)
class Examined:
    """What was read of a source.

    Attributes:
        dataset: what could be read; None where its form is wrong.
        errors: what a run cannot be made from, a line each that names the source.
        ranges: modality → the range of its values in the training rows.
    """

    dataset: MultimodalDataset | None
    errors: tuple[str, ...]
    ranges: dict[str, ValueRange] = field(default_factory=dict)


def load_dataset(
    source: str | Path,
    format: str | None = None,
    modalities: Sequence[str] | None = None,
    **options: Any,
) -> MultimodalDataset:
    """Read and check n aligned modalities with labels and a split.

    >>> import tempfile, numpy as np
    >>> rng = np.random.default_rng(0)
    >>> with tempfile.NamedTemporaryFile(suffix=".npz") as file:
    ...     np.savez(file, **{"modality.sound": rng.normal(size=(90, 4)),
    ...         "modality.text": rng.normal(size=(90, 20, 3)), "label.laughs": np.arange(90) % 2})
    ...     data = load_dataset(file.name)
    >>> [(modality.name, modality.kind) for modality in data.modalities]
    [('sound', 'vectors'), ('text', 'sequences')]
    >>> {part: len(rows) for part, rows in data.split.parts().items()}
    {'train': 58, 'validation': 14, 'test': 18}

    Args:
        source: an .npz file; a folder of .npy files, which are memory-mapped; ``package.module:``
            ``function``, whose code is run and which returns a dict of arrays or a
            MultimodalDataset; or, with `format`, a file of that format.
        format: how another program wrote the source, one of `FORMATS` in
            :mod:`interaction_probes.datasets.readers.formats`; None for the project's own keys.
        modalities: names of those to use, in this order; all where None.
        options: of the format's reader, such as ``neutral="negative"``.

    Raises:
        ValueError: anything that a run cannot be made from, in one line that names the source, the
            key and the row: unequal lengths, missing values, a modality that is constant, a split
            with a row or a unit in two parts, a label with one class, …
    """
    found = examine(source, format, modalities, **options)
    if found.errors:
        raise ValueError(found.errors[0])
    assert found.dataset is not None
    return found.dataset


def examine(
    source: str | Path,
    format: str | None = None,
    modalities: Sequence[str] | None = None,
    **options: Any,
) -> Examined:
    """As :func:`load_dataset`, but what is wrong is returned, all of it.

    Raises:
        ValueError: there is no such source or format.
        OSError: a file cannot be read.
    """
    dataset, errors = _read(source, format, modalities, **options)
    ranges: dict[str, ValueRange] = {}
    if dataset is not None:
        errors, ranges = find_errors(dataset)
    return Examined(dataset, tuple(f"{source}: {line}" for line in errors), ranges)


def read_unchecked(
    source: str | Path,
    format: str | None = None,
    modalities: Sequence[str] | None = None,
    **options: Any,
) -> MultimodalDataset:
    """As :func:`load_dataset`, without the checks of values, for content that passed them before.

    The caller compares the checksum.

    Raises:
        ValueError: it cannot be read as a dataset.
        OSError: a file cannot be read.
    """
    dataset, errors = _read(source, format, modalities, **options)
    if dataset is None:
        raise ValueError(f"{source}: {errors[0]}")
    return dataset


def _read(
    source: str | Path, format: str | None, modalities: Sequence[str] | None, **options: Any
) -> tuple[MultimodalDataset | None, list[str]]:
    """The dataset, None where its form is wrong; and what is wrong then, a line each."""
    if format is None and options:
        raise ValueError(f"{next(iter(options))} is an option of a format, and none is given")
    found: Mapping[str, Any] | MultimodalDataset
    if format is None:
        found = read_source(source)
    else:
        reader = find_reader(format, options)
        if not Path(source).exists():
            raise ValueError(f"{source}: no such file or folder")
        try:
            found = reader(Path(source))
        except ValueError as error:
            return None, [str(error)]
    if isinstance(found, MultimodalDataset):
        return _only(found, modalities), []
    return assemble(found, modalities)


def _only(dataset: MultimodalDataset, names: Sequence[str] | None) -> MultimodalDataset:
    """A dataset with some of its modalities."""
    if names is None:
        return dataset
    known = {modality.name: modality for modality in dataset.modalities}
    for name in names:
        if name not in known:
            raise ValueError(
                f"no modality {name!r}; {did_you_mean(name, known)}there are {', '.join(known)}"
            )
    return replace(dataset, modalities=tuple(known[name] for name in names))

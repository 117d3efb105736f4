"""The formats of other programs by name."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.datasets.schema import MultimodalDataset

from .affect import read_affect
from .mimic import read_mimic
from .mmimdb import read_mmimdb
from .vision_touch import read_vision_touch

#: Name → the function that reads a file or folder of it.
FORMATS: dict[str, Callable[..., MultimodalDataset]] = {
    "affect": read_affect,
    "mimic": read_mimic,
    "vision-touch": read_vision_touch,
    "mmimdb": read_mmimdb,
}


def find_reader(format: str, options: Mapping[str, Any]) -> Callable[[Path], MultimodalDataset]:
    """The reader of a format, with its options filled in.

    Raises:
        ValueError: there is no such format, or it has no such option.
    """
    if format not in FORMATS:
        hint = did_you_mean(format, FORMATS)
        raise ValueError(f"no format {format!r}; {hint}the formats are {', '.join(FORMATS)}")
    reader = FORMATS[format]
    known = [name for name in inspect.signature(reader).parameters if name != "path"]
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ValueError(
                f"format {format} has no option {name!r}; {hint}it has " + (", ".join(known))
            )
    return lambda path: reader(path, **options)

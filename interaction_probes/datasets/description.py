"""A dataset in words: what was found, what was made, what is doubtful, what is wrong."""

from collections.abc import Mapping, Sequence

import numpy as np

from .blocks import ValueRange
from .checksum import content_checksum
from .data_warnings import find_warnings
from .duplicates import SEEN_BY, repeated_rows
from .loading import Examined
from .schema import Kind, Label, Modality, MultimodalDataset

#: Classes up to which the rows of each are listed.
_LISTED = 24
_AXES: dict[Kind, str] = {
    "vectors": "{1} features",
    "sequences": "{1} steps of {2} features",
    "images": "{1} × {2} pixels, {3} channels",
}


def describe(source: str, found: Examined) -> str:
    """The text that ``check_data`` prints.

    Args:
        source: as the user named it.
        found: what was read.
    """
    lines: list[str] = []
    warnings: list[str] = []
    data = found.dataset
    if data is None:
        lines.append(f"{source}: cannot be read as a dataset")
    elif not found.ranges:
        lines.append(f"{source}: {len(data):,} samples; the form has errors")
    else:
        repeated = {} if found.errors else repeated_rows(data)
        shared = {key: len(rows.rows) for key, rows in repeated.items()}
        lines.append(f"{source}: {len(data):,} samples, content sha256 {content_checksum(data)}")
        lines += ["", "modalities", *_modalities(data, found.ranges, shared)]
        lines += ["", "labels", *(line for label in data.labels for line in _label(label, data))]
        lines += ["", "split", f"  {_split(data)}"]
        lines += [f"  {_units(data)}"]
        if not found.errors:
            warnings = find_warnings(data, found.ranges, repeated)
    lines += _section("notes", data.notes if data is not None else ())
    lines += _section("warnings", warnings)
    lines += _section("errors", [line.removeprefix(f"{source}: ") for line in found.errors])
    verdict = "not usable" if found.errors else "usable"
    counts = f"{_counted(len(found.errors), 'error')}, {_counted(len(warnings), 'warning')}"
    return "\n".join([*lines, "", f"{verdict}: {counts}"])


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _counted(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _modalities(
    data: MultimodalDataset,
    ranges: Mapping[str, ValueRange],
    shared: Mapping[tuple[str, str], int],
) -> list[str]:
    lines = []
    for one in data.modalities:
        found = ranges[one.name]
        form = _AXES[one.kind].format(*one.values.shape)
        facts = [f"{one.kind} of {form}, {one.values.dtype}", _size(one)]
        if one.kind == "sequences":
            facts.append(_steps(one))
        missing = f"{found.not_finite:,}" if found.not_finite else "no"
        facts.append(f"{missing} missing value{'' if found.not_finite == 1 else 's'}")
        facts.append(f"{int(found.constant.sum()) or 'no'} constant features")
        for part in ("validation", "test"):
            if n := shared.get((part, one.name)):
                total = len(getattr(data.split, part))
                facts.append(f"{n} of {total} {part} rows have values of a {SEEN_BY[part]} row")
        lines.append(f"  {one.name}: {'; '.join(facts)}")
    return lines


def _size(modality: Modality) -> str:
    where = "on disk" if modality.on_disk else "in memory"
    return f"{modality.values.nbytes / 1e6:.1f} MB {where}"


def _steps(modality: Modality) -> str:
    if modality.lengths is None:
        return "all steps valid"
    low, median, high = np.quantile(modality.lengths, [0, 0.5, 1])
    return f"{low:.0f} to {high:.0f} valid steps, median {median:.0f}"


def _label(label: Label, data: MultimodalDataset) -> list[str]:
    parts = data.split.parts()
    if label.kind == "real":
        columns = "" if label.values.ndim == 1 else f", {label.values.shape[1]} columns"
        ends = (label.values.min(), label.values.max()) if len(label) else (0, 0)
        return [f"  {label.name}: real numbers from {ends[0]:.4g} to {ends[1]:.4g}{columns}"]
    kind = "classes" if label.kind == "classes" else "classes, any number for each sample"
    lines = [f"  {label.name}: {len(label.classes)} {kind}"]
    for part, rows in parts.items():
        values = label.values[rows]
        if label.kind == "classes":
            counts = np.bincount(values, minlength=len(label.classes))
        else:
            counts = values.sum(0)
        if len(label.classes) <= _LISTED:
            named = zip(label.classes, counts, strict=True)
            listed = ", ".join(f"{name}: {count:,}" for name, count in named)
        else:
            listed = f"{counts.min():,} to {counts.max():,} rows of a class"
        lines.append(f"    {part}: {listed}")
    return lines


def _split(data: MultimodalDataset) -> str:
    return ", ".join(f"{part} {len(rows):,}" for part, rows in data.split.parts().items())


def _units(data: MultimodalDataset) -> str:
    if data.units is None:
        return "no units: every sample counts as independent"
    units = {part: data.units[rows] for part, rows in data.split.parts().items()}
    counts = (f"{part} {len(np.unique(found)):,}" for part, found in units.items())
    return f"units: {', '.join(counts)}"

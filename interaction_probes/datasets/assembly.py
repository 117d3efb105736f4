"""A dataset from arrays by key; the keys are explained in docs/own-data.md."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.common.values.columns import columns_of
from interaction_probes.common.values.labels_and_numbers import check_same_index, discrete_codes
from interaction_probes.common.values.rows import common_length, is_mask

from .forms import NAME, is_name
from .labels import read_label
from .modalities import read_modality
from .schema import PARTS, Label, Modality, MultimodalDataset
from .splits import NAMED, SYNONYMS, complete, read_split

#: Prefixes that a name follows.
PREFIXES = ("modality", "lengths", "label", "classes", "split")
#: Keys without a name.
PLAIN = ("split", "unit")


def assemble(
    arrays: Mapping[str, Any], only: Sequence[str] | None = None
) -> tuple[MultimodalDataset | None, list[str]]:
    """Every modality, label and part of a split that some arrays have.

    Args:
        arrays: key → values.
        only: names of the modalities to read; all where None.

    Returns:
        The dataset, None where it cannot be made; and what is wrong, a line each.
    """
    if other := [key for key in arrays if not isinstance(key, str)]:
        return None, [f"keys are texts, such as modality.NAME, and {other[0]!r:.40} is none"]
    errors: list[str] = []
    named = _by_prefix(arrays, errors)
    modalities = _wanted(named["modality"], only, errors)
    lengths = {name: key for name, key in named["lengths"].items() if name in modalities}
    for prefix, owner in (("lengths", "modality"), ("classes", "label")):
        for name, key in named[prefix].items():
            if name not in named[owner]:
                errors.append(f"{key}: there is no {owner}.{name}")
    read = _Reader(arrays, errors)
    found_modalities, notes = _modalities(read, modalities, lengths, errors)
    labels = _labels(read, named["label"], named["classes"], errors)
    split_keys = [key for key in arrays if key == "split" or key.startswith("split.")]
    splits = {key: values for key in split_keys if (values := read.values(key)) is not None}
    unit = read.values("unit" if "unit" in arrays else None)
    # Lists and masks have rows as well.
    given: dict[str, Any] = {f"modality.{one.name}": one.values for one in found_modalities}
    given |= {f"lengths.{m.name}": m.lengths for m in found_modalities if m.lengths is not None}
    given |= {f"label.{label.name}": label.values for label in labels}
    given |= {key: rows for key, rows in splits.items() if key == "split" or is_mask(rows)}
    given |= {} if unit is None else {"unit": unit}
    if not given:
        return None, errors or ["no modality.NAME, and so no samples"]
    n = None
    with collecting(errors):
        check_same_index(read.originals)
        n = common_length(given)
    if n is None or errors:
        return None, errors
    with collecting(errors):
        units = None if unit is None else _units(unit)
        parts = read_split(splits, n)
        _check_units(unit, units, parts)
        split, made = complete(parts, n, labels, units)
        return MultimodalDataset(
            tuple(found_modalities), tuple(labels), split, units, (*notes, *made)
        ), errors
    return None, errors


@contextlib.contextmanager
def collecting(errors: list[str]) -> Iterator[None]:
    """Keep the line of a ValueError of the block instead of raising it."""
    try:
        yield
    except ValueError as error:
        errors.append(str(error))


class _Reader:
    """Reads values by key, and keeps the line of each that cannot be read."""

    def __init__(self, arrays: Mapping[str, Any], errors: list[str]):
        self._arrays, self._errors = arrays, errors
        #: Values whose rows have labels, as pandas objects have.
        self.originals: dict[str, Any] = {}

    def values(self, key: str | None) -> Any:
        """The values of a key; None where there are none, or where they cannot be read."""
        if key is None:
            return None
        with collecting(self._errors):
            found = self._arrays[key]
            if found is None:
                raise ValueError(f"{key} is None: leave the key out")
            if hasattr(found, "iloc"):
                self.originals[key] = found
            return found
        return None


def _by_prefix(arrays: Mapping[str, Any], errors: list[str]) -> dict[str, dict[str, str]]:
    """Prefix → name → key."""
    found: dict[str, dict[str, str]] = {prefix: {} for prefix in PREFIXES}
    unknown: dict[str, str] = {}
    for key in arrays:
        prefix, dot, name = key.partition(".")
        if key in PLAIN:
            continue
        if not dot or prefix not in PREFIXES:
            known = [*PLAIN, *(f"{one}.{name}" for one in PREFIXES)]
            known += [f"split.{part}" for part in NAMED]
            unknown[key] = did_you_mean(key, known)
        elif not is_name(name):
            errors.append(f"{key!r}: a name is {NAME}")
        elif prefix == "split" and name not in (*NAMED, *SYNONYMS):
            errors.append(f"no key {key!r}: a part is {', '.join(PARTS)} or pretrain")
        else:
            found[prefix][name] = key
    if unknown:
        errors.insert(0, _unknown_keys(unknown))
    return found


def _unknown_keys(asked: Mapping[str, str]) -> str:
    """The rule of keys, once, with the keys that do not follow it and what each may have meant."""
    rule = (
        "the keys are modality.NAME, lengths.NAME, label.NAME, classes.NAME, split or "
        "split.train, …, and unit"
    )
    if len(asked) == 1:
        [(key, question)] = asked.items()
        return f"no key {key!r}; {question}{rule}"
    meant = [f"{key!r}{question and f' ({question.strip()})'}" for key, question in asked.items()]
    return f"no keys {', '.join(meant)}; {rule}"


def _wanted(keys: dict[str, str], only: Sequence[str] | None, errors: list[str]) -> dict[str, str]:
    for name in only or ():
        if name not in keys:
            errors.append(
                f"no modality {name!r}; {did_you_mean(name, keys)}there are {', '.join(keys)}"
            )
    return keys if only is None else {name: keys[name] for name in only if name in keys}


def _modalities(
    read: _Reader, keys: Mapping[str, str], lengths: Mapping[str, str], errors: list[str]
) -> tuple[list[Modality], list[str]]:
    """The modalities that can be read, and a sentence on each that had to be read whole."""
    found, notes = [], []
    for name, key in keys.items():
        # Once: of an .npz file every reading is a copy in memory.
        values, steps = read.values(key), read.values(lengths.get(name))
        if values is None:
            continue
        with collecting(errors):
            modality = read_modality(name, values, steps)
            found.append(modality)
            if isinstance(values, np.memmap) and values.dtype != modality.values.dtype:
                notes.append(
                    f"{key} is {values.dtype} and was converted to float32 in memory; a folder's "
                    "float32 is not read whole"
                )
    return found, notes


def _labels(
    read: _Reader, keys: Mapping[str, str], classes: Mapping[str, str], errors: list[str]
) -> list[Label]:
    """The labels that can be read."""
    found = []
    for name, key in keys.items():
        values, names = read.values(key), read.values(classes.get(name))
        if values is not None:
            with collecting(errors):
                found.append(read_label(name, values, names))
    return found


def _units(values: Any) -> np.ndarray:
    if len(columns_of(values, "unit")) > 1:
        raise ValueError("unit is [N], one unit for each row")
    return discrete_codes(values, "unit")


def _check_units(values: Any, units: np.ndarray | None, parts: Mapping[str, np.ndarray]) -> None:
    """Refuse a unit with rows in two parts; the error has its name."""
    if units is None:
        return
    if (leak := unit_in_two_parts(units, parts)) is not None:
        (one, row), (other, later) = leak
        name = columns_of(values, "unit")[0][row]
        raise ValueError(
            f"unit {name!s} is in two parts of the split: row {row} is of {one}, row {later} of "
            f"{other}"
        )


def unit_in_two_parts(
    units: np.ndarray, parts: Mapping[str, np.ndarray]
) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """The first unit that has rows in two parts of a split: (part, row) twice; None without one."""
    names = list(parts)
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            if {one, other} == {"pretrain", "train"}:
                continue
            shared = np.isin(units[parts[other]], units[parts[one]])
            if shared.any():
                later = int(parts[other][shared.argmax()])
                row = int(parts[one][(units[parts[one]] == units[later]).argmax()])
                return (one, row), (other, later)
    return None

"""What readers ask of a file's content: keys that are there, arrays of the right form."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from interaction_probes.common.values.counts_in_words import unusable_count


def check_keys(found: Iterable[Any], expected: Iterable[str], where: str) -> None:
    """Refuse content without a key that is needed.

    Args:
        found: the keys that are there.
        expected: the keys that are needed.
        where: what an error calls the content.

    Raises:
        ValueError: one is missing; it names the keys found beside those expected.
    """
    there, needed = list(map(str, found)), list(expected)
    for key in needed:
        if key not in there:
            raise ValueError(
                f"{where} has no {key!r}: expected {', '.join(needed)}; found "
                f"{', '.join(sorted(there)[:20]) or 'nothing'}"
            )


def as_mapping(value: Any, where: str) -> Mapping[str, Any]:
    """A dict of a pickle.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{where} is a {type(value).__name__}: a dict is expected")
    return value


def check_known(values: np.ndarray, where: str) -> None:
    """Refuse values that labels are made of and that are missing, which no comparison notices.

    Args:
        values: numbers, [n] or [n, …].
        where: what an error calls them.

    Raises:
        ValueError: some are missing or not finite; it says how many, and the row of the first.
    """
    missing = ~np.isfinite(values)
    if missing.any():
        raise ValueError(
            f"{where} has {unusable_count(int(missing.sum()))}, the first in "
            f"row {int(np.argwhere(missing)[0][0])}"
        )


def as_array(value: Any, shape: tuple[int | None, ...], where: str) -> np.ndarray:
    """An array of numbers of a form.

    Args:
        value: an array, or lists of numbers.
        shape: its shape; None for any length of an axis.
        where: what an error calls it.

    Raises:
        ValueError: another shape, or no numbers.
    """
    try:
        found = np.asarray(value)
        found = found.astype(np.float64) if found.dtype == object else found
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where} is no array of numbers") from error
    check_form(found, shape, where)
    return found


def check_form(found: Any, shape: tuple[int | None, ...], where: str) -> None:
    """Refuse an array of another form, without reading it.

    Args:
        found: it has a dtype and a shape.
        shape: the one expected; None for any length of an axis.
        where: what an error calls it.

    Raises:
        ValueError: another shape, or no numbers.
    """
    fits = len(found.shape) == len(shape) and all(
        want in (None, length) for want, length in zip(shape, found.shape, strict=True)
    )
    if found.dtype.kind not in "biuf" or not fits:
        wanted = ", ".join("…" if want is None else str(want) for want in shape)
        raise ValueError(
            f"{where} is {found.dtype} {list(found.shape)}: numbers [{wanted}] are expected"
        )

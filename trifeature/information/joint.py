"""Joint tables of probabilities: from arrays, dicts and columns of observed values."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from interaction_probes.common.values.labels_and_numbers import (
    check_countable,
    check_same_index,
    discrete_codes,
)
from interaction_probes.common.values.number_tables import number_table

#: Cells of a table (x1, x2, y): 160 MB of them.
MAX_CELLS = 20_000_000

#: What errors call a table.
_NAME = "a table of probabilities or counts"


def normalised(table: Any, variables: tuple[str, ...] = ()) -> np.ndarray:
    """A table as it is where it adds up to 1, and divided by its sum where it does not.

    Args:
        table: probabilities or counts, of any shape; or a dict {(value, …): probability or count}.
        variables: the names of a dict's keys; without them its keys are not read.

    Raises:
        ValueError: entries that are no numbers, negative, missing, masked or not finite, or nothing
            but zeros.
    """
    if isinstance(table, Mapping):
        table = _of_dict(table, variables)
    p = number_table(table, _NAME)
    wrong = ~np.isfinite(p)
    if wrong.any():
        raise ValueError(
            f"a table holds finite probabilities or counts, and {int(wrong.sum())} of these "
            f"{wrong.size} are missing, masked or infinite"
        )
    if (p < 0).any() or not p.any():
        raise ValueError("a table holds finite probabilities or counts, not all 0, none < 0")
    if abs(p.sum() - 1) < 1e-9:
        return p
    p = p / p.max()  # first, so that the sum of huge counts cannot overflow
    return np.asarray(p / p.sum())


def names_of_sources(table: Any, *label: str) -> tuple[str, ...]:
    """Names of the variables of a dict's keys, ``x1``, ``x2`` and so on; none of an array.

    Args:
        table: an array, or a dict {(value, …): probability or count}.
        label: the names of the last variables, where they are no sources.
    """
    if not isinstance(table, Mapping):
        return ()
    key = next(iter(table), ())
    sources = (len(key) if isinstance(key, tuple) else 1) - len(label)
    return (*(f"x{k + 1}" for k in range(sources)), *label)


def counts_of(columns: Mapping[str, Any]) -> np.ndarray:
    """How often the values of columns meet in n samples: float64, an axis per column.

    Args:
        columns: what an error calls each → [n] values of any kind, or [n, k].

    Raises:
        ValueError: columns of other forms, lengths or pandas indexes, values that are missing or
            not finite, nearly as many distinct values or pairs of them as samples, or more values
            than can be counted.
    """
    check_same_index(columns)
    codes = {name: discrete_codes(values, name) for name, values in columns.items()}
    lengths = [len(code) for code in codes.values()]
    names = _listed(codes)
    if len(set(lengths)) > 1:
        raise ValueError(f"{names} have one value per sample, not {_listed(lengths)} values")
    for name, code in codes.items():
        check_countable(columns[name], code, name)
    if len(sources := list(codes.values())[:-1]) > 1:
        both = np.unique(np.stack(sources, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
        check_countable(both, both, f"the pair of {_listed(list(codes)[:-1])}")
    shape = tuple(int(code.max()) + 1 for code in codes.values())
    if np.prod(shape, dtype=float) > MAX_CELLS:
        raise ValueError(
            f"{names} have {_listed(shape)} distinct values, too many to count how "
            "often they meet: put them into bins or clusters first"
        )
    cell = np.ravel_multi_index(tuple(codes.values()), shape)
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)


def is_column(values: Any) -> bool:
    """Whether values are one column of texts, dates or categories rather than a table."""
    dtype = getattr(values, "dtype", None)
    if getattr(values, "ndim", 1) != 1 or isinstance(values, str | bytes):
        return False
    if getattr(dtype, "name", "") == "category" or getattr(dtype, "kind", "") in ("M", "m"):
        return True
    # Iterating over an iterator would use it up.
    first = next(iter(values), None) if hasattr(values, "__len__") else None
    return isinstance(first, str | bytes) and not isinstance(values, Mapping)


def _of_dict(table: Mapping[Any, Any], variables: tuple[str, ...]) -> np.ndarray:
    """A dict {(x1, x2, y): p} as an array [n1, n2, m]; of no variables, its values [n]."""
    entries = number_table(list(table.values()), _NAME)
    if entries.ndim != 1:
        raise ValueError("a table as a dict maps to numbers, each a probability or a count")
    if not variables:
        return entries
    if not table or not all(isinstance(key, tuple) and len(key) == len(variables) for key in table):
        raise ValueError(
            f"a table as a dict maps ({', '.join(variables)}) to a probability or a count"
        )
    axes = [
        _codes_of_keys(keys, name)
        for name, keys in zip(variables, zip(*table, strict=True), strict=True)
    ]
    shape = [int(codes.max()) + 1 for codes in axes]
    if np.prod(shape, dtype=float) > MAX_CELLS:
        raise ValueError(
            f"a table of {' × '.join(map(str, shape))} values is too large: merge values first"
        )
    joint = np.zeros(shape)
    joint[tuple(axes)] = entries
    return joint


def _codes_of_keys(keys: tuple[Any, ...], name: str) -> np.ndarray:
    """Codes of values, of which a tuple is one value and not a row of several."""
    column = np.empty(len(keys), dtype=object)
    for k, key in enumerate(keys):
        column[k] = key
    return discrete_codes(column, name)


def _listed(items: Iterable[object]) -> str:
    """Two items or more as a phrase: x1, x2 and y."""
    *others, last = map(str, items)
    return f"{', '.join(others)} and {last}"

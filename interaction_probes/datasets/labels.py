"""One label from values of any kind."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

from interaction_probes.common.values.columns import columns_of, missing_values
from interaction_probes.common.values.labels_and_numbers import discrete_codes, numbers

from .schema import Label


def read_label(name: str, values: Any, classes: Any = None) -> Label:
    """A label whose kind follows from the type of its values.

    Floats are real numbers. Texts, booleans and whole numbers are classes. Two columns or more of
    booleans, or of 0 and 1, are a multi-label.

    Args:
        name: its name.
        values: [N] or [N, K].
        classes: names: of the K columns of a multi-label, or of the whole numbers from 0.

    Raises:
        ValueError: values that are missing, complex, of another form, or without a name among
            `classes`.
    """
    key = f"label.{name}"
    columns = columns_of(values, key)
    if any(_is_complex(column) for column in columns):
        raise ValueError(
            f"{key} has complex numbers: give the real and the imaginary part as columns of floats"
        )
    if any(_is_real(column) for column in columns):
        if classes is not None:
            raise ValueError(f"classes.{name} names classes, but {key} is real numbers (floats)")
        found = numbers(values, key)
        return Label(name, "real", found[:, 0] if found.shape[1] == 1 else found)
    names = None if classes is None else _names(classes, f"classes.{name}")
    if len(columns) > 1:
        return _multilabel(name, columns, names)
    codes = discrete_codes(values, key)
    if names is None:
        _, first = np.unique(codes, return_index=True)
        names = tuple(_text(columns[0][row]) for row in first)
        [(written, times)] = Counter(names).most_common(1)
        if times > 1:
            raise ValueError(
                f"{key} has two values that are both written {written}, a number and a text say: "
                "give values of one kind"
            )
    else:
        codes = _own_codes(columns[0], key, len(names))
    return Label(name, "classes", codes, names)


def _is_real(column: np.ndarray) -> bool:
    """Whether a column is measurements: floats, or Python numbers with a fraction among them."""
    if column.dtype != object:
        return column.dtype.kind == "f"
    known = [value for value in column if value is not None]
    return all(isinstance(value, Real | Decimal) for value in known) and any(
        isinstance(value, float | Decimal | Fraction) for value in known
    )


def _is_complex(column: np.ndarray) -> bool:
    if column.dtype != object:
        return column.dtype.kind == "c"
    return any(isinstance(value, complex | np.complexfloating) for value in column)


def _names(classes: Any, key: str) -> tuple[str, ...]:
    columns = columns_of(classes, key)
    if missing := sum(int(missing_values(column).sum()) for column in columns):
        raise ValueError(f"{key} has {missing} missing names")
    names = tuple(map(_text, columns[0]))
    if len(columns) > 1 or len(set(names)) < len(names):
        raise ValueError(f"{key} is [K] names, each once")
    return names


def _text(value: Any) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def _multilabel(name: str, columns: list[np.ndarray], names: tuple[str, ...] | None) -> Label:
    key = f"label.{name}"
    found = np.zeros((len(columns[0]), len(columns)), dtype=bool)
    for k, column in enumerate(columns):
        wrong = np.array([value not in (0, 1) for value in column.tolist()])
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(
                f"{key} has {len(columns)} columns, and so is booleans or 0 and 1, but row {row}, "
                f"column {k} is {column[row]!s:.40}: give each column as a label of its own"
            )
        found[:, k] = column.astype(bool)
    names = tuple(map(str, range(len(columns)))) if names is None else names
    if len(names) != len(columns):
        raise ValueError(f"classes.{name} has {len(names)} names for {len(columns)} columns")
    return Label(name, "multilabel", found, names)


def _own_codes(column: np.ndarray, key: str, classes: int) -> np.ndarray:
    """Whole numbers that name classes by their place."""
    if column.dtype.kind not in "iub":
        raise ValueError(f"{key} is whole numbers from 0 where classes are named, not texts")
    wrong = (column < 0) | (column >= classes)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"{key} is 0 to {classes - 1}, its {classes} classes: row {row} is not")
    return column.astype(np.int64)

"""Single numbers that users give: whole ones and fractions."""

from numbers import Integral, Real
from typing import Any

import numpy as np


def check_whole(value: Any, name: str) -> None:
    """Refuse what is no whole number, a boolean and 3.0 among it.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name} is a whole number, not {value!r:.40}")


def check_number(value: Any, name: str) -> None:
    """Refuse what is no real number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{name} is a number, not {value!r:.40}")


def plain_whole(value: Any, name: str) -> int:
    """A whole number as Python's int, which JSON writes; 3.0 and booleans are none.

    Raises:
        ValueError: it is none.
    """
    check_whole(value, name)
    return int(value)


def plain_number(value: Any, name: str) -> int | float:
    """A real number as Python's int or float, which JSON writes.

    A whole number stays one, so that what was written of it before reads the same; a float32 is the
    decimal that it shows.

    Raises:
        ValueError: it is none.
    """
    check_number(value, name)
    if isinstance(value, Integral):
        return int(value)
    return float(str(value) if isinstance(value, np.floating) else value)


def as_strength(value: Any, name: str) -> int | float:
    """A strength ρ, a fraction in [0, 1], as :func:`plain_number`.

    Raises:
        ValueError: it is none.
    """
    found = plain_number(value, name)
    if not 0 <= found <= 1:
        raise ValueError(f"{name} lies in [0, 1], not {value}")
    return found


def whole(value: Any, name: str) -> int:
    """A whole number as an int, 1e4 among it.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return plain_whole(value, name)

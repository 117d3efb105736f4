"""Single numbers that users give: whole ones and fractions."""

from numbers import Integral, Real
from typing import Any


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


def whole(value: Any, name: str) -> int:
    """A whole number as an int, 1e4 among it.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    check_whole(value, name)
    return int(value)

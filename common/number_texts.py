"""Numbers that users write in options and tables."""

from typing import TypeVar

_Number = TypeVar("_Number", int, float)


def read_number(kind: type[_Number], text: str) -> _Number:
    """The number that a text says, of a type.

    Python reads 1_0 as 10; here it is none: in an option or a table it is a slip for 1.0 or 1e0.

    >>> read_number(float, "1e-3")
    0.001

    Args:
        kind: int or float.
        text: what was written.

    Raises:
        ValueError: it is no number of that type.
    """
    if "_" in text:
        raise ValueError(f"{text!r} is no number: digits stand together, without _")
    return kind(text)

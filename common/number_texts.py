"""Numbers in texts: those that users write in options and tables, and counts of values in words."""

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


def missing_count(number: int) -> str:
    """How many values are missing, in words.

    >>> missing_count(1), missing_count(2)
    ('1 missing value', '2 missing values')
    """
    return f"{number} missing value{'' if number == 1 else 's'}"


def unusable_count(number: int) -> str:
    """How many values are no finite numbers, in words.

    >>> unusable_count(1), unusable_count(2)
    ('1 value that is missing or not finite', '2 values that are missing or not finite')
    """
    kind = "value that is" if number == 1 else "values that are"
    return f"{number} {kind} missing or not finite"

"""Masks over modalities: from the kinds of lists that users give, and all of a size."""

import itertools
import operator
from collections.abc import Iterable
from typing import Any, cast


def partial_masks(modalities: int) -> list[list[int]]:
    """The masks of two or more of n modalities, but not of all, the small ones first.

    >>> partial_masks(3)
    [[0, 1], [0, 2], [1, 2]]
    """
    return [
        list(mask)
        for size in range(2, modalities)
        for mask in itertools.combinations(range(modalities), size)
    ]


def as_masks(masks: object) -> list[list[int]]:
    """Masks as lists.

    Raises:
        ValueError: no list of lists of whole numbers.
    """
    return [as_mask(mask) for mask in _items(masks, "masks are a list of masks, [[0], [0, 1]] say")]


def as_mask(mask: object) -> list[int]:
    """The numbers of a mask's modalities, from a list, an array or a tensor of whole numbers.

    Raises:
        ValueError: anything else. Booleans are refused: True and False would be modalities 1 and 0.
    """
    right = "a mask lists the numbers of modalities, [0, 1] say"
    numbers = []
    for value in _items(mask, right):
        try:
            if isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool"):
                raise TypeError("a boolean")
            numbers.append(operator.index(value))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{right}, not {_in_a_line(mask)}") from error
    return numbers


def _items(values: object, right: str) -> list[Any]:
    """The items of a list, an array or a tensor.

    Raises:
        ValueError: it has none, as a bare number.
    """
    try:
        return list(cast(Iterable[Any], values))
    except TypeError as error:
        raise ValueError(f"{right}, not {_in_a_line(values)}") from error


def _in_a_line(value: object) -> str:
    shown = " ".join(repr(value).split())
    return shown if len(shown) <= 80 else f"{shown[:77]}..."

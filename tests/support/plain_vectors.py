"""Vectors as lists of numbers, for slow twins of losses written sample by sample."""

import math


def unit(x):
    """The vector of length 1."""
    length = math.sqrt(sum(p * p for p in x))
    return [p / length for p in x]


def dot(x, y):
    """The inner product."""
    return sum(p * q for p, q in zip(x, y, strict=True))

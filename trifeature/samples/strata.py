"""Strata of samples: the rules that are in force in them, their fractions and their sizes."""

import itertools

import numpy as np

from .design import SampleDesign

#: For each rule of a design, whether it is in force.
InForce = tuple[bool, ...]


def stratum_fractions(design: SampleDesign) -> dict[InForce, float]:
    """The fraction of the samples in each stratum, the most constrained first.

    Rules are in force independently of one another.
    """
    parts = {}
    for in_force in itertools.product((True, False), repeat=len(design.rules)):
        chances = (
            rule.strength if on else 1 - rule.strength
            for rule, on in zip(design.rules, in_force, strict=True)
        )
        if (fraction := float(np.prod(list(chances)))) > 0:
            parts[in_force] = fraction
    return dict(sorted(parts.items(), key=lambda part: -sum(part[0])))


def stratum_sizes(design: SampleDesign, size: int) -> dict[InForce, int]:
    """Samples per stratum, the most constrained first.

    Each rule has exactly its rounded fraction of the samples, and of each combination of the rules
    before it its fraction, but for rounding.
    """
    sizes: dict[InForce, int] = {(): size}
    for rule in design.rules:
        under = _shares(list(sizes.values()), round(rule.strength * size))
        sizes = {
            (*before, on): n if on else whole - n
            for (before, whole), n in zip(sizes.items(), under, strict=True)
            for on in (True, False)
        }
    return dict(sorted(((k, n) for k, n in sizes.items() if n), key=lambda part: -sum(part[0])))


def _shares(sizes: list[int], wanted: int) -> list[int]:
    """Parts of some sizes that add up to `wanted`, in proportion, the largest remainders first."""
    exact = np.array(sizes) * (wanted / sum(sizes))
    parts = np.floor(exact).astype(int)
    order = np.argsort(parts - exact, kind="stable")
    parts[order[: wanted - parts.sum()]] += 1
    return [int(n) for n in parts]

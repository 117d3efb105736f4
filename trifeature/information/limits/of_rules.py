"""What scores that see less than a Latin rule can reach on its match bit.

A score that is a sum of terms, each of one image, is additive; one that is a sum of terms, each of
two of three images, is pairwise. The match bit is whether a rule is obeyed, and the number its best
balanced accuracy with a threshold on the score. Linear probes of concatenated codes of images are
additive, of codes of pairs of images pairwise. A measured accuracy below such a number is within
the reach of scores of that kind.
"""

from collections.abc import Sequence

import numpy as np

from trifeature.images.factors import FactorCounts
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray
from trifeature.samples.tasks import check_arrays, match_task

from .of_pairs import additive_limit
from .pairwise_scores import PAIRWISE_SCORES, wrongly_accepted


def additive_triple_limit(values: int) -> float:
    """Best known balanced accuracy on the match bit of a Latin cube of a sum f(a) + g(b) + h(c).

    By renaming values and shifting one of them, the cube's rule is a + b + c ≡ r mod m for any r.
    The number is that of the best threshold on a + b + c over all r, by counting. It is a lower
    bound of what additive scores can reach, at m = 10 .704; a search over all f, g and h, block by
    block from thousands of starts, found none better for any m.

    >>> round(additive_triple_limit(10), 4)
    0.7044

    Args:
        values: m, how many values each of the three attributes has.
    """
    die = np.ones(values)
    frequency = np.convolve(np.convolve(die, die), die)
    sums = np.arange(len(frequency))
    best = 0.0
    for remainder in range(values):
        matches = sums % values == remainder
        accepted = np.cumsum(np.where(matches, frequency, 0)) / values**2
        wrongly = np.cumsum(np.where(matches, 0, frequency)) / (values**3 - values**2)
        best = max(best, float((accepted - wrongly).max()))
    return (1 + best) / 2


def pairwise_triple_limit(values: int) -> float:
    """Best known balanced accuracy on a Latin cube's match bit of a sum of terms of two images.

    By renaming values and shifting one of them, the cube's rule is a + b + c ≡ r mod m for any r.
    A score p(a, b) + p(b, c) + p(c, a) accepts every match, and of the m³ − m² other combinations
    w; the number is 1 − w / 2(m³ − m²), by counting. The scores are those of
    :mod:`.pairwise_scores`, which a search found: a lower bound of what pairwise scores can reach.
    For two values it is exact, 7/8: the eight scores, with signs by parity, sum to 0, so that not
    all four matches can lie above the threshold and all four others below.

    >>> round(pairwise_triple_limit(2), 4), round(pairwise_triple_limit(10), 4)
    (0.875, 0.8672)

    Args:
        values: m, how many values each of the three attributes has, 2 to 10.

    Raises:
        ValueError: another number of values.
    """
    if values not in PAIRWISE_SCORES:
        known = f"{min(PAIRWISE_SCORES)} to {max(PAIRWISE_SCORES)}"
        raise ValueError(f"pairwise scores are known of {known} values, not of {values}")
    remainder, p = PAIRWISE_SCORES[values]
    others = values**3 - values**2
    return 1 - wrongly_accepted(np.array(p), remainder) / others / 2


def match_limits(
    design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]
) -> dict[str, dict[str, float]]:
    """Task → (kind of score → best known balanced accuracy), for the match bits of a design.

    The kinds are ``additive`` and, for rules over three images, ``pairwise``. Rules over more have
    no number.

    >>> from trifeature import draw_latin_arrays
    >>> design, counts = SampleDesign.standard(3), FactorCounts()
    >>> limits = match_limits(design, counts, draw_latin_arrays(design, counts, seed=0))
    >>> limits["S13"], sorted(limits["S123"])
    ({'additive': 0.75}, ['additive', 'pairwise'])

    Args:
        design: the rules.
        counts: how many values each factor has.
        arrays: the Latin array of each Latin rule.

    Raises:
        ValueError: arrays of other rules.
    """
    check_arrays(design, counts, arrays)
    found: dict[str, dict[str, float]] = {}
    for rule, array in zip(design.latin, arrays, strict=True):
        task, m = match_task(design, rule), array.classes
        if len(rule.factors) == 2:
            mapping = array.answer(np.arange(counts[rule.factors[0].factor]))
            found[task] = {"additive": additive_limit(mapping, m)}
        elif len(rule.factors) == 3:
            found[task] = {
                "additive": additive_triple_limit(m),
                "pairwise": pairwise_triple_limit(m),
            }
    return found

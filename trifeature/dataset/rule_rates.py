"""How often the pairs and samples of a folder obey a rule, compared with its strength."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trifeature.images.factors import FactorCounts, combinations
from trifeature.pairs.candidates import Pool
from trifeature.pairs.design import PairDesign
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray
from trifeature.samples.pool import SamplePool
from trifeature.samples.strata import stratum_fractions

#: Standard deviations by which the luck of a draw may miss a rate.
_DEVIATIONS = 5
#: Besides, pairs that others drew may obey a rule by chance more often than all of the images'.
_TOLERANCE = 0.1


def check_rate(path: Path, rule: str, obeys: np.ndarray, strength: float, chance: float) -> None:
    """Refuse a table whose rows obey a rule less or more often than its strength says.

    Of strength ρ, a fraction ρ of the rows obeys the rule by design, and of the others some by
    chance: ρ + (1 − ρ) · chance. Where most pairs that obey it are drawn already, the others obey
    it less often, so that ρ alone is the least.

    Args:
        path: the table.
        rule: it in words.
        obeys: whether each row obeys the rule.
        strength: ρ, of the rule.
        chance: the fraction that obeys it where it is not imposed.

    Raises:
        ValueError: too few or too many obey it, beyond the luck of a draw.
    """
    rate, rows = float(obeys.mean()), len(obeys)
    expected = strength + (1 - strength) * chance
    luck = [_DEVIATIONS * np.sqrt(part * (1 - part) / rows) for part in (strength, expected)]
    if strength - luck[0] <= rate <= expected + luck[1] + 1 / rows + _TOLERANCE:
        return
    raise ValueError(
        f"{path}: {100 * rate:.0f} % obey {rule}, and {100 * expected:.0f} % would of its strength "
        f"{strength:g} in manifest.json"
    )


def chances_of_pairs(
    table: np.ndarray, design: PairDesign, mapping: np.ndarray
) -> tuple[float, float]:
    """How often pairs of images share the attribute and obey the mapping, each not imposed.

    Args:
        table: factor table of the images, int64 [n, 3].
        design: the other rule's strength counts.
        mapping: M.
    """
    total = {
        (shares, maps): Pool(table, design, mapping, (shares, maps)).total
        for shares in (True, False)
        for maps in (True, False)
    }
    shared = mapped = 0.0
    for on in (True, False):
        part = design.mapping_strength if on else 1 - design.mapping_strength
        shared += part * total[True, on] / max(1, total[False, on])
        part = design.shared_strength if on else 1 - design.shared_strength
        mapped += part * total[on, True] / max(1, total[on, False])
    return shared, mapped


def chances_of_samples(
    table: np.ndarray, counts: FactorCounts, design: SampleDesign, arrays: Sequence[LatinArray]
) -> list[float]:
    """How often samples obey each rule of a design where it is not imposed and the others are.

    The greater of the images' rate and that of ideal factor tables: of samples with equal
    combinations of factors some are left out, which brings the first near the second.

    Args:
        table: factor table of the images, int64 [n, 3].
        counts: how many values each factor has.
        design: the rules.
        arrays: the Latin array of each Latin rule.
    """
    found = []
    for k in range(len(design.rules)):
        chance = []
        for rows in (table, combinations(counts)):
            rate = 0.0
            for in_force, part in stratum_fractions(_without(design, k)).items():
                off = SamplePool(rows, design, arrays, in_force).total
                on = SamplePool(
                    rows, design, arrays, (*in_force[:k], True, *in_force[k + 1 :])
                ).total
                rate += part * on / max(1.0, off)
            chance.append(rate)
        found.append(max(chance))
    return found


def _without(design: SampleDesign, k: int) -> SampleDesign:
    """The design with the k-th of its rules at strength 0."""
    off = design.rules[k]
    return replace(
        design,
        shared=tuple(replace(r, strength=0.0) if r is off else r for r in design.shared),
        latin=tuple(replace(r, strength=0.0) if r is off else r for r in design.latin),
    )

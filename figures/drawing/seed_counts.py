"""How many seeds a figure is drawn from, whose are more or fewer, and what its intervals are."""

from collections import Counter
from collections.abc import Mapping

from interaction_probes.analysis.seeds import RANGE_UP_TO

#: (name of a method or variant, part of the figure, such as a task) → its number of seeds.
SeedCounts = Mapping[tuple[str, str], int]


def seeds_in_words(counts: SeedCounts) -> str:
    """The numbers of seeds and what intervals over them are: a sentence of a caption.

    Raises:
        ValueError: no count.
    """
    low, high = min(counts.values()), max(counts.values())
    if high == 1:
        return f"{number_of_seeds(counts)}, which has no interval."
    if high <= RANGE_UP_TO:
        return f"{number_of_seeds(counts)}; mean and range over them."
    few = f" (up to n = {RANGE_UP_TO} their range)" if low <= RANGE_UP_TO else ""
    return f"{number_of_seeds(counts)}; mean and 95 % interval by bootstrap of seeds{few}."


def number_of_seeds(counts: SeedCounts) -> str:
    """The number that most parts have, then every other one and whose it is.

    A method is named with the parts of the figure that have the number, unless all of its own do:
    "n = 5 seeds, 3 of CLIP, 1 of CoMM (S)".
    """
    common = Counter(counts.values())
    usual = max(common, key=lambda n: (common[n], n))
    others = [f"{n} of {_whose(counts, n)}" for n in sorted(common, reverse=True) if n != usual]
    return ", ".join([f"n = {usual} seed{'s' if usual > 1 else ''}", *others])


def _whose(counts: SeedCounts, n: int) -> str:
    """The methods that have n seeds; those of the same parts together."""
    methods: dict[tuple[str, ...], list[str]] = {}
    for name in dict.fromkeys(name for name, _ in counts):
        parts = [part for of, part in counts if of == name]
        found = tuple(part for part in parts if counts[name, part] == n)
        if found:
            methods.setdefault(() if len(found) == len(parts) else found, []).append(name)
    return " and ".join(
        ", ".join(names) + (f" ({', '.join(parts)})" if parts else "")
        for parts, names in methods.items()
    )

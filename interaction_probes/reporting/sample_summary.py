"""The table at the end of a run on three images or more, and what it concludes of synergy."""

from collections.abc import Sequence

import pandas as pd

from interaction_probes.analysis.schema import subset_probe
from interaction_probes.analysis.subset_profiles import subsets_of, teaching_design, true_profile

from .summary import Lookup

#: Bits of a subset that has none.
_NONE = 1e-6


def summary_of_samples(runs: Sequence[pd.DataFrame]) -> str:
    """Lines for the terminal from the metrics of finished runs of a method, one per design.

    Each task is shown for the design that teaches it, or for the only one.

    Args:
        runs: the metrics of each.

    Raises:
        ValueError: metrics that lack a value of the table.
    """
    by_pairs = {str(run["pairs"].iloc[0]): Lookup.of(run) for run in runs}
    truth = true_profile(runs[0])
    read_from = {
        task: teaching_design(task) if teaching_design(task) in by_pairs else next(iter(by_pairs))
        for task in truth.index
        if len(by_pairs) == 1 or teaching_design(task) in by_pairs
    }
    width = max(15, *(len(pairs) + 2 for pairs in by_pairs))
    lines = [
        f"{'task':<10}{'samples':<{width}}{'accuracy':>9}{'chance':>8}{'bits captured':>15}"
        f"{'available':>11}"
    ]
    for task, pairs in read_from.items():
        look = by_pairs[pairs]
        lines.append(
            f"{task:<10}{pairs:<{width}}{100 * look(task, 'linear', 'accuracy'):>7.1f} %"
            f"{100 * look(task, 'exact', 'chance'):>6.0f} %{look(task, 'linear', 'bits'):>15.3f}"
            f"{look(task, 'exact', 'bits'):>11.3f}"
        )
    synergies = [task for task in read_from if task.startswith("S")]
    for task in synergies:
        lines += _verdict(task, by_pairs[read_from[task]], by_pairs, truth.loc[task], runs[0])
    return "\n".join(lines)


def _verdict(
    task: str,
    look: Lookup,
    by_pairs: dict[str, Lookup],
    bits: pd.Series,
    table: pd.DataFrame,
) -> list[str]:
    """A sentence on one synergy task, from the 95 % interval of the accuracy against chance."""
    chance = look(task, "exact", "chance")
    above = {
        probe: look(task, probe, "accuracy_low") > chance
        for probe in ("linear", "bilinear", "trilinear", "mlp", "shuffled")
        if look.has(task, probe, "accuracy_low")
    }
    leaks = [
        "".join(map(str, images))
        for images in subsets_of(table)
        if bits[images] < _NONE
        and look.has(task, subset_probe(images), "accuracy_low")
        and look(task, subset_probe(images), "accuracy_low") > chance
    ]
    told = [f"images {', '.join(leaks)}"] if leaks else []
    told += ["a probe of shuffled labels"] if above.get("shuffled") else []
    further = [probe for probe in ("bilinear", "trilinear", "mlp") if probe in above]
    if told:
        said = f"cannot be judged: above chance without information are {' and '.join(told)}"
    elif above["linear"]:
        said = "is linearly exposed"
    elif any(above[probe] for probe in further):
        found = ", ".join(probe for probe in further if above[probe])
        said = f"is present, not linearly exposed ({found})"
    elif len(further) >= 2:
        said = "is not found: neither linear nor interacting probes are above chance"
    else:
        said = "is not linearly exposed; whether it is present, --controls all would tell"
    accuracy = 100 * look(task, "linear", "accuracy")
    notes = [
        f"scores of {what} reach {100 * look(task, 'exact', limit):.1f} %"
        for limit, what in {"additive": "single images", "pairwise": "two images"}.items()
        if look.has(task, "exact", limit)
    ]
    unbiased = by_pairs.get("unbiased")
    if unbiased and unbiased is not look:
        notes.append(f"unbiased {100 * unbiased(task, 'linear', 'accuracy'):.1f} %")
    aside = f" ({'; '.join(notes)})" if notes else ""
    return [f"{task} {said}: {accuracy:.1f} %{aside}."]

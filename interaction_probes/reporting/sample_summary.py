"""The table at the end of a run on three images or more, and what it concludes of synergy."""

from collections.abc import Sequence
from statistics import NormalDist

import pandas as pd

from interaction_probes.analysis.row_filters import teaching_design
from interaction_probes.analysis.schema import subset_probe
from interaction_probes.analysis.subset_profiles import subsets_of, true_profile

from .summary import Lookup

#: Bits of a subset that has none.
_NONE = 1e-6
#: The error at one end of a 95 % interval.
_ONE_SIDED = 0.025


#: Limit → the scores that it is of, and what is open of it.
_LIMITS = {"additive": ("single images", ""), "pairwise": ("two images", " or more")}


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


def corrected_low(look: Lookup, task: str, probe: str, comparisons: int) -> float:
    """The lower end of an accuracy's interval, corrected for several comparisons by Bonferroni.

    The lower half of the 95 % interval is stretched as that of a normal distribution: the error of
    2.5 % at that end is shared out among the comparisons.

    Args:
        look: the values of a run.
        task: of the score.
        probe: of the score.
        comparisons: their number, 1 or more; 1 leaves the interval as it is.
    """
    accuracy, low = (look(task, probe, metric) for metric in ("accuracy", "accuracy_low"))
    usual, wanted = (NormalDist().inv_cdf(1 - _ONE_SIDED / number) for number in (1, comparisons))
    return accuracy - (accuracy - low) * wanted / usual


def _verdict(
    task: str,
    look: Lookup,
    by_pairs: dict[str, Lookup],
    bits: pd.Series,
    table: pd.DataFrame,
) -> list[str]:
    """A sentence on one synergy task, from the 95 % interval of the accuracy against chance.

    The probes that must be at chance are many, and one of them lies above it by chance the more
    often the more they are: their intervals are widened as Bonferroni's correction for their number
    asks.
    """
    chance = look(task, "exact", "chance")
    above = {
        probe: look(task, probe, "accuracy_low") > chance
        for probe in ("linear", "bilinear", "trilinear", "mlp")
        if look.has(task, probe, "accuracy_low")
    }
    uninformed = {
        subset_probe(images): "".join(map(str, images))
        for images in subsets_of(table)
        if bits[images] < _NONE and look.has(task, subset_probe(images), "accuracy_low")
    }
    at_chance = [*uninformed, *(["shuffled"] if look.has(task, "shuffled", "accuracy_low") else [])]
    leaking = [
        probe for probe in at_chance if corrected_low(look, task, probe, len(at_chance)) > chance
    ]
    leaks = [uninformed[probe] for probe in leaking if probe in uninformed]
    told = [f"images {', '.join(leaks)}"] if leaks else []
    told += ["a probe of shuffled labels"] if "shuffled" in leaking else []
    further = [probe for probe in ("bilinear", "trilinear", "mlp") if probe in above]
    if told:
        said = (
            f"cannot be judged: above chance without information are {' and '.join(told)} "
            f"(Bonferroni over {len(at_chance)} probes)"
        )
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
        f"scores of {what} reach {100 * look(task, 'exact', limit):.1f} %{more}"
        for limit, (what, more) in _LIMITS.items()
        if look.has(task, "exact", limit)
    ]
    unbiased = by_pairs.get("unbiased")
    if unbiased and unbiased is not look:
        notes.append(f"unbiased {100 * unbiased(task, 'linear', 'accuracy'):.1f} %")
    aside = f" ({'; '.join(notes)})" if notes else ""
    return [f"{task} {said}: {accuracy:.1f} %{aside}."]

"""Which scores of a run were read at an end of the grid of penalties, in lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import pandas as pd

from interaction_probes.analysis.schema import METRICS, images_of_probe

#: Metric that chose a penalty → its heading.
_CHOOSING = {
    f"{metric}_strength": METRICS[metric].label
    for metric in ("accuracy", "auc", "macro_f1", "micro_f1", "bits", "r2")
}
#: Those of a profile, which shows no other metric of a subset.
_PROFILED = ("bits_strength", "r2_strength")
#: Scores that a line names; of many subsets the others are counted.
_NAMED = 8
#: End of the grid → its penalty, and what one beyond it may do.
_ENDS = {
    "strongest": (max, "Stronger ones may read more, where there is more to read."),
    "weakest": (min, "Weaker ones may read more."),
}


def edge_line(
    end: Literal["strongest", "weakest"],
    found: Iterable[tuple[str, float]],
    strengths: Sequence[float],
    of: str = "",
) -> list[str]:
    """A line that names the scores read at an end of the grid; none where there are none.

    Args:
        end: which end.
        found: scores in words, and the penalty of each.
        strengths: the grid; nothing is said of one value, which was no choice.
        of: whose scores they are, in words.
    """
    if len(set(strengths)) < 2:
        return []
    limit, beyond = _ENDS[end]
    edge = limit(strengths)
    ended = [name for name, strength in found if strength == edge]
    if not ended:
        return []
    more = f" and {len(ended) - _NAMED} others" if len(ended) > _NAMED else ""
    return [
        f"Read at the {end} of --probe.strengths ({edge:g}){of and f', {of}'}: "
        f"{', '.join(ended[:_NAMED])}{more}. {beyond}"
    ]


def edge_lines(
    run: pd.DataFrame,
    chosen: Mapping[str, int],
    modalities: Sequence[str],
    reference: pd.DataFrame | None,
    strengths: Sequence[float],
) -> list[str]:
    """A line for each end of the grid at which the validation rows of a dataset chose a penalty.

    Args:
        run: the metrics of a run on a dataset.
        chosen: label → the epoch that its validation rows chose.
        modalities: their names, in their order.
        reference: the supervised reference; None where there is none.
        strengths: the grid.
    """
    found = [*_of_run(run, chosen, modalities), *_of_reference(reference, modalities)]
    return [
        *edge_line("strongest", found, strengths),
        *edge_line("weakest", found, strengths),
    ]


def _of_run(
    run: pd.DataFrame, chosen: Mapping[str, int], modalities: Sequence[str]
) -> Iterator[tuple[str, float]]:
    """What was read, in words, and its penalty: of all modalities, and of each subset's profile."""
    for row in run[run["metric"].isin([*_CHOOSING])].itertuples():
        label, probe, metric = str(row.task), str(row.probe), str(row.metric)
        if int(row.epoch) != chosen.get(label):
            continue
        if probe == "linear":
            yield f"{label} ({_CHOOSING[metric]})", float(row.value)
        elif metric in _PROFILED and (subset := images_of_probe(probe)):
            yield (
                f"{label} ({_CHOOSING[metric]}) from {_names(subset, modalities)}",
                float(row.value),
            )


def _of_reference(
    reference: pd.DataFrame | None, modalities: Sequence[str]
) -> Iterator[tuple[str, float]]:
    """The same of the supervised reference; one of an earlier version has no penalties."""
    if reference is None:
        return
    for row in reference[reference["metric"].isin(_PROFILED)].itertuples():
        subset = tuple(map(int, str(row.subset)))
        heading = f"supervised {_CHOOSING[str(row.metric)]}"
        yield f"{row.label} ({heading}) from {_names(subset, modalities)}", float(row.value)


def _names(subset: Sequence[int], modalities: Sequence[str]) -> str:
    return " + ".join(modalities[number - 1] for number in subset)

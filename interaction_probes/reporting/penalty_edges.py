"""Which scores of a run were read at an end of the grid of penalties, in lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import pandas as pd

from interaction_probes.analysis.schema import images_of_probe

#: Metrics whose rows are penalties, of the probe of all modalities.
_CHOOSING = (
    "accuracy_strength",
    "auc_strength",
    "macro_f1_strength",
    "micro_f1_strength",
    "bits_strength",
    "r2_strength",
)
#: Those of a profile, which shows no other metric of a subset.
_PROFILED = ("bits_strength", "r2_strength")
#: Scores that a line names; of more the others are counted.
_NAMED = 8
#: End of the grid → its penalty, and one beyond it.
_ENDS = {"strongest": (max, "larger"), "weakest": (min, "smaller")}


def edge_line(
    end: Literal["strongest", "weakest"],
    found: Iterable[tuple[str, float]],
    strengths: Sequence[float],
    of: str = "",
) -> list[str]:
    """A line that names the scores read at an end of the grid; none where there are none.

    Args:
        end: which end.
        found: what was scored, in words, and the penalty of each; named once.
        strengths: the grid; nothing is said of one value, which was no choice.
        of: whose scores they are, in words.
    """
    if len(set(strengths)) < 2:
        return []
    limit, beyond = _ENDS[end]
    edge = limit(strengths)
    ended = [*dict.fromkeys(name for name, strength in found if strength == edge)]
    if not ended:
        return []
    more = f" and {len(ended) - _NAMED} others" if len(ended) > _NAMED else ""
    return [
        f"L2 penalty at the edge of its grid ({edge:g}): {', '.join(ended[:_NAMED])}{more}"
        f"{of and f' of {of}'}; a {beyond} one may score higher (--probe.strengths)."
    ]


def edge_lines(
    run: pd.DataFrame,
    chosen: Mapping[str, int],
    reference: pd.DataFrame | None,
    strengths: Sequence[float],
) -> list[str]:
    """A line for each end of the grid at which the validation rows of a dataset chose a penalty.

    A label is named once, whether its scores of all modalities are meant or those of a subset.

    Args:
        run: the metrics of a run on a dataset.
        chosen: label → the epoch that its validation rows chose.
        reference: the supervised reference; None where there is none.
        strengths: the grid.
    """
    found = [*_of_run(run, chosen), *_of_reference(reference)]
    return [
        *edge_line("strongest", found, strengths),
        *edge_line("weakest", found, strengths),
    ]


def _of_run(run: pd.DataFrame, chosen: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    """Labels and penalties: of all modalities, and of each subset's profile."""
    for row in run[run["metric"].isin(_CHOOSING)].itertuples():
        label, probe = str(row.task), str(row.probe)
        of_subset = str(row.metric) in _PROFILED and images_of_probe(probe)
        if int(row.epoch) == chosen.get(label) and (probe == "linear" or of_subset):
            yield label, float(row.value)


def _of_reference(reference: pd.DataFrame | None) -> Iterator[tuple[str, float]]:
    """The same of the supervised reference; one of an earlier version has no penalties."""
    if reference is None:
        return
    for row in reference[reference["metric"].isin(_PROFILED)].itertuples():
        yield f"{row.label} (supervised)", float(row.value)

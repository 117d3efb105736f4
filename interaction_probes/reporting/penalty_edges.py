"""Which scores of a run on a dataset were read at an end of the grid of penalties, in lines."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.schema import images_of_probe

#: Metric that chose a penalty → its heading.
_CHOOSING = {
    "accuracy_strength": "accuracy",
    "auc_strength": "AUC",
    "macro_f1_strength": "macro F1",
    "micro_f1_strength": "micro F1",
    "bits_strength": "bits",
    "r2_strength": "R²",
}
#: Those of a profile, which shows no other metric of a subset.
_PROFILED = ("bits_strength", "r2_strength")
#: Scores that a line names; of many subsets the others are counted.
_NAMED = 8


def edge_lines(
    run: pd.DataFrame,
    chosen: Mapping[str, int],
    modalities: Sequence[str],
    reference: pd.DataFrame | None,
    strengths: Sequence[float],
) -> list[str]:
    """A line for each end of the grid at which the validation rows chose a penalty.

    Args:
        run: the metrics of a run on a dataset.
        chosen: label → the epoch that its validation rows chose.
        modalities: their names, in their order.
        reference: the supervised reference; None where there is none.
        strengths: the grid; nothing is said of one value, which was no choice.
    """
    lines: list[str] = []
    if len(set(strengths)) < 2:
        return lines
    found = [*_of_run(run, chosen, modalities), *_of_reference(reference, modalities)]
    for end, edge, beyond in (
        ("strongest", max(strengths), "Stronger ones may read more, where there is more to read."),
        ("weakest", min(strengths), "Weaker ones may read more."),
    ):
        ended = [name for name, strength in found if strength == edge]
        if ended:
            more = f" and {len(ended) - _NAMED} others" if len(ended) > _NAMED else ""
            lines.append(
                f"Read at the {end} of --probe.strengths ({edge:g}): "
                f"{', '.join(ended[:_NAMED])}{more}. {beyond}"
            )
    return lines


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

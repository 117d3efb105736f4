"""The table at the end of a run on a dataset: scores of every label, and what each subset has."""

from collections.abc import Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.schema import METRICS

from .dataset_profile import profile_lines
from .penalty_edges import edge_lines

#: The metrics of a line each; a label shows those that it has.
_SHOWN = ("accuracy", "auc", "macro_f1", "micro_f1", "bits", "r2", "mse")


def summary_of_dataset(
    run: pd.DataFrame,
    modalities: Sequence[str],
    reference: pd.DataFrame | None = None,
    strengths: Sequence[float] = (),
    notes: Sequence[str] = (),
) -> str:
    """Lines for the terminal from the metrics of one finished run on a dataset.

    The scores of a label, and its profile over the subsets of the modalities, are those of the
    epoch that its validation rows chose.

    Args:
        run: its metrics.
        modalities: the names of the modalities, in their order.
        reference: the supervised reference of its data, as
            :func:`interaction_probes.experiment.supervised_reference.supervised_reference` gives
            it; None for a profile without it.
        strengths: the L2 strengths that probes chose from: it is told where a choice ended at the
            strongest or the weakest.
        notes: what of a label has no part in its scores, a line each.
    """
    found = {
        (str(row.task), str(row.probe), str(row.metric), int(row.epoch)): float(row.value)
        for row in run.itertuples()
    }
    last = int(run["epoch"].max())
    labels = [*dict.fromkeys(run["task"])]
    width = max(12, *(len(label) + 2 for label in labels))
    lines = [f"{'label':<{width}}{'metric':<10}{'score':>10}  {'95 % interval':<20}{'chance':>10}"]
    for label in labels:
        epoch = int(found[label, "linear", "best_epoch", last])
        lines += _scores(found, label, epoch, width)
    chosen = {name: int(found[name, "linear", "best_epoch", last]) for name in labels}
    words = ", ".join(f"{name} {epoch}" for name, epoch in chosen.items())
    lines.append(
        "Scores on the test rows, at the epoch that the validation rows chose: "
        f"{words} (of {last})."
    )
    if (run["metric"] == "accuracy").any():
        lines.append("Accuracy is macro (balanced): the mean over the classes of their recall.")
    if _of_several_classes(found, labels):
        lines.append(
            "AUC of more than two classes: one against the rest, the mean over the classes."
        )
    lines += [f"note: {line}" for line in notes]
    lines += profile_lines(run, chosen, modalities, reference)
    lines += edge_lines(run, chosen, reference, strengths)
    return "\n".join(lines)


def _of_several_classes(
    found: Mapping[tuple[str, str, str, int], float], labels: Sequence[str]
) -> bool:
    """Whether a label of three classes or more has an AUC."""
    ranked = {task for task, probe, metric, _ in found if (probe, metric) == ("linear", "auc")}
    return any(
        found.get((label, "exact", "chance", 0), 1) < 0.5 for label in labels if label in ranked
    )


def _scores(
    found: dict[tuple[str, str, str, int], float], label: str, epoch: int, width: int
) -> list[str]:
    lines: list[str] = []
    columns = (label, "linear", "macro_f1", epoch) in found
    # Not H(Y) of all columns together, which is less where they depend on one another.
    entropy = "the sum of H(Y_k) over the columns" if columns else "H(Y)"
    for metric in _SHOWN:
        value = found.get((label, "linear", metric, epoch))
        if value is None:
            continue
        printed = METRICS[metric]
        unit = f" {printed.unit}" if printed.unit else ""
        ends = [found.get((label, "linear", f"{metric}_{end}", epoch)) for end in ("low", "high")]
        low, high = (printed.text(end) if end is not None else "" for end in ends)
        chance = found.get(
            (label, "exact", "chance" if metric == "accuracy" else f"{metric}_chance", 0)
        )
        known = "" if chance is None else f"{printed.text(chance)}{unit}"
        most = found.get((label, "exact", "bits", 0)) if metric == "bits" else None
        score = f"{printed.text(value)}{unit}"
        lines.append(
            f"{'' if lines else label:<{width}}{printed.label:<10}{score:>10}"
            f"  {f'{low} to {high}' if low else '':<20}{known:>10}"
            + ("" if most is None else f"  of {entropy} = {most:.3f}")
        )
    return lines

"""The table at the end of a run on a dataset: scores of every label, and what each subset has."""

from collections.abc import Sequence

import pandas as pd

from interaction_probes.analysis.schema import images_of_probe, subset_probe

#: Metric → heading, factor, digits, unit; a label shows those that it has.
_SHOWN = {
    "accuracy": ("accuracy", 100.0, 1, " %"),
    "auc": ("AUC", 1.0, 3, ""),
    "macro_f1": ("macro F1", 1.0, 3, ""),
    "micro_f1": ("micro F1", 1.0, 3, ""),
    "bits": ("bits", 1.0, 3, ""),
    "r2": ("R²", 1.0, 3, ""),
    "mse": ("MSE", 1.0, 4, ""),
}
#: The metric of a profile: the first that a label has.
_PROFILED = ("bits", "r2")


def summary_of_dataset(run: pd.DataFrame, modalities: Sequence[str]) -> str:
    """Lines for the terminal from the metrics of one finished run on a dataset.

    The scores of a label are those of the epoch that its validation rows chose. The profile, what a
    linear probe finds in each subset of the modalities, is of the last epoch.

    Args:
        run: its metrics.
        modalities: the names of the modalities, in their order.
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
    chosen = (f"{name} {found[name, 'linear', 'best_epoch', last]:.0f}" for name in labels)
    lines.append(
        f"Scores on the test rows, at the epoch that the validation rows chose: {', '.join(chosen)}"
        f" (of {last})."
    )
    return "\n".join([*lines, *_profile(found, labels, modalities, last)])


def _scores(
    found: dict[tuple[str, str, str, int], float], label: str, epoch: int, width: int
) -> list[str]:
    lines: list[str] = []
    for metric, (heading, scale, digits, unit) in _SHOWN.items():
        value = found.get((label, "linear", metric, epoch))
        if value is None:
            continue
        ends = [found.get((label, "linear", f"{metric}_{end}", epoch)) for end in ("low", "high")]
        low, high = (f"{scale * end:.{digits}f}" if end is not None else "" for end in ends)
        chance = found.get(
            (label, "exact", "chance" if metric == "accuracy" else f"{metric}_chance", 0)
        )
        known = "" if chance is None else f"{scale * chance:.{digits}f}{unit}"
        most = found.get((label, "exact", "bits", 0)) if metric == "bits" else None
        score = f"{scale * value:.{digits}f}{unit}"
        lines.append(
            f"{'' if lines else label:<{width}}{heading:<10}{score:>10}"
            f"  {f'{low} to {high}' if low else '':<20}{known:>10}"
            + (f"  of H(Y) = {most:.3f}" if most is not None else "")
        )
    return lines


def _profile(
    found: dict[tuple[str, str, str, int], float],
    labels: Sequence[str],
    modalities: Sequence[str],
    last: int,
) -> list[str]:
    """A line per label and subset; none without the control masks."""
    probes = {probe for _, probe, _, _ in found if images_of_probe(probe)}
    if not probes:
        return []
    numbers = range(1, len(modalities) + 1)
    ordered = sorted(probes, key=lambda probe: (len(images_of_probe(probe)), probe))
    shown = {probe: images_of_probe(probe) for probe in ordered} | {"linear": tuple(numbers)}
    names = {p: " + ".join(modalities[k - 1] for k in subset) for p, subset in shown.items()}
    assert subset_probe(numbers) not in shown
    width = max(12, *(len(name) + 2 for name in names.values()))
    metrics = {
        label: next(m for m in _PROFILED if (label, "linear", m, last) in found) for label in labels
    }
    heads = [f"{label} ({_SHOWN[metrics[label]][0]})" for label in labels]
    lines = ["", f"What each subset of the modalities has after epoch {last}:"]
    lines.append(" " * width + "".join(f"{head:>{len(head) + 3}}" for head in heads))
    for probe, name in names.items():
        values = [found.get((label, probe, metrics[label], last)) for label in labels]
        cells = (
            f"{'' if value is None else f'{value:.3f}':>{len(head) + 3}}"
            for value, head in zip(values, heads, strict=True)
        )
        lines.append(f"{name:<{width}}{''.join(cells)}")
    return lines

"""What each subset of the modalities has of each label, in lines, with the supervised reference."""

from collections.abc import Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.schema import images_of_probe

#: Metric of a profile → its heading; a label shows the first that it has.
_PROFILED = {"bits": "bits", "r2": "R²"}
#: Numbers of modalities, from 1 → score.
Scores = dict[tuple[int, ...], float]


def profile_lines(
    run: pd.DataFrame,
    chosen: Mapping[str, int],
    modalities: Sequence[str],
    reference: pd.DataFrame | None = None,
) -> list[str]:
    """A table per label: subsets of the modalities, and what each modality adds to the others.

    Args:
        run: the metrics of a run on a dataset.
        chosen: label → the epoch that its validation rows chose. Runs to which the control was
            added after the training, and those of earlier versions, have a profile of the last
            epoch only, which is then shown and named.
        modalities: their names, in their order.
        reference: the supervised reference of the data; its column is left out where there is none.

    Returns:
        The lines; none without the control ``masks``.
    """
    lines: list[str] = []
    for label, epoch in chosen.items():
        own = run[run["task"] == label]
        masked = own[own["probe"].map(lambda name: bool(images_of_probe(name)))]
        if masked.empty:
            continue
        shown = epoch if (masked["epoch"] == epoch).any() else int(masked["epoch"].max())
        now = own[own["epoch"] == shown]
        metric = next(name for name in _PROFILED if (now["metric"] == name).any())
        everything = tuple(range(1, len(modalities) + 1))
        columns = {"representation": _of_run(now[now["metric"] == metric], everything)}
        if reference is not None:
            columns["supervised"] = _of_reference(reference, label, metric)
        lines += [
            "",
            f"What each subset of the modalities has of {label}, in {_PROFILED[metric]}, after "
            f"epoch {shown}:",
            *_table(columns, modalities),
        ]
        if shown != epoch:
            lines.append(
                f"This profile is of epoch {shown}, the scores of {label} above are of epoch "
                f"{epoch}: the control masks came after the training, which keeps the last model "
                "only."
            )
    if lines and reference is not None:
        lines += ["", *_MEANING, _sums(len(modalities))]
    return lines


_MEANING = (
    "representation: a linear probe of the run's model, shown this subset. supervised: a network",
    "that learnt the label from the raw features of this subset alone.",
)


def _sums(modalities: int) -> str:
    """What differences of the rows are in terms of redundancy, uniqueness and synergy."""
    said = "Adds = U + S; alone − adds = R − S"
    others = " the other one" if modalities == 2 else " all others together, as if they were one"
    return f"{said}: of the modality and{others}."


def _of_run(rows: pd.DataFrame, everything: tuple[int, ...]) -> Scores:
    values = rows.set_index("probe")["value"]
    found = {images_of_probe(str(name)): float(value) for name, value in values.items()}
    del found[()]  # probes of all modalities
    return found | {everything: float(values["linear"])}


def _of_reference(reference: pd.DataFrame, label: str, metric: str) -> Scores:
    rows = reference[(reference["label"] == label) & (reference["metric"] == metric)]
    return {tuple(map(int, str(row.subset))): float(row.value) for row in rows.itertuples()}


def _table(columns: Mapping[str, Scores], modalities: Sequence[str]) -> list[str]:
    """A line per subset, the smaller first; then one per modality, what it adds to the others."""
    subsets = sorted(
        {s for scores in columns.values() for s in scores}, key=lambda subset: (len(subset), subset)
    )
    rows = {
        " + ".join(modalities[k - 1] for k in subset): [
            scores.get(subset) for scores in columns.values()
        ]
        for subset in subsets
    }
    rows |= {
        f"{name} adds": [_added(scores, k + 1, len(modalities)) for scores in columns.values()]
        for k, name in enumerate(modalities)
    }
    width = max(len(name) for name in rows) + 2
    lines = [" " * width + "".join(f"{head:>16}" for head in columns)]
    for name, values in rows.items():
        cells = "".join(f"{'' if v is None else f'{v:.3f}':>16}" for v in values)
        lines.append(f"{name:<{width}}{cells}".rstrip())
    return lines


def _added(scores: Scores, number: int, modalities: int) -> float | None:
    """All modalities less all but one; None where one of them was not scored."""
    everything = tuple(range(1, modalities + 1))
    others = tuple(k for k in everything if k != number)
    if everything not in scores or others not in scores:
        return None
    return scores[everything] - scores[others]

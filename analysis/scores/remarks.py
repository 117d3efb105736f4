"""Notes below the table of scores: which pretraining pairs, which runs are left out."""

from collections.abc import Sequence

import pandas as pd

from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.footnotes import collapsed_runs, precision_note, unfinished_runs
from interaction_probes.analysis.row_filters import last_epoch_rows, mapping_of

from .score_rows import SEPARATE_MAPPINGS, shown_designs


def remarks(table: pd.DataFrame, by: Sequence[str] = ()) -> list[str]:
    """Notes on the table of scores: which pretraining pairs, and which runs are left out."""
    linear = table[table["probe"] == "linear"]
    shown = shown_designs(linear, by)
    lines = []
    others = sorted(set(linear["pairs"]) - set(shown["pairs"]))
    if others:
        lines.append(
            f"left out: runs on {', '.join(others)} pairs; --by pairs has a row for each design"
        )
    group = [name for name in ("method", "weights") if name in shown]
    alone: dict[str, set[str]] = {}
    for key, part in shown.groupby(group, dropna=False):
        mapping = set(part["pairs"].map(mapping_of))
        if SEPARATE_MAPPINGS.isdisjoint(by) and len(mapping) == 1:
            name = " ".join([str(key[0]), short_weights(str(key[1]))] if len(key) > 1 else key)
            alone.setdefault(mapping.pop(), set()).add(name.strip())
    lines += [
        f"all scores from {pairs} pairs, for want of others: {', '.join(sorted(names))}"
        for pairs, names in sorted(alone.items())
    ]
    if "run" in shown:
        ends = shown.groupby(["run", "task"])["epoch"].max().groupby("run").nunique()
        if cut := sorted(ends.index[ends > 1]):
            lines.append(
                f"tasks that the last epoch lacks are left out of {', '.join(cut)}: the table may "
                "have been cut"
            )
        if len(epochs := unfinished_runs(shown)):
            listed = ", ".join(f"{run} (epoch {epoch})" for run, epoch in epochs.items())
            lines.append(f"half done, so that scores are of an earlier epoch: {listed}")
        if len(collapsed := collapsed_runs(last_epoch_rows(shown))):
            names = ", ".join(map(str, collapsed["run"]))
            lines.append(
                f"collapsed, so that every feature is constant and scores are chance: {names}"
            )
    return [*lines, *filter(None, [precision_note(shown)])]

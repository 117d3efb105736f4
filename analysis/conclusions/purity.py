"""What is available of a task that is not pure, from the rows of probe ``exact``."""

from collections.abc import Mapping

import pandas as pd

from interaction_probes.analysis.schema import image_only_probe, single_image_limit
from interaction_probes.common.information_parts import PART_OF_TASK, PARTS, split_in_words


def available_parts(exact: Mapping[tuple[str, str], float], task: str) -> dict[str, float]:
    """Part → bits of a task; empty where the task is pure, and has no such rows.

    Args:
        exact: (task, metric) → value of a run's rows of probe ``exact``.
        task: R, U1, U2 or S.
    """
    found = {part: exact[task, part] for part in PARTS if (task, part) in exact}
    return found if len(found) == len(PARTS) else {}


def single_image_limits(exact: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Probe of an image alone → the highest AUC on S that it can have; empty where S is pure."""
    metrics = {image_only_probe(m): single_image_limit(m) for m in range(2)}
    return {
        probe: exact["S", metric] for probe, metric in metrics.items() if ("S", metric) in exact
    }


def exact_values(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(task, metric) → value of the rows of probe ``exact``, of each the first.

    Args:
        table: tidy results, or a run's metrics.
    """
    rows = table[table["probe"] == "exact"].drop_duplicates(["task", "metric"])
    keys = zip(rows["task"], rows["metric"], strict=True)
    return dict(zip(keys, rows["value"].astype(float), strict=True))


def purity_note(table: pd.DataFrame) -> str:
    """A sentence per task that is not pure, on what is available of it; empty where all are.

    Args:
        table: tidy results; designs that differ in a task's bits have a sentence each.
    """
    columns = ["task", "metric", "value"]
    exact = table[(table["probe"] == "exact") & table["metric"].isin(list(PARTS))]
    if exact.empty:
        return ""
    keys = [name for name in ("run", "method", "preset", "pairs", "seed") if name in exact]
    said: dict[str, None] = {}
    for _, rows in exact.groupby(keys, dropna=False, sort=False):
        run = rows[columns].drop_duplicates(["task", "metric"]).assign(probe="exact")
        values = exact_values(run)
        for task in PART_OF_TASK:
            if parts := available_parts(values, task):
                said[split_in_words(task, parts)] = None
    return " ".join(said)

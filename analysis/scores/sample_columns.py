"""The columns of the table of scores of runs on three images and more: their tasks are in it."""

import pandas as pd

from interaction_probes.analysis.row_filters import LEARNT_FROM

from .columns import EFFECTIVE_RANK, ScoreColumn


def sample_columns(table: pd.DataFrame) -> list[ScoreColumn]:
    """Every column that there is: accuracy, AUC and bits of each task, and U, the mean of U1, U2, …

    Of synergy also what is read after unbiased samples.

    Args:
        table: tidy results of runs on three images or more.
    """
    tasks, ranked = _tasks(table), _ranked(table)
    accuracy = [ScoreColumn(task, task, (task,), "accuracy", 100.0, 1) for task in tasks]
    unique = tuple(task for task in tasks if task.startswith("U"))
    mean = [ScoreColumn("U", "U", unique, "accuracy", 100.0, 1)] if unique else []
    auc = [ScoreColumn(f"{task}_auc", f"AUC of {task}", (task,), "auc", 1.0, 3) for task in ranked]
    # The level without the rule in pretraining: only what exceeds it was learnt.
    without = LEARNT_FROM["R"]
    level = [
        *(
            ScoreColumn(
                f"{task}_unbiased", f"{task}, unbiased", (task,), "accuracy", 100.0, 1, without
            )
            for task in tasks
            if task.startswith("S")
        ),
        *(
            ScoreColumn(
                f"{task}_auc_unbiased", f"AUC of {task}, unbiased", (task,), "auc", 1.0, 3, without
            )
            for task in ranked
        ),
    ]
    bits = [
        ScoreColumn(f"{task}_bits", f"bits of {task}", (task,), "bits", 1.0, 3) for task in tasks
    ]
    return [*accuracy, *mean, *auc, *level, *bits, EFFECTIVE_RANK]


def default_sample_scores(table: pd.DataFrame) -> list[str]:
    """The columns of a table for which none are named: R, the mean of U, synergy and its AUC.

    Balanced labels of a rule (S13-10) are left out: pretraining can teach little of them. A task
    without an AUC (S12to3) has its level without the rule beside it.
    """
    tasks, ranked = _tasks(table), _ranked(table)
    synergy = [task for task in tasks if task.startswith("S") and "-" not in task]
    level = {task: [f"{task}_unbiased"] for task in synergy if task not in ranked}
    return [
        *(task for task in tasks if task.startswith("R")),
        *(["U"] if any(task.startswith("U") for task in tasks) else []),
        *(name for task in synergy for name in (task, *level.get(task, []))),
        *(f"{task}_auc" for task in ranked),
        EFFECTIVE_RANK.name,
    ]


def _tasks(table: pd.DataFrame) -> list[str]:
    return [str(task) for task in table[table["probe"] == "exact"]["task"].unique()]


def _ranked(table: pd.DataFrame) -> list[str]:
    """Tasks of two classes, which have an AUC."""
    exact = table[(table["probe"] == "exact") & (table["metric"] == "auc")]
    return [str(task) for task in exact["task"].unique()]

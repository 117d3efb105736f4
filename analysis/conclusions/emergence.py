"""Learning dynamics as numbers: when each task leaves chance, when it is nearly learnt."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from interaction_probes.analysis.schema import RUN_COLUMNS
from interaction_probes.analysis.table_files import MissingRows

_READ = ("accuracy", "accuracy_low")
DYNAMICS_COLUMNS = (*RUN_COLUMNS, "task", "left_chance", "reached_90", "area")


def emergence(metrics: pd.DataFrame) -> pd.DataFrame:
    """One row per run and task from the linear probe's accuracy in metrics.csv.

    ``left_chance`` is the first probed epoch from which on the accuracy's interval lies above
    chance at every probed epoch. ``reached_90`` is the first from which on accuracy also stays
    above 90 % of the way from chance to its last value: never before ``left_chance``. ``area`` is
    the mean over the epochs, by trapezoids, of (accuracy − chance) / (1 − chance). The first two
    are missing (NaN) where the last accuracy's interval reaches down to chance: nothing emerged.

    Raises:
        MissingRows: a table that lacks chance, accuracy or its interval.
    """
    keys = [*RUN_COLUMNS, "task"]
    read = metrics[(metrics["probe"] == "linear") & metrics["metric"].isin(_READ)]
    scores = read.pivot_table(index=[*keys, "epoch"], columns="metric", values="value")
    scores = scores.reindex(columns=list(_READ))
    exact = metrics[(metrics["probe"] == "exact") & (metrics["metric"] == "chance")]
    chances = exact.drop_duplicates(keys).set_index(keys)["value"]
    rows = []
    # Of the run's own tasks; further labels, as of the control factors, have other probes.
    own = metrics[metrics["probe"].isin(("linear", "exact"))]
    for key in own[keys].drop_duplicates().itertuples(index=False, name=None):
        known = key in chances.index and key in scores.index
        curves = scores.loc[key] if known else scores[:0]
        if curves.isna().all().any():
            raise MissingRows(f"the metrics of task {key[-1]} lack accuracy, interval or chance")
        rows.append((*key, *_numbers(curves, float(chances.loc[key]))))
    return pd.DataFrame(rows, columns=list(DYNAMICS_COLUMNS))


def most_arrived(epochs: pd.Series, first: pd.Series) -> float:
    """The epoch by which more than half of some runs have left chance, or are nearly there.

    It is the upper one of two medians, and so an epoch at which runs were probed; never a number
    between two of them, or between an epoch and never.

    Args:
        epochs: of each run, such as its ``left_chance``; NaN where it never did.
        first: at which each run was first probed. What is there already has nothing to leave.

    Returns:
        The epoch. NaN where half of the runs or more never did, or had done so from the start.
    """
    if epochs.empty or (epochs <= first).mean() >= 0.5:
        return float("nan")
    reached = float(np.sort(epochs.fillna(np.inf))[len(epochs) // 2])
    return reached if np.isfinite(reached) else float("nan")


def _numbers(curves: pd.DataFrame, chance: float) -> tuple[float, float, float]:
    epochs = curves.index.to_numpy(dtype=float)
    rise = curves["accuracy"].to_numpy() - chance
    left = _first_for_good(epochs, curves["accuracy_low"].to_numpy() > chance)
    # Both hold at the end or neither is asked for; where the interval still reaches down to chance,
    # nothing has risen yet, however near to its last value the accuracy is.
    reached = (
        max(left, _first_for_good(epochs, rise >= 0.9 * rise[-1])) if np.isfinite(left) else left
    )
    span = epochs[-1] - epochs[0]
    area = np.trapezoid(rise, epochs) / span if span else rise[-1]
    return left, reached, float(area) / (1 - chance)


def _first_for_good(epochs: np.ndarray, holds: Iterable[bool]) -> float:
    """The first epoch from which on something always holds; NaN where it does not at the end."""
    from_then_on = np.logical_and.accumulate(np.asarray(list(holds))[::-1])[::-1]
    return float(epochs[from_then_on.argmax()]) if from_then_on.any() else float("nan")

"""The columns of the table of scores: how each is computed, and how its cells are written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from interaction_probes.analysis.names import number
from interaction_probes.analysis.published import published_notes
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.row_filters import LEARNT_FROM, teaching_design
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.common.spelling import did_you_mean

from .formats import MARKS


@dataclass(frozen=True)
class ScoreColumn:
    """A column: the mean over some tasks of a metric, per seed.

    Attributes:
        name: the column's name in a table of numbers, whose values are not scaled.
        heading: the column's name in a printed table.
        tasks: the tasks whose mean it is.
        metric: of the linear probe.
        scale: factor of printed values.
        digits: of printed values after the point.
        learnt_from: the design of the pretraining pairs; empty: the one that teaches the task.
    """

    name: str
    heading: str
    tasks: tuple[str, ...]
    metric: str
    scale: float
    digits: int
    learnt_from: str = ""


#: Of the representation: in how many directions it spreads.
EFFECTIVE_RANK = ScoreColumn("effective_rank", "effective rank", (), "", 1.0, 1)
SCORE_COLUMNS = (
    ScoreColumn("R", "R", ("R",), "accuracy", 100.0, 1),
    ScoreColumn("U", "U", ("U1", "U2"), "accuracy", 100.0, 1),
    ScoreColumn("U1", "U1", ("U1",), "accuracy", 100.0, 1),
    ScoreColumn("U2", "U2", ("U2",), "accuracy", 100.0, 1),
    ScoreColumn("S", "S", ("S",), "accuracy", 100.0, 1),
    ScoreColumn("S_auc", "AUC of S", ("S",), "auc", 1.0, 3),
    # The level of S without the mapping in pretraining: only what exceeds it was learnt.
    ScoreColumn("S_auc_unbiased", "AUC of S, unbiased", ("S",), "auc", 1.0, 3, LEARNT_FROM["R"]),
    *(
        ScoreColumn(f"{task}_bits", f"bits of {task}", (task,), "bits", 1.0, 3)
        for task in LEARNT_FROM
    ),
    EFFECTIVE_RANK,
)
#: Those of a table for which none are named.
DEFAULT_SCORES = ("R", "U", "S", "S_auc", "S_auc_unbiased", "effective_rank")


def score_columns(
    names: Sequence[str], columns: Sequence[ScoreColumn] = SCORE_COLUMNS
) -> list[ScoreColumn]:
    """Columns by their names, in that order.

    Args:
        names: of the columns.
        columns: those that there are.

    Raises:
        ValueError: an unknown name, or one given twice.
    """
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            raise ValueError(
                f"no score {name!r}; {did_you_mean(name, known)}the scores are {', '.join(known)}"
            )
    if len(set(names)) < len(names):
        raise ValueError(f"a score is named twice: {', '.join(names)}")
    return [known[name] for name in names]


def untrained(column: ScoreColumn) -> ScoreColumn:
    """The column of the same score before training: R_untrained, printed "R untrained"."""
    return replace(column, name=f"{column.name}_untrained", heading=f"{column.heading} untrained")


def score_by_seed(rows: pd.DataFrame, column: ScoreColumn) -> pd.Series:
    """The score of each seed that has all of its tasks, by seed.

    The effective rank of a seed is the mean over the designs that it was trained on.

    Args:
        rows: of a row of the table, of one epoch of each run, with a column ``mapping`` that says
            what its design tells of the mapping, and ``any_task``: whether all tasks are read from
            it.
        column: which score.

    Raises:
        ValueError: a seed that counts twice.
    """
    if column is EFFECTIVE_RANK:
        known = rows.dropna(subset=["effective_rank"]).drop_duplicates(["pairs", "seed"])
        return known.groupby("seed")["effective_rank"].mean()
    rows = rows[(rows["metric"] == column.metric) & rows["task"].isin(column.tasks)]
    if column.learnt_from:
        rows = rows[~rows["any_task"] & (rows["mapping"] == column.learnt_from)]
    else:
        rows = rows[rows["any_task"] | (rows["mapping"] == teaching_design(column.tasks[0]))]
    check_one_run_per_seed(rows, ["method", "pairs", "task"])
    by_seed = rows.groupby("seed")["value"].agg(["mean", "size"])
    return by_seed[by_seed["size"] == len(column.tasks)]["mean"]


def as_text(
    values: pd.Series, column: ScoreColumn, n: int, intervals: bool = False
) -> dict[str, str]:
    """Mean ± standard deviation over seeds; how many they are, if fewer than the row's n.

    Args:
        values: the score of each seed.
        column: which score.
        n: the row's number of seeds.
        intervals: whether the 95 % interval over seeds stands in place of the deviation.
    """
    if values.empty:
        return {column.heading: "–"}
    text = _interval(values, column) if intervals else _spread(values, column)
    return {column.heading: text if len(values) == n else f"{text} (n = {len(values)})"}


def difference_as_text(values: pd.Series, column: ScoreColumn, n: int) -> dict[str, str]:
    """The same of differences, with a sign; and in how many seeds they are above 0 and below."""
    if values.empty:
        return {column.heading: "–"}
    sign = "+" if round(column.scale * values.mean(), column.digits) > 0 else ""
    above, below = _signs(values)
    text = f"{sign}{_spread(values, column)}, {above}+ {below}−"
    return {column.heading: text if len(values) == n else f"{text} (n = {len(values)})"}


def as_numbers(values: pd.Series, column: ScoreColumn, intervals: bool = False) -> dict[str, str]:
    """Mean, standard deviation and number of values, and the ends of the interval over seeds.

    What is undefined is empty; without `intervals` their columns are left out.
    """
    ends = {f"{column.name}_low": "", f"{column.name}_high": ""} if intervals else {}
    if ends and len(values) > 1:
        over = OverSeeds.of(values.to_numpy()[:, None])
        pair = (float(over.low[0]), float(over.high[0]))
        ends = {name: f"{end:.6g}" for name, end in zip(ends, pair, strict=True)}
    return {
        column.name: f"{values.mean():.6g}" if len(values) else "",
        f"{column.name}_sd": f"{values.std():.6g}" if len(values) > 1 else "",
        f"{column.name}_n": str(len(values)),
        **ends,
    }


def difference_as_numbers(values: pd.Series, column: ScoreColumn) -> dict[str, str]:
    """The same of differences, and in how many seeds they are above 0 and below."""
    above, below = _signs(values)
    counts = {f"{column.name}_above": str(above), f"{column.name}_below": str(below)}
    return {**as_numbers(values, column), **counts}


def _signs(values: pd.Series) -> tuple[int, int]:
    """How many differences are above 0 and below; equal sums of floats can differ in a last bit."""
    rounded = values.round(9)
    return int((rounded > 0).sum()), int((rounded < 0).sum())


def published_as_text(reference: pd.DataFrame, remarked: dict[str, str]) -> dict[str, str]:
    """A method's published accuracies in %, with the mark of their note.

    Args:
        reference: the method's rows.
        remarked: note → mark, to which a new note is added.
    """
    found = _accuracies(reference)
    text = ", ".join("–" if math.isnan(value) else f"{value:.1f}" for value in found)
    for note in published_notes(reference).values():
        mark = remarked.setdefault(note, MARKS[len(remarked) % len(MARKS)])
        text += f" {mark}"
    return {"published R, U, S": text or "–"}


def published_as_numbers(reference: pd.DataFrame) -> dict[str, str]:
    """The same as fractions, like the scores beside them."""
    found = [
        "" if math.isnan(value) else f"{value / 100:.6g}"
        for value in _accuracies(reference) or [math.nan] * 3
    ]
    columns = {f"published_{task}": value for task, value in zip("RUS", found, strict=True)}
    return {**columns, "published_note": ", ".join(published_notes(reference).values())}


def _spread(values: pd.Series, column: ScoreColumn) -> str:
    scaled = column.scale * values.to_numpy()
    text = number(float(scaled.mean()), column.digits)
    if len(scaled) > 1:
        text += f" ± {number(float(np.std(scaled, ddof=1)), column.digits)}"
    return text


def _interval(values: pd.Series, column: ScoreColumn) -> str:
    over = OverSeeds.of(column.scale * values.to_numpy()[:, None])
    mean, low, high = (
        number(float(part[0]), column.digits) for part in (over.mean, over.low, over.high)
    )
    return f"{mean} ({low} to {high})" if over.n > 1 else mean


def _accuracies(reference: pd.DataFrame) -> list[float]:
    """R, U and S of a method, NaN for one that it lacks; empty where it has none."""
    means = reference.set_index("task")["accuracy"].reindex(["R", "U1", "S"])
    return [] if means.isna().all() else [float(mean) for mean in means]

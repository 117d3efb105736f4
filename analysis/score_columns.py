"""The columns of a table of scores: what each is read of, and how its cells are written."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .names import number
from .published import notes
from .table import LEARNT_FROM, once_per_seed
from .table_formats import MARKS


@dataclass(frozen=True)
class Score:
    """A column: the mean of some tasks' metric in each seed, how it is headed and printed.

    In a table of numbers it is called by `name`, and is not scaled. `learnt_from` is what the
    pretraining pairs say of the mapping; empty: what the task is read from.
    """

    name: str
    heading: str
    tasks: tuple[str, ...]
    metric: str
    scale: float
    digits: int
    learnt_from: str = ""


SCORES = (
    Score("R", "R", ("R",), "accuracy", 100.0, 1),
    Score("U", "U", ("U1", "U2"), "accuracy", 100.0, 1),
    Score("S", "S", ("S",), "accuracy", 100.0, 1),
    Score("S_auc", "AUC of S", ("S",), "auc", 1.0, 3),
    # What a fusion reads of S that never met the mapping: only what is above it was learnt.
    Score("S_auc_unbiased", "AUC of S, unbiased", ("S",), "auc", 1.0, 3, LEARNT_FROM["R"]),
)


def of_seeds(rows: pd.DataFrame, score: Score) -> pd.Series:
    """The score of each seed that has all of its tasks, by seed.

    Args:
        rows: of a row of the table, at the last epoch, with a column ``mapping`` that says what
            its design tells of the mapping, and ``any_task``: whether all tasks are read from it.
        score: the column.

    Raises:
        ValueError: a seed that counts twice.
    """
    rows = rows[(rows["metric"] == score.metric) & rows["task"].isin(score.tasks)]
    if score.learnt_from:
        rows = rows[~rows["any_task"] & (rows["mapping"] == score.learnt_from)]
    else:
        rows = rows[rows["any_task"] | (rows["mapping"] == LEARNT_FROM[score.tasks[0]])]
    once_per_seed(rows, ["method", "pairs", "task"])
    by_seed = rows.groupby("seed")["value"].agg(["mean", "size"])
    return by_seed[by_seed["size"] == len(score.tasks)]["mean"]


def as_text(values: pd.Series, score: Score, n: int) -> dict[str, str]:
    """Mean ± standard deviation over seeds; how many they are, if fewer than the row's n."""
    if values.empty:
        return {score.heading: "–"}
    text = _spread(values, score)
    return {score.heading: text if len(values) == n else f"{text} (n = {len(values)})"}


def difference_as_text(values: pd.Series, score: Score) -> dict[str, str]:
    """The same of differences, with a sign; and in how many seeds they are above 0 and below."""
    if values.empty:
        return {score.heading: "–"}
    sign = "+" if round(score.scale * values.mean(), score.digits) > 0 else ""
    above, below = _signs(values)
    return {score.heading: f"{sign}{_spread(values, score)}, {above}+ {below}−"}


def as_numbers(values: pd.Series, score: Score) -> dict[str, str]:
    """Mean, standard deviation and number of values; what there is not is empty."""
    return {
        score.name: f"{values.mean():.6g}" if len(values) else "",
        f"{score.name}_sd": f"{values.std():.6g}" if len(values) > 1 else "",
        f"{score.name}_n": str(len(values)),
    }


def difference_as_numbers(values: pd.Series, score: Score) -> dict[str, str]:
    """The same of differences, and in how many seeds they are above 0 and below."""
    above, below = _signs(values)
    counts = {f"{score.name}_above": str(above), f"{score.name}_below": str(below)}
    return {**as_numbers(values, score), **counts}


def _signs(values: pd.Series) -> tuple[int, int]:
    """How many differences are above 0 and below; equal sums of floats can differ in a last bit."""
    rounded = values.round(9)
    return int((rounded > 0).sum()), int((rounded < 0).sum())


def published_as_text(reference: pd.DataFrame, remarked: dict[str, str]) -> dict[str, str]:
    """A method's published accuracies in %, with the mark of what must be known of them.

    Args:
        reference: the method's rows.
        remarked: note → mark, to which a new note is added.
    """
    found = _accuracies(reference)
    text = ", ".join("–" if math.isnan(value) else f"{value:.1f}" for value in found)
    for note in notes(reference).values():
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
    return {**columns, "published_note": ", ".join(notes(reference).values())}


def _spread(values: pd.Series, score: Score) -> str:
    scaled = score.scale * values.to_numpy()
    text = number(float(scaled.mean()), score.digits)
    if len(scaled) > 1:
        text += f" ± {number(float(np.std(scaled, ddof=1)), score.digits)}"
    return text


def _accuracies(reference: pd.DataFrame) -> list[float]:
    """R, U and S of a method, NaN for one that it lacks; empty where it has none."""
    means = reference.set_index("task")["accuracy"].reindex(["R", "U1", "S"])
    return [] if means.isna().all() else [float(mean) for mean in means]

"""The table of scores: a row per method and setting, mean ± standard deviation over seeds."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.agreement import check_comparable, check_same_settings
from interaction_probes.analysis.names import CEILINGS, method_labels, method_of
from interaction_probes.analysis.results_table import check_one_end, check_one_preset
from interaction_probes.analysis.row_filters import (
    last_epoch_rows,
)
from interaction_probes.analysis.seeds import RANGE_UP_TO
from interaction_probes.analysis.subset_profiles import (
    check_one_number_of_images,
    is_of_samples,
)

from .columns import (
    DEFAULT_SCORES,
    EFFECTIVE_RANK,
    ScoreColumn,
    score_by_seed,
    score_columns,
)
from .comparison import Baseline
from .published_cells import PublishedCells
from .remarks import remarks
from .row_cells import count_cells, difference_cells, empty_cell, score_cells, settings_cells
from .sample_columns import default_sample_scores, sample_columns
from .score_rows import initial_parts, parts_of, shown_designs, with_empty_cells, with_settings

__all__ = ["remarks", "scores_table"]

_INTERVALS = (
    "mean over seeds (95 % interval by bootstrap of the seeds; of up to "
    f"{RANGE_UP_TO} seeds their range)"
)


def scores_table(
    table: pd.DataFrame,
    by: Sequence[str] = (),
    published: bool = False,
    numbers: bool = False,
    against: str = "",
    scores: Sequence[str] = DEFAULT_SCORES,
    intervals: bool = False,
    before_training: bool = False,
) -> pd.DataFrame:
    """Scores at the last epoch, a row per method, loss weights and values of `by`.

    R and U are of runs on unbiased pairs, S of runs on biased ones; a method with runs on one of
    the two is shown from that one. U is the mean of U1 and U2. With one seed there is no deviation.
    Where a method has runs on both, AUC of S from unbiased pairs has a column of its own. The
    effective rank is the mean over a row's runs, where they have one; runs that are half done or
    have collapsed are marked beside n.

    Args:
        table: tidy results.
        by: further columns; runs that differ in one of them get separate rows.
        published: whether published accuracies (R, U, S) follow, where they are comparable.
        numbers: whether a score is three columns of numbers, NAME, NAME_sd and NAME_n, published
            accuracies and a note on them are four more, and numbers of runs that are half done and
            that have collapsed are columns half_done and collapsed, where there are any half-done
            runs and where collapse is known; else each is text.
        against: a method. Scores of the others are then differences from those of its whole loss
            in the same seed, whose split, renders and mapping are the same: the mean, its standard
            deviation over seeds, and in how many of the seeds above and below; n counts the seeds
            that both have. As text its own row keeps its scores; a table of numbers leaves it out,
            and has columns against, NAME_above and NAME_below.
        scores: names of the columns of scores, of :data:`.columns.SCORE_COLUMNS`; of three images
            and more, whose tasks are others, of :func:`.sample_columns.sample_columns`.
        intervals: whether the 95 % interval over seeds stands in place of the deviation; in a table
            of numbers it has the columns NAME_low and NAME_high.
        before_training: whether each score is followed by the same runs' score at epoch 0, before
            the first step: the column "NAME untrained", in a table of numbers NAME_untrained. A
            floor is never trained and has none, nor has AUC of S from unbiased pairs, a level
            itself.

    Returns:
        Columns method, then loss and those of `by` that differ, n (seeds), the scores. Notes to
        stand below are in ``attrs["notes"]``, and in ``attrs["best"]`` the (row, column) of the
        best mean of each score among the methods that see no labels.

    Raises:
        ValueError: mixed presets, missing rows or columns, or a seed that counts twice; runs to
            compare that are missing, or of other data; an unknown score; scores before training
            that no run has, or in a table of differences.
    """
    columns = _columns(table, scores)
    check_one_preset(table)
    table = with_empty_cells(table, by)
    if before_training and against:
        raise ValueError("scores before training do not stand in a table of differences")
    every = shown_designs(table[table["probe"] == "linear"], by)
    linear = _last_rows(every, by, table)
    labels = method_labels(table["method"])
    against = method_of(against, table["method"])
    if against:
        columns = _compared(columns)
    if published and is_of_samples(table):
        raise ValueError("published scores are of pairs: there are none of three images or more")
    beside = PublishedCells(table, numbers) if published else None
    parts = parts_of(linear, ["method", "weights", *by])
    initial = initial_parts(every, by) if before_training else None
    baseline = Baseline.of(parts, against, labels) if against else None
    lines = []
    means: list[dict[str, float]] = []
    for key, part in parts.items():
        check_same_settings(part, ["method"])
        check_one_end(part, ["pairs"])
        compared = baseline is not None and not baseline.is_own(key)
        if numbers and baseline and not compared:
            continue  # a table of numbers has the differences alone
        line = settings_cells(key, by, labels, numbers) | count_cells(part, linear, numbers)
        if numbers and against:
            line["against"] = against
        if baseline and compared:
            other = baseline.matching_rows(key, part)
            line |= difference_cells(part, other, columns, numbers)
            means.append({})
        else:
            values = {column: score_by_seed(part, column) for column in columns}
            start = None if initial is None else initial.get(key, part[:0])
            line |= score_cells(values, start, part["seed"].nunique(), numbers, intervals)
            means.append({} if _is_ceiling(part) else _printed_means(values))
        if beside:
            line |= beside.cells(key, part)
        lines.append(line)
    found = pd.DataFrame(lines).fillna(empty_cell(numbers))
    found.attrs["notes"] = [
        *(beside.notes(parts) if beside else []),
        *([_INTERVALS] if intervals and not numbers else []),
        *(baseline.notes(parts) if baseline else []),
    ]
    found.attrs["best"] = set() if against else _best(means, columns)
    return found.drop(columns=_needless(found, by, columns, numbers))


def _last_rows(every: pd.DataFrame, by: Sequence[str], table: pd.DataFrame) -> pd.DataFrame:
    """Of rows of the linear probe those at the last epoch, with their settings.

    Raises:
        ValueError: there are none, or they are not comparable.
    """
    linear = last_epoch_rows(every)
    if linear.empty:
        raise ValueError(
            "the table has no linear probes of runs on unbiased or biased pairs; --by pairs has a "
            "row for every other design"
        )
    check_comparable(linear, by, table)
    return with_settings(linear, every, by)


def _needless(
    found: pd.DataFrame, by: Sequence[str], columns: Sequence[ScoreColumn], numbers: bool
) -> list[str]:
    """The columns that say nothing, since they are the same or empty in every row."""
    needless = [name for name in by if found[name].nunique() == 1]
    needless += [
        column.heading
        for column in columns
        if column.learnt_from
        and not numbers
        and set(found[column.heading]) == {empty_cell(numbers)}
    ]
    return [*needless, "loss"] if set(found["loss"]) == {"whole"} else needless


def _columns(table: pd.DataFrame, scores: Sequence[str]) -> list[ScoreColumn]:
    """The columns of scores: those that are named, or those of the table's own tasks.

    That of the effective rank is left out where no run has one.

    Raises:
        ValueError: an unknown score, or runs of several numbers of images.
    """
    check_one_number_of_images(table)
    if is_of_samples(table):
        by_default = tuple(scores) == DEFAULT_SCORES
        names = default_sample_scores(table) if by_default else scores
        columns = score_columns(names, sample_columns(table))
    else:
        columns = score_columns(scores)
    if "effective_rank" in table and table["effective_rank"].notna().any():
        return columns
    return [column for column in columns if column is not EFFECTIVE_RANK]


def _compared(columns: Sequence[ScoreColumn]) -> list[ScoreColumn]:
    """The columns of which differences are told: not the effective rank, of which more is not more.

    Raises:
        ValueError: there are no others.
    """
    compared = [column for column in columns if column is not EFFECTIVE_RANK]
    if not compared:
        raise ValueError(
            f"--against prints differences of scores, and {EFFECTIVE_RANK.name} is none: name a "
            "score"
        )
    return compared


def _is_ceiling(part: pd.DataFrame) -> bool:
    """Whether a row's method learns from labels, and so is not the best of the others."""
    told = part.get("sees_labels", pd.Series(dtype=str)).astype(str)
    return part["method"].iloc[0] in CEILINGS or bool(told.str.endswith("True").any())


def _printed_means(values: Mapping[ScoreColumn, pd.Series]) -> dict[str, float]:
    """The mean of each score over seeds, as rounded as it is printed, by heading."""
    return {c.heading: round(c.scale * of.mean(), c.digits) for c, of in values.items()}


def _best(
    means: Sequence[dict[str, float]], columns: Sequence[ScoreColumn]
) -> set[tuple[int, str]]:
    """The (row, heading) of the highest printed mean of each score; more than one row can tie."""
    found = set()
    for column in columns:
        # A level to compare with, of which more is not better; nor is it of directions.
        if column.learnt_from or column is EFFECTIVE_RANK:
            continue
        values = {
            row: line[column.heading]
            for row, line in enumerate(means)
            if not math.isnan(line.get(column.heading, math.nan))
        }
        if len(values) > 1:
            top = max(values.values())
            found |= {(row, column.heading) for row, value in values.items() if value == top}
    return found

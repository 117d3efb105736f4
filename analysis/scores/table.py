"""The table of scores: a row per method and setting, mean ± standard deviation over seeds."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.agreement import check_comparable, check_same_settings
from interaction_probes.analysis.footnotes import counts_of_marked_runs, seeds_with_marks
from interaction_probes.analysis.names import CEILINGS, method_labels, method_of
from interaction_probes.analysis.published import (
    comparable_published,
    read_published,
    why_none_published,
)
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
    as_numbers,
    as_text,
    difference_as_numbers,
    difference_as_text,
    published_as_numbers,
    published_as_text,
    score_by_seed,
    score_columns,
    untrained,
)
from .comparison import Baseline, Key
from .remarks import remarks
from .sample_columns import default_sample_scores, sample_columns
from .score_rows import initial_parts, parts_of, shown_designs, with_empty_cells, with_settings

__all__ = ["remarks", "scores_table"]


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
    if "effective_rank" not in table or table["effective_rank"].isna().all():
        columns = [column for column in columns if column is not EFFECTIVE_RANK]
    check_one_preset(table)
    table = with_empty_cells(table, by)
    if before_training and against:
        raise ValueError("scores before training do not stand in a table of differences")
    every = shown_designs(table[table["probe"] == "linear"], by)
    linear = last_epoch_rows(every)
    if linear.empty:
        raise ValueError(
            "the table has no linear probes of runs on unbiased or biased pairs; --by pairs has a "
            "row for every other design"
        )
    check_comparable(linear, by, table)
    linear = with_settings(linear, every, by)
    group = ["method", "weights", *by]
    labels = method_labels(table["method"])
    against = method_of(against, table["method"])
    if against:
        columns = _compared(columns)
    if published and is_of_samples(table):
        raise ValueError("published scores are of pairs: there are none of three images or more")
    published_rows = comparable_published(read_published(), table) if published else None
    compared_with_published = False
    lines = []
    means: list[dict[str, float]] = []
    remarked: dict[str, str] = {}
    parts = parts_of(linear, group)
    initial: dict[Key, pd.DataFrame] = {}
    if before_training:
        initial = initial_parts(every, by)
    baseline = Baseline.of(parts, against, labels) if against else None
    for key, part in parts.items():
        method, weights, *others = key
        line = {"method": labels[method], "loss": weights or "whole"}
        empty = "" if numbers else "–"
        line |= dict(
            zip(by, (str(value) if value != "" else empty for value in others), strict=True)
        )
        check_same_settings(part, ["method"])
        n = part["seed"].nunique()
        check_one_end(part, ["pairs"])
        if baseline and numbers and baseline.is_own(key):
            continue  # a table of numbers has the differences alone
        line["n"] = str(n) if numbers else seeds_with_marks(part)
        if numbers:
            line |= {k: str(count) for k, count in counts_of_marked_runs(part, linear).items()}
        if numbers and against:
            line["against"] = against
        if baseline and not baseline.is_own(key):
            other = baseline.matching_rows(key, part)
            line |= _differences(part, other, columns, numbers)
            means.append({})
        else:
            values = {column: score_by_seed(part, column) for column in columns}
            for column, found in values.items():
                shown = {column: found}
                if before_training and not column.learnt_from:
                    start = initial.get(key, part[:0])
                    shown[untrained(column)] = score_by_seed(start, column)
                for each, by_seed in shown.items():
                    line |= (
                        as_numbers(by_seed, each, intervals)
                        if numbers
                        else as_text(by_seed, each, n, intervals)
                    )
            best_of = () if _is_ceiling(part) else values
            means.append({c.heading: round(c.scale * values[c].mean(), c.digits) for c in best_of})
        if published_rows is not None:
            own = published_rows[published_rows["method"] == method]
            reference = own[:0] if weights else comparable_published(own, part)
            compared_with_published |= len(reference) > 0
            line |= (
                published_as_numbers(reference)
                if numbers
                else published_as_text(reference, remarked)
            )
        lines.append(line)
    found = pd.DataFrame(lines).fillna("" if numbers else "–")
    found.attrs["notes"] = [f"{mark} {note}" for note, mark in remarked.items()]
    if published_rows is not None and not compared_with_published:
        found.attrs["notes"].append(f"no published values are shown: {_why_none(parts, table)}")
    if intervals and not numbers:
        found.attrs["notes"].append(
            "mean over seeds (95 % interval by bootstrap of the seeds; of up to "
            f"{RANGE_UP_TO} seeds their range)"
        )
    found.attrs["best"] = set() if against else _best(means, columns)
    if baseline:
        found.attrs["notes"] += baseline.notes(parts)
    constant = [name for name in by if found[name].nunique() == 1]
    constant += [
        column.heading
        for column in columns
        if column.learnt_from and not numbers and set(found[column.heading]) == {"–"}
    ]
    if set(found["loss"]) == {"whole"}:
        constant.append("loss")
    return found.drop(columns=constant)


def _why_none(parts: Mapping[Key, pd.DataFrame], table: pd.DataFrame) -> str:
    """Why no row has published values beside it, in words."""
    published = read_published()
    reasons: dict[str, None] = {}
    ablated = False
    for (method, weights, *_), part in parts.items():
        own = published[published["method"] == method]
        if weights:
            ablated |= not own.empty
        elif why := why_none_published(own, table) or why_none_published(own, part):
            reasons[why] = None
    if not reasons and ablated:
        return "they are of whole losses"
    return "; ".join(reasons) or "of these methods there are none"


def _columns(table: pd.DataFrame, scores: Sequence[str]) -> list[ScoreColumn]:
    """The columns of scores: those that are named, or those of the table's own tasks.

    Raises:
        ValueError: an unknown score, or runs of several numbers of images.
    """
    check_one_number_of_images(table)
    if not is_of_samples(table):
        return score_columns(scores)
    by_default = tuple(scores) == DEFAULT_SCORES
    names = default_sample_scores(table) if by_default else scores
    return score_columns(names, sample_columns(table))


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


def _differences(
    part: pd.DataFrame, other: pd.DataFrame, columns: Sequence[ScoreColumn], numbers: bool
) -> dict[str, str]:
    """The cells of a row of differences from another row, over the seeds that both have: its n."""
    pairs = {
        column: (score_by_seed(part, column) - score_by_seed(other, column)).dropna()
        for column in columns
    }
    n = max(map(len, pairs.values()))
    line = {"n": str(n) if numbers else seeds_with_marks(part, n)}
    for column, values in pairs.items():
        line |= (
            difference_as_numbers(values, column)
            if numbers
            else difference_as_text(values, column, n)
        )
    return line

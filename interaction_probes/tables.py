"""``python -m interaction_probes.tables results.csv``: the table that a paper prints.

A row per method and setting, R, U, S and the AUC of S as mean ± standard deviation over seeds, in
Markdown or LaTeX; in CSV as numbers.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import tyro

from interaction_probes.figures.conditions import keep
from interaction_probes.figures.published import beside, notes, read_published
from interaction_probes.figures.style import looks, number
from interaction_probes.figures.table import (
    LEARNT_FROM,
    arithmetic,
    last_epoch,
    mapping_of,
    once_per_seed,
    one_preset,
    one_setting,
    read_results,
    require,
    short_weights,
)
from trifeature.cli import friendly_errors, parse

from .table_formats import MARKS, WRITERS
from .writing import check_apart, write_atomically


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


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        table: tidy results, as collect writes them.
        out: .md, .tex or .csv; none prints Markdown.
        by: further columns of the table that tell rows apart, such as views.crop_scale.
        where: keep these rows only: COLUMN=VALUE, several values between commas, != for all others.
        published: add the published accuracies.
    """

    table: tyro.conf.Positional[Path]
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    published: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False


#: Columns that give every mapping a row of its own.
_APART = {"pairs", "mapping_strength"}
#: Columns that a row has anyway, that are averaged over, or that say what is measured.
_NO_SETTINGS = ("method", "weights", "run", "seed", "epoch", "task", "probe", "metric", "value")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.tables",
            description="Print a table of results: mean ± standard deviation over seeds.",
        )
        if misplaced := [name for name in command.by if name in _NO_SETTINGS]:
            raise ValueError(
                f"--by tells rows apart by settings of their runs; {misplaced[0]} is none of them"
            )
        suffix = ".md" if command.out is None else command.out.suffix
        if suffix not in WRITERS:
            raise ValueError(f"a table ends in {', '.join(WRITERS)}, not in {suffix!r}")
        if command.out is not None:
            check_apart(command.out, command.table)
        rows = keep(read_results(command.table), command.where)
        if command.published and "weights" not in rows:
            raise ValueError(
                f"--published needs a table that collect wrote: {command.table} does not tell the "
                "loss weights, and published numbers are of whole losses"
            )
        for line in remarks(rows, command.by):
            print(line, file=sys.stderr)
        numbers = suffix == ".csv"
        text = WRITERS[suffix](scores_table(rows, command.by, command.published, numbers))
        if command.out is None:
            print(text, end="")
        else:
            write_atomically(command.out, text.encode())


def scores_table(
    table: pd.DataFrame,
    by: Sequence[str] = (),
    published: bool = False,
    numbers: bool = False,
) -> pd.DataFrame:
    """Scores at the last epoch, a row per method, loss weights and values of `by`.

    R and U are of runs on unbiased pairs, S of runs on biased ones; a method with runs on one of
    the two is shown from that one. U is the mean of U1 and U2. With one seed there is no deviation.
    Where a method has runs on both, AUC of S from unbiased pairs has a column of its own.

    Args:
        table: tidy results.
        by: further columns that tell rows apart.
        published: whether published accuracies (R, U, S) follow, where they are about what the
            table measures.
        numbers: whether a score is three columns of numbers, NAME, NAME_sd and NAME_n, and
            published accuracies and a note on them four more; else each is text.

    Returns:
        Columns method, then loss and those of `by` that differ, n (seeds), the scores.

    Raises:
        ValueError: mixed presets, missing rows or columns, or a seed that counts twice.
    """
    one_preset(table)
    require(table, by)
    linear = last_epoch(_designs(table[table["probe"] == "linear"], by))
    if linear.empty:
        raise ValueError("the table has no linear probes of runs on unbiased or biased pairs")
    weights = linear["weights"].map(short_weights) if "weights" in linear else ""
    linear = linear.assign(weights=weights, mapping=linear["pairs"].map(mapping_of))
    designs = linear.groupby(["method", "weights"])["mapping"].transform("nunique")
    # Of a method that knows one design, all scores are that one's; and of a row for each design.
    apart = not _APART.isdisjoint(by)
    linear = linear.assign(any_task=(designs == 1) | apart)
    group = ["method", "weights", *by]
    labels = looks(linear["method"])
    order = {name: k for k, name in enumerate(labels)}
    told = beside(read_published(), table) if published else None
    lines = []
    remarked: dict[str, str] = {}
    for key, part in sorted(
        linear.groupby(group, dropna=False), key=lambda item: (order[item[0][0]], *item[0][1:])
    ):
        method, weights, *others = key
        line = {"method": labels[method].label, "loss": weights or "whole"}
        line |= dict(zip(by, map(str, others), strict=True))
        one_setting(part, ["method"])
        n = part["seed"].nunique()
        line["n"] = str(n)
        for score in SCORES:
            values = _values(part, score)
            line |= _numbers(score.name, values) if numbers else _cell(values, score, n)
        if told is not None:
            reference = told[:0] if weights else beside(told[told["method"] == method], part)
            line |= _published_numbers(reference) if numbers else _published(reference, remarked)
        lines.append(line)
    found = pd.DataFrame(lines)
    found.attrs["notes"] = [f"{mark} {note}" for note, mark in remarked.items()]
    constant = [name for name in by if found[name].nunique() == 1]
    constant += [
        score.heading
        for score in SCORES
        if score.learnt_from and not numbers and set(found[score.heading]) == {"–"}
    ]
    if set(found["loss"]) == {"whole"}:
        constant.append("loss")
    return found.drop(columns=constant)


def remarks(table: pd.DataFrame, by: Sequence[str] = ()) -> list[str]:
    """What a reader of the table of scores must know: which pairs, and what is left out."""
    linear = table[table["probe"] == "linear"]
    shown = _designs(linear, by)
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
        if _APART.isdisjoint(by) and len(mapping) == 1:
            name = " ".join([str(key[0]), short_weights(str(key[1]))] if len(key) > 1 else key)
            alone.setdefault(mapping.pop(), set()).add(name.strip())
    lines += [
        f"all scores from {pairs} pairs, for want of others: {', '.join(sorted(names))}"
        for pairs, names in sorted(alone.items())
    ]
    return [*lines, *filter(None, [arithmetic(shown)])]


def _designs(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The rows of the designs that tasks are learnt from, or that `by` tells from them."""
    if "pairs" in by:
        return rows
    mapping = rows["pairs"].map(mapping_of)
    of_mapping = mapping.isin(set(LEARNT_FROM.values())) | ("mapping_strength" in by)
    of_sharing = (rows["pairs"] == mapping) | ("shared_strength" in by)
    return rows[of_mapping & of_sharing]


def _values(part: pd.DataFrame, score: Score) -> np.ndarray:
    """The score of each seed that has all of its tasks."""
    rows = part[(part["metric"] == score.metric) & part["task"].isin(score.tasks)]
    if score.learnt_from:
        rows = rows[~rows["any_task"] & (rows["mapping"] == score.learnt_from)]
    else:
        rows = rows[rows["any_task"] | (rows["mapping"] == LEARNT_FROM[score.tasks[0]])]
    once_per_seed(rows, ["method", "pairs", "task"])
    by_seed = rows.groupby("seed")["value"].agg(["mean", "size"])
    return by_seed[by_seed["size"] == len(score.tasks)]["mean"].to_numpy()


def _cell(values: np.ndarray, score: Score, n: int) -> dict[str, str]:
    """Mean ± standard deviation over seeds; how many they are, if fewer than the row's n."""
    if not len(values):
        return {score.heading: "–"}
    values = score.scale * values
    text = number(float(values.mean()), score.digits)
    if len(values) > 1:
        text += f" ± {number(float(np.std(values, ddof=1)), score.digits)}"
    return {score.heading: text if len(values) == n else f"{text} (n = {len(values)})"}


def _numbers(name: str, values: np.ndarray) -> dict[str, str]:
    """Mean, standard deviation and number of values; what there is not is empty."""
    return {
        name: f"{values.mean():.6g}" if len(values) else "",
        f"{name}_sd": f"{np.std(values, ddof=1):.6g}" if len(values) > 1 else "",
        f"{name}_n": str(len(values)),
    }


def _published(reference: pd.DataFrame, remarked: dict[str, str]) -> dict[str, str]:
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


def _published_numbers(reference: pd.DataFrame) -> dict[str, str]:
    """The same as fractions, like the scores beside them."""
    found = [
        "" if math.isnan(value) else f"{value / 100:.6g}"
        for value in _accuracies(reference) or [math.nan] * 3
    ]
    columns = {f"published_{task}": value for task, value in zip("RUS", found, strict=True)}
    return {**columns, "published_note": ", ".join(notes(reference).values())}


def _accuracies(reference: pd.DataFrame) -> list[float]:
    """R, U and S of a method, NaN for one that it lacks; empty where it has none."""
    means = reference.set_index("task")["accuracy"].reindex(["R", "U1", "S"])
    return [] if means.isna().all() else [float(mean) for mean in means]


if __name__ == "__main__":
    main()

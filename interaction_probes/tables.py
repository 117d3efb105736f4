"""``python -m interaction_probes.tables results.csv``: the table that a paper prints.

A row per method and setting, R, U, S and the AUC of S as mean ± standard deviation over seeds, in
Markdown or LaTeX; in CSV as numbers.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import tyro

from interaction_probes.analysis.comparison import Baseline, Key
from interaction_probes.analysis.conditions import keep
from interaction_probes.analysis.published import beside, read_published
from interaction_probes.analysis.schema import MEASUREMENT_COLUMNS
from interaction_probes.analysis.score_columns import (
    SCORES,
    as_numbers,
    as_text,
    difference_as_numbers,
    difference_as_text,
    of_seeds,
    published_as_numbers,
    published_as_text,
)
from interaction_probes.analysis.table import (
    LEARNT_FROM,
    arithmetic,
    half_done,
    half_done_runs,
    last_epoch,
    mapping_of,
    one_preset,
    one_setting,
    read_results,
    require,
    short_weights,
)
from interaction_probes.analysis.table_formats import WRITERS
from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.common.writing import check_apart, write_atomically
from interaction_probes.figures.drawing.style import looks


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        table: tidy results, as collect writes them.
        out: .md, .tex or .csv; none prints Markdown.
        by: further columns of the table that tell rows apart, such as views.crop_scale.
        where: keep these rows only: COLUMN=VALUE, several values between commas, != for all others.
        published: add the published accuracies.
        against: print differences from this method's scores, seed by seed.
    """

    table: tyro.conf.Positional[Path]
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    published: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    against: str = ""


#: Columns that give every mapping a row of its own.
_APART = {"pairs", "mapping_strength"}
#: Columns that a row has anyway, that are averaged over, or that say what is measured.
_NO_SETTINGS = ("method", "weights", "run", "seed", *MEASUREMENT_COLUMNS)


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
        if command.published and command.against:
            raise ValueError("--against prints differences, which nobody published: leave one out")
        numbers = suffix == ".csv"
        found = scores_table(rows, command.by, command.published, numbers, command.against)
        for line in remarks(rows, command.by):
            print(line, file=sys.stderr)
        text = WRITERS[suffix](found)
        if command.out is None:
            print(text, end="")
        else:
            write_atomically(command.out, text.encode())


def scores_table(
    table: pd.DataFrame,
    by: Sequence[str] = (),
    published: bool = False,
    numbers: bool = False,
    against: str = "",
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
        against: a method. Scores of the others are then differences from those of its whole loss
            in the same seed, whose split, renders and mapping are the same: the mean, its standard
            deviation over seeds, and in how many of the seeds above and below. As text its own row
            keeps its scores; a table of numbers leaves it out, and has columns against, NAME_above
            and NAME_below.

    Returns:
        Columns method, then loss and those of `by` that differ, n (seeds), the scores.

    Raises:
        ValueError: mixed presets, missing rows or columns, or a seed that counts twice; runs to
            compare that are missing, or of other data.
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
    parts: dict[Key, pd.DataFrame] = {
        (*key[:2], *("" if pd.isna(value) else value for value in key[2:])): part
        for key, part in sorted(
            linear.groupby(group, dropna=False), key=lambda item: (order[item[0][0]], *item[0][1:])
        )
    }
    baseline = Baseline.of(parts, against) if against else None
    for key, part in parts.items():
        method, weights, *others = key
        if baseline and numbers and baseline.is_own(key):
            continue
        line = {"method": labels[method].label, "loss": weights or "whole"}
        untold = "" if numbers else "–"
        line |= dict(
            zip(by, (str(value) if value != "" else untold for value in others), strict=True)
        )
        one_setting(part, ["method"])
        n = part["seed"].nunique()
        ends = part.groupby("pairs")["epoch"].unique().map(sorted)
        if half_done(part) and (differing := [end for end in ends if len(end) > 1]):
            raise ValueError(
                f"runs of {method} are half done and end at epochs "
                f"{', '.join(map(str, differing[0]))}, which have no common mean; "
                "--where half_done= keeps those that are finished"
            )
        line["n"] = str(n)
        if not numbers and half_done(part):
            line["n"] += " (half done)"
        if numbers and against:
            line["against"] = against
        if baseline and not baseline.is_own(key):
            line |= _differences(part, baseline.beside(key, part), numbers)
        else:
            line |= _scores(part, n, numbers)
        if told is not None:
            reference = told[:0] if weights else beside(told[told["method"] == method], part)
            line |= (
                published_as_numbers(reference)
                if numbers
                else published_as_text(reference, remarked)
            )
        lines.append(line)
    found = pd.DataFrame(lines)
    found.attrs["notes"] = [f"{mark} {note}" for note, mark in remarked.items()]
    if baseline:
        found.attrs["notes"] += baseline.notes(parts)
    constant = [name for name in by if found[name].nunique() == 1]
    constant += [
        score.heading
        for score in SCORES
        if score.learnt_from and not numbers and set(found[score.heading]) == {"–"}
    ]
    if set(found["loss"]) == {"whole"}:
        constant.append("loss")
    return found.drop(columns=constant)


def _scores(part: pd.DataFrame, n: int, numbers: bool) -> dict[str, str]:
    """The cells of a row of n seeds."""
    line: dict[str, str] = {}
    for score in SCORES:
        values = of_seeds(part, score)
        line |= as_numbers(values, score) if numbers else as_text(values, score, n)
    return line


def _differences(part: pd.DataFrame, other: pd.DataFrame, numbers: bool) -> dict[str, str]:
    """The cells of a row that is set against another, over the seeds that both have."""
    line: dict[str, str] = {}
    for score in SCORES:
        values = (of_seeds(part, score) - of_seeds(other, score)).dropna()
        write = difference_as_numbers if numbers else difference_as_text
        line |= write(values, score)
    return line


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
    if "run" in shown:
        ends = shown.groupby(["run", "task"])["epoch"].max().groupby("run").nunique()
        if cut := sorted(ends.index[ends > 1]):
            lines.append(
                f"tasks that the last epoch lacks are left out of {', '.join(cut)}: the table may "
                "have been cut"
            )
        if len(epochs := half_done_runs(shown)):
            told = ", ".join(f"{run} (epoch {epoch})" for run, epoch in epochs.items())
            lines.append(f"half done, so that scores are of an earlier epoch: {told}")
    return [*lines, *filter(None, [arithmetic(shown)])]


def _designs(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The rows of the designs that tasks are learnt from, or that `by` tells from them."""
    if "pairs" in by:
        return rows
    mapping = rows["pairs"].map(mapping_of)
    of_mapping = mapping.isin(set(LEARNT_FROM.values())) | ("mapping_strength" in by)
    of_sharing = (rows["pairs"] == mapping) | ("shared_strength" in by)
    return rows[of_mapping & of_sharing]


if __name__ == "__main__":
    main()

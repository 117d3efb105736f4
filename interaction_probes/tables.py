"""``python -m interaction_probes.tables results.csv``: the table that a paper prints.

A row per method and setting, R, U, S and the AUC of S as mean ± standard deviation over seeds, in
Markdown or LaTeX; in CSV as numbers.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.dataset_rows import is_of_datasets
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.schema import COLLAPSE_COLUMNS, MEASUREMENT_COLUMNS
from interaction_probes.analysis.scores.columns import DEFAULT_SCORES
from interaction_probes.analysis.scores.dataset_table import dataset_table
from interaction_probes.analysis.scores.formats import WRITERS, as_latex
from interaction_probes.analysis.scores.table import remarks, scores_table
from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.common.writing import check_apart, write_atomically


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
        scores: columns of scores, in this order, of R, U (the mean of U1 and U2), U1, U2, S, S_auc,
            S_auc_unbiased, R_bits, U1_bits, U2_bits, S_bits, effective_rank. Of three images and
            more the tasks' own: R123, U3, S123, S123_auc, S123_bits, S12to3_unbiased and so on.
        untrained: after each score the same runs' score before training, at epoch 0.
        intervals: the 95 % interval over seeds in place of the standard deviation.
        bold: the best mean of each score in bold; a ceiling, which sees labels, is none.
        caption: of a .tex table, as LaTeX; the table then is a float.
        label: of a .tex table, for LaTeX's references; the table then is a float.
    """

    table: tyro.conf.Positional[Path]
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    published: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    against: str = ""
    scores: tuple[str, ...] = DEFAULT_SCORES
    untrained: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    intervals: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    bold: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    caption: str = ""
    label: str = ""


#: Columns that are no settings of a run.
_NO_SETTINGS = (
    *("method", "weights", "run", "seed", "seconds"),
    *MEASUREMENT_COLUMNS,
    *COLLAPSE_COLUMNS,
)


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
        if (command.caption or command.label) and suffix != ".tex":
            raise ValueError("--caption and --label are of a LaTeX table: name a .tex file (-o)")
        if command.bold and (command.against or suffix == ".csv"):
            what = "differences" if command.against else "a .csv table of numbers"
            raise ValueError(f"--bold marks the best score, which {what} has none of: leave it out")
        if command.intervals and command.against:
            raise ValueError("--intervals are of scores, and --against prints differences")
        if command.untrained and command.against:
            raise ValueError("--untrained is of scores, and --against prints differences")
        if command.out is not None:
            check_apart(command.out, command.table)
        rows = filter_rows(read_results(command.table), command.where)
        if command.published and "weights" not in rows:
            raise ValueError(
                f"--published needs a table that collect wrote: {command.table} does not tell the "
                "loss weights, and published numbers are of whole losses"
            )
        if command.published and command.against:
            raise ValueError("--against prints differences, which nobody published: leave one out")
        numbers = suffix == ".csv"
        if is_of_datasets(rows):
            _check_goes_with_datasets(command)
            found = dataset_table(rows, command.by, numbers)
        else:
            found = scores_table(
                rows,
                command.by,
                command.published,
                numbers,
                command.against,
                command.scores,
                command.intervals,
                command.untrained,
            )
        if command.bold:
            found.attrs["bold"] = found.attrs["best"]
        lines = [] if is_of_datasets(rows) else remarks(rows, command.by)
        if numbers:  # whose file has no room for what stands below a printed table
            lines = [*lines, *found.attrs["notes"]]
        for line in lines:
            print(line, file=sys.stderr)
        if suffix == ".tex":
            text = as_latex(found, command.caption, command.label)
        else:
            text = WRITERS[suffix](found)
        if command.out is None:
            print(text, end="")
        else:
            write_atomically(command.out, text.encode())


def _check_goes_with_datasets(command: Command) -> None:
    """Refuse what the table of a dataset does not have.

    Raises:
        ValueError: an option is given that is of the tasks of Trifeature.
    """
    given = {
        "--published": command.published,
        "--against": bool(command.against),
        "--scores": command.scores != DEFAULT_SCORES,
        "--untrained": command.untrained,
        "--intervals": command.intervals,
        "--bold": command.bold,
    }
    if named := next((option for option, used in given.items() if used), None):
        raise ValueError(
            f"{named} is of the tasks of Trifeature, and the table has runs on a dataset (--data)"
        )


if __name__ == "__main__":
    main()

"""``python -m interaction_probes.report results.csv -o report.html``: one page of all results.

The page needs no network: its styles, its script and its figures are inside.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interaction_probes.common.cli import friendly_errors, parse


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        results: table of results of one or more runs, as CSV or Parquet.
        out: the .html file to write.
        title: the page's heading; without one it says what the results are of.
        where: rows to report, as COLUMN=VALUE or COLUMN!=VALUE; several values between commas.
    """

    results: Annotated[Path, tyro.conf.Positional]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    title: str = ""
    where: tuple[str, ...] = ()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.report",
            description="Write one self-contained page of results: tables, figures, provenance.",
        )
        _do(command)


def _do(command: Command) -> None:
    from interaction_probes.analysis.conditions import filter_rows
    from interaction_probes.analysis.published import read_published  # slow: not before --help
    from interaction_probes.analysis.results_table import read_results
    from interaction_probes.common.writing import check_apart, write_atomically
    from interaction_probes.reporting.page import default_title, page

    if command.out.suffix not in (".html", ".htm"):
        raise ValueError(f"a report is an .html file, not {command.out.name!r}")
    if not command.out.parent.is_dir():
        raise ValueError(f"no folder {command.out.parent}")
    check_apart(command.out, command.results)
    rows = filter_rows(read_results(command.results), command.where)
    text = page(rows, read_published(), command.title or default_title(rows))
    write_atomically(command.out, text.encode())
    print(command.out)


if __name__ == "__main__":
    main()

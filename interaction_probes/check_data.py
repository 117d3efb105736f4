"""``python -m interaction_probes.check_data FILE``: a dataset in words, before anything is trained.

The text names shapes, class counts and whatever is doubtful or wrong. The exit code is 1 if a run
cannot be made from the data.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro

from interaction_probes.common.cli import friendly_errors, parse


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        source: an .npz file, a folder of .npy files, or package.module:function, which runs that
            module's code.
        format: how another program wrote the source; keys: the project's own keys; see
            docs/own-data.md.
        modalities: names of those to use; all where none are given.
        neutral: the class of sentiment 0, which MOSI and MOSEI need (format affect).
        standardise: whether a format's features are standardised by the training rows.
    """

    source: Annotated[str, tyro.conf.Positional]
    format: Literal["keys", "affect", "mimic", "vision-touch", "mmimdb"] = "keys"
    modalities: tuple[str, ...] = ()
    neutral: Literal["none", "negative", "positive", "drop"] = "none"
    standardise: bool = True


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command; code 1 if the data have errors, 2 for a wrong command line."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.check_data",
            description="Describe a multimodal dataset, and list what is doubtful or wrong.",
        )
        if _has_errors(command):
            sys.stdout.flush()
            sys.exit(1)


def _has_errors(command: Command) -> bool:
    """Print the description; whether there are errors."""
    from interaction_probes.datasets.description import describe
    from interaction_probes.datasets.loading import examine

    options: dict[str, Any] = {} if command.neutral == "none" else {"neutral": command.neutral}
    if not command.standardise:
        options["standardise"] = False
    format = None if command.format == "keys" else command.format
    found = examine(command.source, format, command.modalities or None, **options)
    print(describe(command.source, found))
    return bool(found.errors)


if __name__ == "__main__":
    main()

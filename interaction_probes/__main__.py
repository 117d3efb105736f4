"""``python -m interaction_probes``: the commands there are, and a first step."""

import sys
from collections.abc import Sequence

from interaction_probes.common.cli import fail, friendly_errors
from interaction_probes.common.spelling import nearest

#: Module → what its command does, in the order of a study.
COMMANDS = {
    "trifeature": "generate, preview or audit the data on their own",
    "interaction_probes.run": "pretrain one method, probe along the way, compare with the truth",
    "interaction_probes.sweep": "many runs, on this machine or on a cluster",
    "interaction_probes.collect": "one table of all finished runs",
    "interaction_probes.figures": "any figure from such a table",
    "interaction_probes.tables": "scores of such a table as Markdown, LaTeX or CSV",
    "interaction_probes.report": "one page with all tables and figures",
    "interaction_probes.embed": "a run's test representations, for a map of them",
    "interaction_probes.features": "all features and labels that a run's probes read, as .npz",
    "interaction_probes.export": "a run's weights as .safetensors, with a description as .json",
}


def overview() -> str:
    """What the bare command prints."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  python -m {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return f"""interaction-probes: how much redundancy, uniqueness and synergy does a multimodal
self-supervised method capture?

A first step, in seconds (its numbers mean nothing yet):

  python -m interaction_probes.run --method comm --preset smoke

The commands; each has --help:

{listed}

From Python: from interaction_probes import probe; from trifeature import generate, estimate_pid"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the overview; a command's name is answered with the line that runs it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        with friendly_errors():
            print(overview())
        return
    short = {name.rpartition(".")[2]: name for name in COMMANDS}
    close = nearest(words[0], list(short))
    meant = f"did you mean python -m {short[close]}?" if close else "without words it lists them"
    fail(f"python -m interaction_probes takes no command {words[0]!r}; {meant}")


if __name__ == "__main__":
    main()

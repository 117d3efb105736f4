"""``python -m interaction_probes``: list all commands, with a first example."""

import sys
from collections.abc import Sequence

from interaction_probes.common.cli import fail, friendly_errors
from interaction_probes.common.spelling import nearest

#: Module → description of its command, in the order of use.
COMMANDS = {
    "trifeature": "generate, preview or audit data without a method",
    "interaction_probes.check_data": "describe a multimodal dataset, and list what is wrong",
    "interaction_probes.run": "pretrain one method, probe during training, compare with the truth",
    "interaction_probes.sweep": "execute many runs, on this machine or on a cluster",
    "interaction_probes.collect": "collect all finished runs in one table",
    "interaction_probes.figures": "draw a figure from such a table",
    "interaction_probes.tables": "format scores of such a table as Markdown, LaTeX or CSV",
    "interaction_probes.report": "write one page with all tables and figures",
    "interaction_probes.embed": "export the representations of a run's test pairs, to draw a map",
    "interaction_probes.features": "export the features and labels of a run's probes as .npz",
    "interaction_probes.export": "export a run's weights as .safetensors, with a .json description",
}


def overview() -> str:
    """Text that the command prints without arguments."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  python -m {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return f"""interaction-probes: how much redundancy, uniqueness and synergy does a multimodal
self-supervised method capture?

A first example, in seconds (its scores mean nothing yet):

  python -m interaction_probes.run --method comm --preset smoke

All commands; each has --help:

{listed}

From Python: from interaction_probes import probe; from trifeature import generate, estimate_pid"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the overview; a command's name is an error that shows how to run it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        with friendly_errors():
            print(overview())
        return
    short = {name.rpartition(".")[2]: name for name in COMMANDS}
    close = nearest(words[0], list(short))
    hint = (
        f"did you mean python -m {short[close]}?"
        if close
        else "without arguments it lists all commands"
    )
    fail(f"python -m interaction_probes takes no command {words[0]!r}; {hint}")


if __name__ == "__main__":
    main()

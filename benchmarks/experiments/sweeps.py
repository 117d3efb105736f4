"""Run several sweeps one after another, for study.py and unimodal.py."""

import shlex
import sys
from collections.abc import Mapping

from interaction_probes.sweep import main as sweep


def run_sweeps(sweeps: Mapping[str, str]) -> None:
    """Run named sweeps, with this process's command-line options added to each.

    A failed run does not stop the sweeps that follow; the exit code is then 1.

    Args:
        sweeps: name → the options of ``python -m interaction_probes.sweep``.
    """
    failed = False
    for name, line in sweeps.items():
        words = [*shlex.split(line), *sys.argv[1:]]
        print(f"# {name}: python -m interaction_probes.sweep {shlex.join(words)}", file=sys.stderr)
        try:
            sweep(words)
        except SystemExit as stop:
            if stop.code != 1:  # wrong options, or Ctrl-C
                raise
            failed = True
    sys.exit(failed)

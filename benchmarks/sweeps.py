"""Several sweeps, one after another: what study.py and unimodal.py are made of."""

import shlex
import sys
from collections.abc import Mapping

from interaction_probes.sweep import main as sweep


def do(sweeps: Mapping[str, str]) -> None:
    """Do named sweeps with this process's own options added to each; a failed run stops none.

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
            if stop.code != 1:  # a mistake in the options, or Ctrl-C
                raise
            failed = True
    sys.exit(failed)

"""The methods on the vector twin of the images: five fresh seeds of each, in minutes.

Run with ``python benchmarks/experiments/vectors.py --out FOLDER``: eight methods with ``--preset
vectors`` on seeds 10 to 14, seed by seed, one thread each, two at a time. Finished runs are skipped
when the command is repeated. Their table is results/vectors/methods.csv; ``--read`` writes it from
the runs that are finished. The preset was tuned on seeds 1000 and 1001; docs/vectors.md has the
means.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.experiments.unfinished_runs import finish
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import table_as_csv, write_atomically
from interaction_probes.execution.grid import grid
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import find_preset
from interaction_probes.storage.collected_runs import gather

TABLE = Path(__file__).parents[2] / "results" / "vectors" / "methods.csv"
METHODS = (
    *("comm", "clip", "cross_self", "simclr", "random_init", "supervised"),
    *("factorcl", "infmasking"),
)
SEEDS = (10, 11, 12, 13, 14)


def study_configs() -> list[RunConfig]:
    """All runs, seed by seed."""
    return grid(find_preset("vectors"), METHODS, SEEDS)


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--read", action="store_true", help="read finished runs only")
    words = parser.parse_args()
    with friendly_errors("stopped; run the same command again to resume"):
        if not words.read:
            finish(study_configs(), words.out, words.processes)
    words.table.parent.mkdir(parents=True, exist_ok=True)
    # What the modalities are follows from the preset, and is long.
    table, _ = gather([words.out])
    write_atomically(words.table, table_as_csv(table.drop(columns="model.inputs")))


if __name__ == "__main__":
    main()

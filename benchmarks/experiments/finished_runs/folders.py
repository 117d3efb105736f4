"""What the measurements on finished runs share: their command line, and what names a run."""

import argparse
from pathlib import Path

from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import format_weights
from interaction_probes.storage.run_folder import read_object

#: Columns that name a run: :func:`identity_of`.
IDENTITY = ("run", "method", "pairs", "seed", "weights", "precision")


def folders_and_table(description: str | None) -> argparse.Namespace:
    """The command line: ``folders`` of runs, and ``out``, a table that need not be."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def identity_of(path: Path, config: RunConfig) -> list[object]:
    """`IDENTITY` of a run, from its folder."""
    precision = (read_object(path / "run.json") or {}).get("precision", "")
    weights = format_weights(config.weights)
    return [path.name, config.method, config.pairs, config.seed, weights, precision]

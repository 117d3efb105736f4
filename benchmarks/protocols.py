"""How far two probe protocols differ on the same trained run: this toolkit's and the public code's.

Run with ``python benchmarks/protocols.py RUN_FOLDER ...``; nothing is trained and nothing written.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from interaction_probes.evaluation import pixels, probe_epoch
from interaction_probes.saved import load_run
from trifeature.cli import friendly_errors


def compare(path: Path) -> None:
    """Print accuracy by task under both protocols."""
    config, method, data = load_run(path, torch.device("cpu"))
    config = replace(config, probe=replace(config.probe, controls=("public",)))
    train, test = pixels(data.train.images), pixels(data.test.images)
    rows = probe_epoch(method, data, train, test, config, final=True)
    values = {(task, probe, metric): value for task, probe, metric, value in rows}
    print(f"{path.name}: accuracy (%) with its 95 % interval over test images")
    for task in (task.name for task in data.tasks):
        ours, theirs = values[task, "linear", "accuracy"], values[task, "public", "accuracy"]
        spans = [
            f"{100 * values[task, probe, 'accuracy']:5.1f} "
            f"({100 * values[task, probe, 'accuracy_low']:.1f} to "
            f"{100 * values[task, probe, 'accuracy_high']:.1f})"
            for probe in ("linear", "public")
        ]
        difference = 100 * (theirs - ours)
        print(f"{task:<3} here {spans[0]}   public {spans[1]}   difference {difference:+.1f}")


def main() -> None:
    """Compare the protocols on every folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    with friendly_errors():
        for path in parser.parse_args().folders:
            compare(path)


if __name__ == "__main__":
    main()

"""Where in a trained method its information sits: the linear probe at every place that it offers.

Run with ``python benchmarks/places.py RUN_FOLDER ... [--out FILE.csv]``; nothing is trained but the
probes. A run probes one place, the first of ``--list`` unless ``--features`` says another. What is
learnt does not depend on it, so the same weights are read here at each (accuracies in %).
"""

import argparse
from pathlib import Path

import torch

from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.method import Method
from interaction_probes.execution.grid import write_weights
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation import split_of
from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.representations import pixels, represent
from interaction_probes.probing.linear import Score, linear_probe
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages

CPU = torch.device("cpu")
COLUMNS = ("run", "method", "pairs", "seed", "weights", "epoch", "place", "features", "task")


def at_place(
    method: Method, place: str, data: PairedImages, config: RunConfig
) -> tuple[dict[str, Score], int]:
    """Every task's score at a place, and how many features are probed there."""
    method.place = place
    images = pixels(data.train.images), pixels(data.test.images)
    fit, scored = (
        torch.from_numpy(represent(method, images[k], pairs.index, config))
        for k, pairs in enumerate((data.probe_train, data.probe_test))
    )
    found = {}
    for task in data.tasks:
        labels = data.probe_train.labels[task.name]
        split = split_of(config, data, task.name, labels)
        found[task.name] = linear_probe(
            (fit, labels),
            (scored, data.probe_test.labels[task.name]),
            task.classes,
            config.probe.strengths,
            split,
        )
    return found, fit.shape[1]


def main() -> None:
    """A line per run and place, and the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = []
    with friendly_errors():
        for path in arguments.folders:
            config, method, epoch = load_model(path, CPU)
            data = dataset(config)
            for place in method.places:
                scores, width = at_place(method, place, data, config)
                text = "".join(f"{k:>5}{100 * v.accuracy:6.1f}" for k, v in scores.items())
                print(f"{path.name:<50}{place:>12}{width:>6}{text}", flush=True)
                identity = (path.name, config.method, config.pairs, config.seed)
                weights = write_weights(config.weights)
                rows += [
                    [*identity, weights, epoch, place, width, task, metric, value]
                    for task, score in scores.items()
                    for metric, value in score.metrics()
                ]
        if arguments.out:
            write_atomically(arguments.out, as_csv([*COLUMNS, "metric", "value"], rows))


if __name__ == "__main__":
    main()

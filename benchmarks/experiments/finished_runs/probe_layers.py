"""Probe every layer that a trained method offers, to see where its information sits.

Run with ``python benchmarks/experiments/finished_runs/probe_layers.py RUN_FOLDER ... [--out
FILE.csv]``; only the linear probes are trained. A run probes one layer: the one that ``--features``
names, by default the first of ``--list``. Training does not depend on that choice, so the saved
weights serve for all layers. Accuracies are printed in %.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.finished_runs.folders import folders_and_table
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.method import Method
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation.held_out import split_of
from interaction_probes.experiment.evaluation.representations import pixels, represent
from interaction_probes.experiment.loading import load_model
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.result import ProbeResult
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import format_weights
from trifeature import PairedImages

CPU = torch.device("cpu")
COLUMNS = ("run", "method", "pairs", "seed", "weights", "epoch", "place", "features", "task")


def probe_layer(
    method: Method, layer: str, data: PairedImages, config: RunConfig
) -> tuple[dict[str, ProbeResult], int]:
    """Score of every task at a layer, and the number of its features."""
    method.place = layer
    images = pixels(data.train.images), pixels(data.test.images)
    train, test = (
        torch.from_numpy(represent(method, images[k], pairs.index, config))
        for k, pairs in enumerate((data.probe_train, data.probe_test))
    )
    scores = {}
    for task in data.tasks:
        labels = data.probe_train.labels[task.name]
        split = split_of(config, data, task.name, labels)
        scores[task.name] = linear_probe(
            (train, labels),
            (test, data.probe_test.labels[task.name]),
            task.classes,
            config.probe.strengths,
            split,
        )
    return scores, train.shape[1]


def main() -> None:
    """Print a line per run and layer, and write the table."""
    arguments = folders_and_table(__doc__)
    rows = []
    with friendly_errors():
        for path in arguments.folders:
            config, method, epoch = load_model(path, CPU)
            data = dataset(config)
            assert isinstance(data, PairedImages)
            for layer in method.places:
                scores, width = probe_layer(method, layer, data, config)
                text = "".join(f"{k:>5}{100 * v.accuracy:6.1f}" for k, v in scores.items())
                print(f"{path.name:<50}{layer:>12}{width:>6}{text}", flush=True)
                identity = (path.name, config.method, config.pairs, config.seed)
                weights = format_weights(config.weights)
                rows += [
                    [*identity, weights, epoch, layer, width, task, metric, value]
                    for task, score in scores.items()
                    for metric, value in score.metrics()
                ]
        if arguments.out:
            write_atomically(arguments.out, as_csv([*COLUMNS, "metric", "value"], rows))


if __name__ == "__main__":
    main()

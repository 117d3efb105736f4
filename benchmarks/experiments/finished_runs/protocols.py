"""Compare two probe protocols on the same trained run: this toolkit's and the released code's.

Run with ``python benchmarks/experiments/finished_runs/protocols.py RUN_FOLDER ...``; it writes no
file and trains no encoder.

Both accuracies are of the same encoder. Seconds are of one probing of all tasks on the CPU. For the
toolkit they are measured in full: each image is encoded once, and every task is fitted and scored.
The released code encodes both images of every pair anew, with a random crop, for each task: a few
of those batches are timed, and the seconds are scaled to all pairs of all tasks. Its fits are not
counted, so the true ratio is larger. ``--scale paper`` also measures the seconds at the paper's
scale (AlexNet, 224 pixels, width 512) with untrained towers: encoding costs the same as with
trained ones, but probes of them are harder to fit.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from interaction_probes.analysis.schema import Measurement
from interaction_probes.common.cli import friendly_errors
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import augment
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation.epoch import probe_epoch
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.loading import load_run
from interaction_probes.probing.released_protocol import CROP
from interaction_probes.runtime.precision import autocast_towers, training_dtype
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import find_preset
from interaction_probes.settings.registry import find_method
from trifeature import PairedImages

CPU = torch.device("cpu")
#: Pairs per batch of the released code's probes.
RELEASED_BATCH = 64


@dataclass(frozen=True)
class Seconds:
    """Seconds of one probing of all tasks under both protocols.

    Attributes:
        toolkit: measured; includes encoding, fits and scores.
        released: of encoding only, scaled from the timed batches.
        timed: number of timed batches.
        batches: number of batches in all tasks together.
    """

    toolkit: float
    released: float
    timed: int
    batches: int

    @property
    def ratio(self) -> float:
        """How many times longer the released protocol takes, at least."""
        return self.released / self.toolkit

    def __str__(self) -> str:
        return (
            f"a probing takes {self.toolkit:.1f} s here; the released code needs "
            f"{self.released:.0f} s for encoding alone ({self.timed} of {self.batches} batches "
            f"timed, scaled to all; fits not counted): at least {self.ratio:.0f} times as long"
        )


def measure(method: Method, data: PairedImages, config: RunConfig, batches: int) -> Seconds:
    """Seconds of one probing under both protocols.

    Args:
        method: on the CPU.
        data: pairs and labels.
        config: the run's.
        batches: number of batches of the released protocol that are timed.
    """
    train, test = pixels(data.train.images), pixels(data.test.images)
    linear_only = replace(config, probe=replace(config.probe, protocol="linear", controls=()))
    started = time.perf_counter()
    probe_epoch(method, data, train, test, linear_only, final=False)
    toolkit = time.perf_counter() - started
    per_batch = seconds_per_batch(method, data, train, config, batches)
    per_task = sum(
        -(-len(pairs.index) // RELEASED_BATCH) for pairs in (data.probe_train, data.probe_test)
    )
    total = per_task * len(data.tasks)
    return Seconds(toolkit, per_batch * total, batches, total)


@torch.no_grad()
def seconds_per_batch(
    method: Method, data: PairedImages, images: Tensor, config: RunConfig, batches: int
) -> float:
    """Mean seconds in which the released protocol crops and encodes a batch of pairs.

    Args:
        method: on the CPU.
        data: the first probe_train pairs are encoded, repeated if there are too few.
        images: uint8 [n, 3, h, w], the training images.
        config: the run's.
        batches: how many are timed, after one warm-up batch.
    """
    method.eval()
    generator = torch_stream(config.seed, "public probe", "seconds")
    index = torch.from_numpy(data.probe_train.index)
    started = 0.0
    for k in range(batches + 1):
        if k == 1:
            started = time.perf_counter()
        rows = torch.arange(k * RELEASED_BATCH, (k + 1) * RELEASED_BATCH) % len(index)
        with autocast_towers(training_dtype(config.optim, CPU), method):
            encoded = [
                method.encode(
                    m, augment(images[index[rows, m]], CROP, generator, config.probe_size)
                )
                for m in range(method.modalities)
            ]
        method.combine([features.float() for features in encoded])
    return (time.perf_counter() - started) / batches


def accuracies(rows: Sequence[Measurement]) -> list[str]:
    """A line per task from the rows of both protocols: accuracy (%), interval, difference."""
    values = {(row.task, row.probe, row.metric): row.value for row in rows}
    lines = []
    for task in dict.fromkeys(row.task for row in rows):
        spans = [
            f"{100 * values[task, probe, 'accuracy']:5.1f} "
            f"({100 * values[task, probe, 'accuracy_low']:.1f} to "
            f"{100 * values[task, probe, 'accuracy_high']:.1f})"
            for probe in ("linear", "public")
        ]
        difference = values[task, "public", "accuracy"] - values[task, "linear", "accuracy"]
        lines.append(
            f"{task:<3} here {spans[0]}   released {spans[1]}   difference {100 * difference:+.1f}"
        )
    return lines


def compare(path: Path, batches: int) -> None:
    """Print the accuracy of each task under both protocols, and their seconds."""
    config, method, data = load_run(path, CPU)
    assert isinstance(data, PairedImages)
    config = replace(config, probe=replace(config.probe, protocol="public", controls=()))
    train, test = pixels(data.train.images), pixels(data.test.images)
    rows = probe_epoch(method, data, train, test, config, final=False)
    print(f"{path.name}: accuracy (%) with its 95 % interval over test images")
    print("\n".join(accuracies(rows)))
    print(measure(method, data, config, batches), flush=True)


def compare_seconds(preset: str, batches: int) -> None:
    """Print the seconds of both protocols on untrained towers at a preset's scale."""
    config = find_preset(preset)
    method = initialise(find_method(config.method), config).to(memory_format=torch.channels_last)
    print(f"preset {preset}, untrained towers, {torch.get_num_threads()} threads")
    data = dataset(config)
    assert isinstance(data, PairedImages)
    print(measure(method, data, config, batches), flush=True)


def main() -> None:
    """Compare the protocols on every folder and at every scale."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--scale", metavar="PRESET", nargs="+", default=[])
    parser.add_argument("--batches", type=int, default=10, help="released-code batches to time")
    arguments = parser.parse_args()
    if not arguments.folders and not arguments.scale:
        parser.error("give a run folder, or a preset with --scale")
    if arguments.batches < 1:
        parser.error(f"--batches must be at least 1, not {arguments.batches}")
    with friendly_errors():
        for path in arguments.folders:
            compare(path, arguments.batches)
        for preset in arguments.scale:
            compare_seconds(preset, arguments.batches)


if __name__ == "__main__":
    main()

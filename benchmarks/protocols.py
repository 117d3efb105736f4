"""How two probe protocols differ on the same trained run: this toolkit's and the public code's.

Run with ``python benchmarks/protocols.py RUN_FOLDER ...``; nothing is trained and nothing written.

Accuracies of both are of the same encoder. Seconds are of one probing of all tasks on the CPU. The
toolkit's are measured whole: every image is encoded once, and every task is fitted and scored. The
public code encodes both images of every pair anew, cropped at random, for each task; of those
batches a few are timed, and the seconds are scaled to all pairs of all tasks. Its fits are left
out, which makes the ratio smaller than it is. ``--scale paper`` measures the seconds at the paper's
scale too (AlexNet, 224 pixels, width 512), with untrained towers: they cost what trained ones do,
but probes of them are harder to fit.
"""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from interaction_probes.common.cli import friendly_errors
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import augment
from interaction_probes.experiment.data import dataset
from interaction_probes.experiment.evaluation import probe_epoch
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.representations import pixels
from interaction_probes.experiment.runner import initialise
from interaction_probes.experiment.scores import ScoreRow
from interaction_probes.probing.released_protocol import CROP
from interaction_probes.runtime.precision import towers_in, training_dtype
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import find_preset
from interaction_probes.settings.registry import find_method
from trifeature import PairedImages

CPU = torch.device("cpu")
#: Pairs per batch of the public code's probes.
PUBLIC_BATCH = 64


@dataclass(frozen=True)
class Seconds:
    """What one probing of all tasks costs under both protocols.

    Attributes:
        ours: measured, encoding, fits and scores included.
        public: of encoding alone, scaled from the batches that were timed.
        timed: how many batches were.
        batches: how many there are in all tasks together.
    """

    ours: float
    public: float
    timed: int
    batches: int

    @property
    def ratio(self) -> float:
        """How many times longer the public protocol takes, at least."""
        return self.public / self.ours

    def __str__(self) -> str:
        return (
            f"a probing takes {self.ours:.1f} s here; the public protocol {self.public:.0f} s of "
            f"encoding alone ({self.timed} of {self.batches} batches timed, scaled to all; its "
            f"fits not counted): {self.ratio:.0f} times as long or longer"
        )


def measure(method: Method, data: PairedImages, config: RunConfig, batches: int) -> Seconds:
    """Seconds of one probing under both protocols.

    Args:
        method: on the CPU.
        data: pairs and labels.
        config: the run's.
        batches: of the public code's that are timed.
    """
    train, test = pixels(data.train.images), pixels(data.test.images)
    alone = replace(config, probe=replace(config.probe, protocol="linear", controls=()))
    started = time.perf_counter()
    probe_epoch(method, data, train, test, alone, final=False)
    ours = time.perf_counter() - started
    each = seconds_per_batch(method, data, train, config, batches)
    per_task = sum(
        -(-len(pairs.index) // PUBLIC_BATCH) for pairs in (data.probe_train, data.probe_test)
    )
    whole = per_task * len(data.tasks)
    return Seconds(ours, each * whole, batches, whole)


@torch.no_grad()
def seconds_per_batch(
    method: Method, data: PairedImages, images: Tensor, config: RunConfig, batches: int
) -> float:
    """Seconds in which the public protocol crops and encodes a batch of pairs, on average.

    Args:
        method: on the CPU.
        data: pairs, of which the first are taken, again from the start where they do not suffice.
        images: uint8 [n, 3, h, w], those of the fitting pairs.
        config: the run's.
        batches: how many are timed, after one that is not: it allocates.
    """
    method.eval()
    generator = torch_stream(config.seed, "public probe", "seconds")
    index = torch.from_numpy(data.probe_train.index)
    started = 0.0
    for k in range(batches + 1):
        if k == 1:
            started = time.perf_counter()
        rows = torch.arange(k * PUBLIC_BATCH, (k + 1) * PUBLIC_BATCH) % len(index)
        with towers_in(training_dtype(config.optim, CPU), method):
            encoded = [
                method.encode(
                    m, augment(images[index[rows, m]], CROP, generator, config.probe_size)
                )
                for m in range(2)
            ]
        method.combine([part.float() for part in encoded])
    return (time.perf_counter() - started) / batches


def accuracies(rows: list[ScoreRow]) -> list[str]:
    """A line per task from the rows of both protocols: accuracy (%), interval, difference."""
    values = {(task, probe, metric): value for task, probe, metric, value in rows}
    lines = []
    for task in dict.fromkeys(task for task, *_ in rows):
        spans = [
            f"{100 * values[task, probe, 'accuracy']:5.1f} "
            f"({100 * values[task, probe, 'accuracy_low']:.1f} to "
            f"{100 * values[task, probe, 'accuracy_high']:.1f})"
            for probe in ("linear", "public")
        ]
        difference = values[task, "public", "accuracy"] - values[task, "linear", "accuracy"]
        lines.append(
            f"{task:<3} here {spans[0]}   public {spans[1]}   difference {100 * difference:+.1f}"
        )
    return lines


def compare(path: Path, batches: int) -> None:
    """Print accuracy by task under both protocols, and their seconds."""
    config, method, data = load_run(path, CPU)
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
    print(measure(method, dataset(config), config, batches), flush=True)


def main() -> None:
    """Compare the protocols on every folder and at every scale."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--scale", metavar="PRESET", nargs="+", default=[])
    parser.add_argument("--batches", type=int, default=10, help="public batches that are timed")
    arguments = parser.parse_args()
    if not arguments.folders and not arguments.scale:
        parser.error("name a run's folder, or a preset with --scale")
    if arguments.batches < 1:
        parser.error("at least 1 batch is timed")
    with friendly_errors():
        for path in arguments.folders:
            compare(path, arguments.batches)
        for preset in arguments.scale:
            compare_seconds(preset, arguments.batches)


if __name__ == "__main__":
    main()

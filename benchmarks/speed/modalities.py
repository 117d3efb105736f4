"""An epoch of CoMM on two modalities of vectors, against the same model written plainly.

Run with ``python benchmarks/speed/modalities.py [--samples 100000] [--width 300] [--steps 100]``.
Both models have the same encoders, widths, batches and augmentation. The plain one feeds the tokens
of each mask to ``nn.TransformerEncoderLayer``, and takes its batches from a DataLoader whose data
set augments sample by sample. Both compute in float32 on one core; the toolkit is timed in a run's
precision, too.

Every case is a process of its own: the toolkit on arrays, on memory maps of the same values, and on
memory maps whose pages the system was asked to drop right before, so that they are read from the
disk; and the plain model. Cases run in turn, `--repeats` times. Seconds are of the processor,
medians over the steps, and those of an epoch are scaled from `--steps` steps on samples from
everywhere in the files (``--steps 0``: a whole epoch). Beside them is the wall clock per step, a
mean, since a step that waits for the disk is rare and long, and what was read from the disk. Memory
is what a process grew by since before it loaded the values, at most, in units of the values' size;
of memory maps, whose pages the system drops when it needs them, without these pages.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.reference.comm import ReferenceCoMM
from benchmarks.speed.measure import versions
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.encoders import InputConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.views.noise import NoiseConfig
from interaction_probes.runtime.memory import peak_memory
from interaction_probes.settings.config import OptimConfig
from interaction_probes.training.loop import pretrain_modalities
from interaction_probes.training.optim import optimizer_for

CASES = (
    "arrays",
    "memory maps",
    "memory maps, from the disk",
    "arrays, a run's precision",
    "plain",
)
BATCH = 64


@dataclass
class Vectors:
    """A modality of vectors."""

    name: str
    values: np.ndarray
    kind: Literal["vectors"] = "vectors"
    lengths: None = None


class PlainData(Dataset[list[Tensor]]):
    """Two augmented views of every modality of a sample: [2, d] each."""

    def __init__(self, modalities: list[Vectors], config: NoiseConfig) -> None:
        self.values = [torch.from_numpy(modality.values) for modality in modalities]
        self.config = config

    def __len__(self) -> int:
        return len(self.values[0])

    def __getitem__(self, index: int) -> list[Tensor]:
        return [
            torch.stack([self.augment(values[index]) for _ in range(2)]) for values in self.values
        ]

    def augment(self, vector: Tensor) -> Tensor:
        """One view of a vector: noise, then dropped values."""
        view = vector.clone()
        if torch.rand(()) < self.config.noise_probability:
            view += self.config.noise * torch.randn(len(view))
        if torch.rand(()) < self.config.drop_probability:
            low, high = self.config.drop
            share = low + (high - low) * float(torch.rand(()))
            view[torch.randperm(len(view))[: int(share * len(view))]] = 0
        return view


class Clock:
    """The time of every step, and the anonymous memory that was in use at most."""

    def __init__(self) -> None:
        self.times: list[float] = []  # of the processor
        self.wall: list[float] = []
        self.anonymous = 0

    def __call__(self, *_: int) -> None:
        self.times.append(time.process_time())
        self.wall.append(time.perf_counter())
        self.anonymous = max(self.anonymous, resident("RssAnon"))

    def seconds(self) -> float:
        """Of the processor, the median over the steps; the first ones choose kernels."""
        return statistics.median(np.diff(self.times)[2:])

    def wall_seconds(self) -> float:
        """Of the wall clock, the mean over the same steps."""
        return statistics.mean(np.diff(self.wall)[2:])


def resident(kind: str = "VmRSS") -> int:
    """Bytes of memory of this process, of Linux: VmRSS all, RssAnon without mapped files."""
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(f"{kind}:")]
    return int(line.split()[1]) * 1024


def read_from_disk() -> int:
    """Bytes that this process has had read from a disk, of Linux."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counts["read_bytes"])


def drop_pages(path: Path) -> None:
    """Let the system forget a file's pages, which have been written to the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(file)


def model_config(width: int) -> ModelConfig:
    """The default model on two modalities of vectors."""
    return ModelConfig(inputs=(InputConfig("vectors", (width,)),) * 2)


def train_toolkit(
    modalities: list[Vectors], rows: np.ndarray, precision: Literal["auto", "fp32"], clock: Clock
) -> None:
    """An epoch of the toolkit's CoMM on some rows."""
    torch.manual_seed(0)
    method = CoMM(model_config(modalities[0].values.shape[1]))
    optim = OptimConfig(1, BATCH, 1e-3, 1e-2, 0.0, "constant", precision)
    optimizer = optimizer_for(method, optim)
    epochs = pretrain_modalities(
        method, optimizer, modalities, optim, method.terms, 0, rows, on_step=clock
    )
    next(epochs)


def train_plain(modalities: list[Vectors], rows: np.ndarray, clock: Clock) -> None:
    """An epoch of the plain model on some rows."""
    torch.manual_seed(0)
    model = ReferenceCoMM(model_config(modalities[0].values.shape[1])).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    data = Subset(PlainData(modalities, NoiseConfig()), rows.tolist())
    for views in DataLoader(data, BATCH, shuffle=True, drop_last=True):
        loss = model.loss([view.transpose(0, 1) for view in views])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        clock()


def measure(case: str, folder: Path, steps: int) -> dict[str, float]:
    """Seconds of a step, growth of the memory and what was read in bytes, of this process."""
    torch.set_num_threads(1)

    def train(modalities: list[Vectors], rows: np.ndarray, clock: Clock) -> None:
        if case == "plain":
            train_plain(modalities, rows, clock)
        else:
            train_toolkit(modalities, rows, "auto" if "precision" in case else "fp32", clock)

    mode: Literal["r"] | None = "r" if case.startswith("memory maps") else None
    shapes = [
        np.load(folder / f"{m}.npy", mmap_mode="r", allow_pickle=False).shape for m in range(2)
    ]
    small = [
        Vectors(str(m), np.zeros((2 * BATCH, width), np.float32))
        for m, (_, width) in enumerate(shapes)
    ]
    train(small, np.arange(2 * BATCH), Clock())  # libraries are loaded
    if case.endswith("from the disk"):
        for m in range(2):
            drop_pages(folder / f"{m}.npy")
    before, anonymous, read = resident(), resident("RssAnon"), read_from_disk()
    modalities = [
        Vectors(str(m), np.load(folder / f"{m}.npy", mmap_mode=mode, allow_pickle=False))
        for m in range(2)
    ]
    rows = np.random.default_rng(1).permutation(shapes[0][0])
    clock = Clock()
    train(modalities, rows[: steps * BATCH] if steps else rows, clock)
    # Linux counts resident pages per thread and adds them up late, so that the peak can read lower
    # than what was resident before; a peak is never below that.
    grown = clock.anonymous - anonymous if mode else max(peak_memory(), before) - before
    return {
        "seconds": clock.seconds(),
        "wall": clock.wall_seconds(),
        "bytes": grown,
        "read": read_from_disk() - read,
    }


def main() -> None:
    """Print a line per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--steps", type=int, default=100, help="0: a whole epoch")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=CASES, help="this one alone, in this process")
    parser.add_argument("--folder", type=Path, help="of --case: where the values are")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.folder, arguments.steps)))
        return
    found: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for m in range(2):
            values = rng.standard_normal((arguments.samples, arguments.width), dtype=np.float32)
            with open(f"{folder}/{m}.npy", "wb") as file:
                np.save(file, values)
                file.flush()
                os.fsync(file.fileno())  # only what lies on the disk can be dropped
        for _ in range(arguments.repeats):
            for case in CASES:
                command = [sys.executable, __file__, "--case", case, "--folder", folder]
                command += ["--steps", str(arguments.steps)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found[case].append(json.loads(done.stdout))
    medians = {
        case: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        for case, runs in found.items()
    }
    steps, size = arguments.samples // BATCH, 2 * arguments.samples * arguments.width * 4
    print(f"{versions()}; {arguments.samples} samples, two modalities of {arguments.width} values")
    for case, median in medians.items():
        seconds = median["seconds"]
        print(
            f"{case:<26}{1e3 * seconds:8.1f} ms a step{steps * seconds:8.0f} s an epoch"
            f"  ({medians['plain']['seconds'] / seconds:4.1f} times as fast as plain)"
            f"{median['bytes'] / 1e6:8.0f} MB  ({median['bytes'] / size:.2f} of the values)"
            f"{1e3 * median['wall']:8.1f} ms of wall clock a step"
            f"{median['read'] / 1e6:8.0f} MB from the disk"
        )


if __name__ == "__main__":
    main()

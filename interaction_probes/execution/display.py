"""Progress of runs: bars in a terminal, lines of text elsewhere."""

import sys
from collections.abc import Sequence

from tqdm import tqdm

from interaction_probes.experiment.trainer import Progress
from interaction_probes.settings.config import RunConfig


class RunProgress:
    """In a terminal, a bar per run with the remaining time; elsewhere, a line per epoch."""

    def __init__(self, configs: Sequence[RunConfig]) -> None:
        width = max(len(config.pairs) for config in configs)
        self.names = [f"{config.pairs:<{width}}" for config in configs]
        self.bars = [
            tqdm(
                total=float(config.optim.epochs),
                desc=name,
                position=k,
                disable=not sys.stderr.isatty(),
                bar_format="{desc} {percentage:3.0f}%|{bar}| {n:.1f}/{total:.0f} epochs, "
                "{remaining} left",
            )
            for k, (name, config) in enumerate(zip(self.names, configs, strict=True))
        ]

    def update(self, k: int, progress: Progress) -> None:
        """Update the bar of run k, and print the line of a finished epoch."""
        bar = self.bars[k]
        bar.update(progress.epoch + progress.fraction - bar.n)
        if progress.line:
            tqdm.write(f"[{self.names[k]}] {progress.line}", file=sys.stdout)
            sys.stdout.flush()

    def __enter__(self) -> "RunProgress":
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self.bars:
            bar.close()


class SweepProgress:
    """In a terminal, a bar over the runs of a sweep; elsewhere, a line per run.

    Args:
        seconds: expected duration of each run, which is its share of the bar.
    """

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = seconds
        self.finished = 0
        self.is_terminal = sys.stderr.isatty()
        self.bar = tqdm(
            total=sum(seconds),
            desc=f"0/{len(seconds)} runs",
            disable=not self.is_terminal,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left",
        )

    def update(self, k: int, line: str, failed: bool) -> None:
        """Count run k as finished; in a terminal, print the line of a failed run only."""
        self.finished += 1
        self.bar.set_description_str(f"{self.finished}/{len(self.seconds)} runs", refresh=False)
        self.bar.update(self.seconds[k])
        if failed or not self.is_terminal:
            tqdm.write(f"[{self.finished}/{len(self.seconds)}] {line}", file=sys.stdout)
            sys.stdout.flush()

    def __enter__(self) -> "SweepProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

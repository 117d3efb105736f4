"""What the terminal shows while runs work: bars where someone watches, lines elsewhere."""

import sys
from collections.abc import Sequence

from tqdm import tqdm

from interaction_probes.experiment.trainer import Progress
from interaction_probes.settings.config import RunConfig


class RunProgress:
    """A bar per run with the time left in a terminal; a line per epoch elsewhere."""

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
        """Bring run k's bar up to date and print its line, if there is one."""
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
    """A bar over the runs of a sweep with the time left in a terminal; a line per run elsewhere.

    Args:
        seconds: what each run is expected to take, which is its share of the bar.
    """

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = seconds
        self.done = 0
        self.watched = sys.stderr.isatty()
        self.bar = tqdm(
            total=sum(seconds),
            desc=f"0/{len(seconds)} runs",
            disable=not self.watched,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left",
        )

    def update(self, k: int, line: str, failed: bool) -> None:
        """Count run k; where someone watches, only a failure is worth a line."""
        self.done += 1
        self.bar.set_description_str(f"{self.done}/{len(self.seconds)} runs", refresh=False)
        self.bar.update(self.seconds[k])
        if failed or not self.watched:
            tqdm.write(f"[{self.done}/{len(self.seconds)}] {line}", file=sys.stdout)
            sys.stdout.flush()

    def __enter__(self) -> "SweepProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

"""What the terminal shows while runs work: bars where someone watches, lines elsewhere."""

import sys
from collections.abc import Sequence

from tqdm import tqdm

from .config import RunConfig
from .experiment import Progress


class Display:
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

    def show(self, k: int, progress: Progress) -> None:
        """Bring run k's bar up to date and print its line, if there is one."""
        bar = self.bars[k]
        bar.update(progress.epoch + progress.fraction - bar.n)
        if progress.line:
            tqdm.write(f"[{self.names[k]}] {progress.line}", file=sys.stdout)
            sys.stdout.flush()

    def __enter__(self) -> "Display":
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self.bars:
            bar.close()

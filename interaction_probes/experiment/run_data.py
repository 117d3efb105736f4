"""What a run learns from and is probed on, whatever it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd

from interaction_probes.analysis.schema import ConfusionCell, Measurement, RepresentationRow
from interaction_probes.contrast.method import Method
from interaction_probes.settings.config import OptimConfig
from interaction_probes.training.loop import Epoch
from interaction_probes.training.optim import Optimizer

#: Told of (finished epochs, step, steps per epoch).
OnStep = Callable[[int, int, int], None]


class RunData(ABC):
    """The samples of one run: pretraining on them, probing on them, and the limits of its scores.

    Attributes:
        modalities: how many a sample has.
        pretraining: how many samples there are to pretrain on.
    """

    modalities: int
    pretraining: int

    @abstractmethod
    def notes(self) -> list[str]:
        """What the config asks for and these data rule out, a line each."""

    def check_unchanged(self) -> None:
        """Refuse data that have changed since they were opened; called before anything is written.

        Data that were read into memory cannot.

        Raises:
            ValueError: they have.
        """
        return

    @abstractmethod
    def limits(self) -> list[Measurement]:
        """Chance and the known limits of every metric, as measurements of probe ``exact``."""

    @abstractmethod
    def pretrain(
        self,
        method: Method,
        optimizer: Optimizer,
        optim: OptimConfig,
        weights: Mapping[str, float],
        finished_epochs: int,
        on_step: OnStep,
    ) -> Iterator[Epoch]:
        """Train a method in place, yielding after each epoch, as
        :func:`interaction_probes.training.loop.pretrain` does.
        """

    @abstractmethod
    def probe(
        self,
        method: Method,
        epoch: int,
        final: bool,
        confusion: list[ConfusionCell] | None,
        representations: list[RepresentationRow],
        earlier: Sequence[Measurement] = (),
    ) -> list[Measurement]:
        """Probe a method.

        Args:
            method: on its device.
            epoch: epochs trained.
            final: whether the controls are due.
            confusion: a list to which confusion matrices are appended; None where they are not
                wanted.
            representations: a list to which a row per probed representation is appended.
            earlier: what was measured at earlier epochs of the run.
        """

    @abstractmethod
    def score_line(self, scores: Sequence[Measurement]) -> str:
        """The scores of one probing in a line."""

    def conclusions(self, measurements: Sequence[Measurement]) -> list[Measurement]:
        """What follows from the measurements of all epochs, after the last one."""
        return []

    @abstractmethod
    def dynamics(self, metrics: pd.DataFrame) -> pd.DataFrame:
        """The table of dynamics.csv, from the whole metrics.csv."""

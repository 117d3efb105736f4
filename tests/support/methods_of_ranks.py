"""Methods of a user's own that keep state of their own on every rank, or the same on all."""

import torch
from stateful_methods import Counting, Stateful
from tiny_method import Tiny
from torch import Tensor, nn

from interaction_probes.contrast.distributed import gather, rank
from interaction_probes.contrast.method import Batch, ModelConfig


class PerRank(Stateful):
    """Every rank keeps rows of its own."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.queue = []

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        self.queue = [float(batch.views[0].mean())]
        return super().loss(batch, terms)

    def weight(self) -> float:
        return 1.0 + self.queue[0]


class OnAllRanks(Counting):
    """A counter, which is the same on every rank."""


class PerRankBuffer(Tiny):
    """A queue of the rank's own rows, in a registered buffer; and a count in another."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.register_buffer("queue", torch.zeros(1))
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def rows(self, batch: Batch) -> Tensor:
        return batch.views[0].mean()[None]

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        self.queue.copy_(self.rows(batch).mean(0))
        self.steps += 1
        return super().loss(batch, terms)


class GatheredBuffer(PerRankBuffer):
    """A queue of the rows of all ranks."""

    def rows(self, batch: Batch) -> Tensor:
        return gather(super().rows(batch))


class PerRankTeacher(Tiny):
    """A frozen parameter that follows the rank's own rows."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.teacher = nn.Parameter(torch.zeros(1), requires_grad=False)

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        self.teacher.copy_(batch.views[0].mean())
        return super().loss(batch, terms)


class PerRankExtra(Tiny):
    """An extra state of the rank's own; the attribute behind it may be lost."""

    not_saved = ("seen",)
    seen = 0.0

    def get_extra_state(self) -> float:
        return self.seen

    def set_extra_state(self, state: float) -> None:
        self.seen = state

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        self.seen = float(batch.views[0].mean())
        return super().loss(batch, terms)


class NameOfOneRank(Tiny):
    """A buffer that rank 0 alone registers, between two that all ranks have."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        for name in ("one", "queue", "two"):
            if name != "queue" or rank() == 0:
                self.register_buffer(name, torch.zeros(2))
        return super().loss(batch, terms)

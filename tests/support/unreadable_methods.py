"""Methods of a user's own whose checkpoint cannot be read back into a fresh one."""

import numpy as np
import torch
from stateful_methods import Counting, Stateful
from torch import nn

from interaction_probes.contrast.method import ModelConfig


class NumpyNumber(Counting):
    """Its extra state is a numpy scalar, which no safe reader takes."""

    def get_extra_state(self):
        return np.float64(self.steps)

    def set_extra_state(self, state) -> None:
        self.steps = int(state)


class Growing(Stateful):
    """A buffer that grows."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.register_buffer("queue", torch.ones(1))

    def weight(self) -> float:
        self.queue = torch.cat([self.queue, self.queue[-1:] + 1])
        return float(self.queue.sum())


class Late(Stateful):
    """A parameter that is made in the first step."""

    def weight(self) -> float:
        if not hasattr(self, "scale"):
            self.scale = nn.Parameter(torch.ones(3))
        return 1.0


class Forgetting(Counting):
    """Its extra state does not come back."""

    not_saved = ("steps",)

    def get_extra_state(self):
        return self.steps

    def set_extra_state(self, state) -> None:
        pass

"""Methods of a user's own that keep more than parameters, all of which a checkpoint holds."""

import random
from collections import deque

import numpy as np
import torch
from tiny_method import Tiny
from torch import Tensor, nn

from interaction_probes.contrast.method import Batch, ModelConfig


class Stateful(Tiny):
    """Its loss is weighed by a number that it keeps from step to step."""

    def weight(self) -> float:
        raise NotImplementedError

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        weight = self.weight()
        return {name: value * weight for name, value in super().loss(batch, terms).items()}


class Counting(Stateful):
    """A plain counter."""

    steps = 0

    def weight(self) -> float:
        self.steps += 1
        return 1 + self.steps


class Queueing(Stateful):
    """A list, a deque, an array, a tensor that is set anew, and a dict of all of these."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.losses = []
        self.queue = deque([1.0], maxlen=3)
        self.array = np.ones(2)
        self.tensor = torch.ones(1)
        self.all = {"queue": self.queue, 1: {"losses": self.losses}}

    def weight(self) -> float:
        self.losses.append(float(len(self.losses)))
        self.queue.append(self.queue[-1] + 0.5)  # seen through the dict, too
        self.array += 0.25
        self.tensor = torch.cat([self.tensor, self.tensor[-1:] + 1])
        kept = self.all[1]["losses"][-1] + self.all["queue"][0]
        return float(kept + self.array.sum() + self.tensor.sum())


class Drawing(Stateful):
    """Generators of torch, numpy and Python, one of them shared; and the global ones."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.torch_generator = torch.Generator().manual_seed(0)
        self.numpy_generator = np.random.default_rng(0)
        self.shared = {"the same": self.numpy_generator}
        self.legacy = np.random.RandomState(0)
        self.python = random.Random(0)
        self.offset = np.random.rand() + random.random()

    def weight(self) -> float:
        own = float(torch.rand((), generator=self.torch_generator)) + self.legacy.rand()
        own += self.numpy_generator.random() + self.shared["the same"].random()
        return own + self.python.random() + np.random.rand() + random.random() + self.offset


class Remembering(Stateful):
    """A buffer that is not persistent, a submodule's counter, a setting, and a frozen parameter."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.register_buffer("mean", torch.ones(2), persistent=False)
        self.dropout = nn.Dropout(0.1)
        self.warm_up = True

    def weight(self) -> float:
        self.mean.add_(0.5)
        self.dropout.p *= 0.9
        self.heads[0].bias.requires_grad_(False)
        self.encoders[0].calls = getattr(self.encoders[0], "calls", 0) + 1
        if hasattr(self, "warm_up"):
            del self.warm_up
            return 2.0
        return float(self.mean.sum()) + self.dropout.p + self.encoders[0].calls


class Entropy(Stateful):
    """It draws a number of its own when it is made, which no seed repeats."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.factor = 1 + np.random.default_rng().random()

    def weight(self) -> float:
        return self.factor


class OwnOptimizer(Stateful):
    """A critic with an optimiser of its own, whose state it saves itself."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.critic = nn.Linear(2, 1)
        self.optimizer = torch.optim.Adam(self.critic.parameters(), lr=0.1)

    def weight(self) -> float:
        self.optimizer.zero_grad()
        with torch.enable_grad():
            score = self.critic(torch.ones(1, 2)).square().sum()
            score.backward()
        self.optimizer.step()
        return 1 + float(score.detach())

    def get_extra_state(self):
        return self.optimizer.state_dict()

    def set_extra_state(self, state) -> None:
        self.optimizer.load_state_dict(state)

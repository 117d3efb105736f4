"""Methods of a user's own that keep more than parameters, each in another place."""

import random
from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from tiny_method import Tiny
from torch import Tensor, nn

from interaction_probes.contrast.distributed import gather, rank
from interaction_probes.contrast.method import Batch, ModelConfig

calls = 0
logger_like = object()


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


@dataclass
class Memory:
    """A class of the user's."""

    count: int = 0


class Unsavable(Stateful):
    """It counts in an object of its own class."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.memory = Memory()

    def weight(self) -> float:
        self.memory.count += 1
        return 1 + self.memory.count


class Excused(Unsavable):
    """It says that a run may lose it."""

    not_saved = ("memory",)


class Restoring(Unsavable):
    """It saves it itself."""

    def get_extra_state(self):
        return {"count": self.memory.count}

    def set_extra_state(self, state) -> None:
        self.memory.count = state["count"]


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


class Teacher(Stateful):
    """A network that it hides from its parameters in a list."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.teacher = [nn.Linear(1, 1)]

    def weight(self) -> float:
        with torch.no_grad():
            self.teacher[0].weight.add_(0.1)
        return 2.0


class Iterating(Stateful):
    """A generator of Python's."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.schedule = (1 + k for k in range(1000))

    def weight(self) -> float:
        return float(next(self.schedule))


class OfTheClass(Stateful):
    """It counts on the class."""

    steps = 0

    def weight(self) -> float:
        type(self).steps += 1
        return 1.0 + self.steps


class OfADefault(Stateful):
    """It counts in a default argument."""

    def weight(self, count: list[int] = [0]) -> float:  # noqa: B006
        count[0] += 1
        return 1.0 + count[0]


class OfAFunction(Stateful):
    """It counts on a function."""

    def weight(self) -> float:
        function = OfAFunction.weight
        function.steps = getattr(function, "steps", 0) + 1
        return 1.0 + function.steps


class Viewing(Stateful):
    """It reads its counter through a second tensor of the same memory."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.counts = torch.zeros(3)
        self.first = self.counts[:1]

    def weight(self) -> float:
        self.counts += 1
        return 1.0 + float(self.first[0])


class ArrayView(Viewing):
    """The same with arrays."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.counts = np.zeros(3)
        self.first = self.counts[:1]


class Alias(Stateful):
    """From the first step on it keeps the memory of a parameter."""

    alias: Tensor | None = None

    def weight(self) -> float:
        if self.alias is None:
            self.alias = next(self.parameters()).detach()
        return 1.0 + float(self.alias.abs().mean())


class Hooked(Stateful):
    """A hook holds the dict in which it counts."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.count = {"steps": 0}
        self.encoders[0].register_forward_hook(
            lambda module, given, out, count=self.count: out * (1 + 0.01 * count["steps"])
        )

    def weight(self) -> float:
        self.count["steps"] += 1
        return 1.0


class OfTheFile(Stateful):
    """It counts in its file."""

    def weight(self) -> float:
        global calls
        calls += 1
        return 1.0 + calls


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


class Constant(Stateful):
    """Plain attributes of many kinds that never change."""

    table = {"a": [1, 2]}  # noqa: RUF012

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.function = lambda value: value * 2
        self.method = self.constant
        self.memory = Memory(3)
        self.file = open(__file__)  # noqa: SIM115
        self.module_list = [self.heads[0], self.encoders]
        self.parameters_list = list(self.parameters())
        self.kind, self.array, self.none = Memory, np.ones(2), None
        self.mask = torch.triu(torch.ones(3, 3))

    def constant(self) -> float:
        return 1.0

    def weight(self) -> float:
        return self.function(self.method())


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

"""Methods of a user's own that keep what a checkpoint cannot hold.

It is refused, unless it never changes, may be lost, or the method saves it itself.
"""

from dataclasses import dataclass

import numpy as np
import torch
from stateful_methods import Stateful
from torch import Tensor, nn

from interaction_probes.contrast.method import ModelConfig

calls = 0
logger_like = object()


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

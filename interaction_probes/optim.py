"""How a method is optimised: AdamW, and the rate of a step."""

import inspect
import math

import torch
from torch import nn

from .config import OptimConfig


class AdamW(torch.optim.AdamW):
    """torch's AdamW without the wrapping that is there for torch.compile.

    Its methods import the compiler when they are first called, two seconds and 70 MB of every
    process; nothing is compiled here.
    """

    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


for _name in ("add_param_group", "load_state_dict", "state_dict", "zero_grad"):
    setattr(AdamW, _name, inspect.unwrap(getattr(torch.optim.AdamW, _name)))


def optimizer_for(method: nn.Module, config: OptimConfig) -> AdamW:
    """AdamW whose decay spares biases, norms and single vectors."""
    decayed = [p for p in method.parameters() if p.ndim > 1]
    spared = [p for p in method.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.lr, fused=True)


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """The rate of a step: linear warm-up, then constant or a half cosine to 0."""
    warmup = config.warmup * steps
    if step < warmup:
        return config.lr * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.lr
    progress = (step - warmup) / max(1, steps - warmup)
    return config.lr * 0.5 * (1 + math.cos(math.pi * progress))

"""Optimiser and learning-rate schedule."""

import math

from torch import nn

from interaction_probes.runtime.adamw import AdamW
from interaction_probes.settings.config import OptimConfig


def optimizer_for(method: nn.Module, config: OptimConfig) -> AdamW:
    """AdamW with weight decay on matrices and kernels only.

    Biases, parameters of normalisation layers and other vectors are not regularised.
    """
    decay = [p for p in method.parameters() if p.ndim > 1]
    no_decay = [p for p in method.parameters() if p.ndim <= 1]
    groups = [
        {"params": decay, "weight_decay": config.weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.lr, fused=True)


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """Learning rate of a step: linear warm-up, then constant or half a cosine down to 0.

    Args:
        config: peak rate, warm-up and schedule.
        step: index of the step in the whole training, from 0.
        steps: number of steps of the whole training.
    """
    warmup = config.warmup * steps
    if step < warmup:
        return config.lr * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.lr
    progress = (step - warmup) / max(1, steps - warmup)
    return config.lr * 0.5 * (1 + math.cos(math.pi * progress))

"""Optimiser and learning-rate schedule."""

import math
from typing import Any

from torch import nn

from interaction_probes.runtime.adamw import AdamW
from interaction_probes.settings.config import OptimConfig

from .muon import MuonAdamW

Optimizer = AdamW | MuonAdamW


def optimizer_for(method: nn.Module, config: OptimConfig) -> Optimizer:
    """The optimiser of a method, with weight decay on matrices and kernels only.

    Biases, parameters of normalisation layers and other vectors are not regularised.
    """
    if config.optimizer == "muon":
        return MuonAdamW([*method.parameters()], config.lr, config.weight_decay)
    decay = [p for p in method.parameters() if p.ndim > 1]
    no_decay = [p for p in method.parameters() if p.ndim <= 1]
    groups = [
        {"params": decay, "weight_decay": config.weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.lr, fused=True)


def load_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Load an optimiser's state, which is of these parameters.

    Raises:
        ValueError: it is of other parameters, or of another optimiser.
    """
    optimizer.load_state_dict(state)
    for parameter, kept in optimizer.state.items():
        for value in kept.values():
            # moments have their parameter's shape; AdamW's count of steps is a scalar
            if getattr(value, "ndim", 0) and value.shape != parameter.shape:
                raise ValueError("the optimiser's state has other shapes")


def set_learning_rate(optimizer: Optimizer, lr: float) -> None:
    """Set the rate of every group: its share of `lr`, where it has one."""
    for group in optimizer.param_groups:
        group["lr"] = group.get("lr_share", 1.0) * lr


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """Learning rate of a step: linear warm-up, then what the schedule says.

    Constant, half a cosine or a line to 0; or trapezoidal: constant until half of all steps are
    done, or until the end of a longer warm-up, and then a line to 0 (a linear cooldown, as
    studied by Hägele et al., *Scaling laws and compute-optimal training beyond fixed training
    durations*, NeurIPS 2024, arXiv 2405.18392).

    Args:
        config: peak rate, warm-up and schedule.
        step: index of the step in the phase of the training, from 0.
        steps: number of steps of the phase; of a method of one phase, of the whole training.
    """
    warmup = config.warmup * steps
    if step < warmup:
        return config.lr * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.lr
    if config.schedule == "trapezoidal":
        return config.lr * min(1.0, (steps - step) / (steps - max(warmup, steps / 2)))
    progress = (step - warmup) / max(1, steps - warmup)
    if config.schedule == "linear":
        return config.lr * (1 - progress)
    return config.lr * 0.5 * (1 + math.cos(math.pi * progress))

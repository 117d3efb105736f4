"""How a method is optimised: AdamW, and the rate of a step."""

import math

from torch import nn

from interaction_probes.runtime.adamw import AdamW
from interaction_probes.settings.config import OptimConfig


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

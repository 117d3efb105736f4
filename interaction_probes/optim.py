"""How a method is optimised: AdamW, the learning rate of a step, the precision."""

import math

import torch
from torch import nn

from .config import OptimConfig


def optimizer_for(method: nn.Module, config: OptimConfig) -> torch.optim.AdamW:
    """AdamW whose decay spares biases, norms and single vectors."""
    decayed = [p for p in method.parameters() if p.ndim > 1]
    spared = [p for p in method.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": spared, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, fused=True)


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """The rate of a step: linear warm-up, then constant or a half cosine to 0."""
    warmup = config.warmup * steps
    if step < warmup:
        return config.lr * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.lr
    progress = (step - warmup) / max(1, steps - warmup)
    return config.lr * 0.5 * (1 + math.cos(math.pi * progress))


def training_dtype(config: OptimConfig, device: torch.device) -> torch.dtype:
    """The type in which towers and views are computed: bfloat16 or float32.

    ``auto`` takes bfloat16 where the device multiplies matrices of it in hardware.
    """
    if config.precision == "auto":
        if device.type == "cuda":
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    else:
        fast = config.precision == "bf16"
    return torch.bfloat16 if fast else torch.float32


def autocast(dtype: torch.dtype, device: torch.device) -> torch.autocast:
    """The context in which a method runs in a type that :func:`training_dtype` gave."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)

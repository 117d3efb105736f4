"""How a method is optimised: AdamW, the rate of a step, the precision in training and in probes."""

import contextlib
import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from interaction_probes.contrast.method import Method

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
    """The context in which a method trains in a type that :func:`training_dtype` gave."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


@contextlib.contextmanager
def towers_in(dtype: torch.dtype, method: Method) -> Iterator[None]:
    """The context in which a method is probed: its towers run in a type, the rest in float32.

    What sets two images apart can be small beside what they share, before training above all:
    a fusion in bfloat16 rounds it away. The untrained floor of CoMM's model read R 53, U 38 so, and
    R 66, U 54 with float32 after the towers, whatever the towers ran in (quick preset, seed 0).
    """

    def within(forward: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        with autocast(dtype, images.device):
            features = forward(images)
        return features.to(torch.promote_types(features.dtype, torch.float32))

    towers = list(dict.fromkeys(method.encoders))  # modalities may share one
    for tower in towers:
        tower.forward = partial(within, tower.forward)
    try:
        yield
    finally:
        for tower in towers:
            del tower.forward  # the instance's own: its class's is back

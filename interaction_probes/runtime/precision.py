"""The type in which a method trains, and in which it is probed."""

import contextlib
import platform
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor

from interaction_probes.contrast.method import Method
from interaction_probes.settings.config import OptimConfig


def training_dtype(config: OptimConfig, device: torch.device) -> torch.dtype:
    """The type in which towers and views are computed: bfloat16 or float32.

    ``auto`` takes bfloat16 where the device multiplies matrices of it in hardware.
    """
    if config.precision == "auto":
        if device.type == "cuda":
            with torch.cuda.device(device):  # the cards of a machine can differ
                fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = device.type == "cpu" and _processor_multiplies_bfloat16()
    else:
        fast = config.precision == "bf16"
    return torch.bfloat16 if fast else torch.float32


def _processor_multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for it, as AVX512-BF16, AMX and recent Arm cores do.

    Of x86 processors oneDNN says yes to every AVX-512 one, and emulates bfloat16 on the older.
    """
    if platform.machine() in ("aarch64", "arm64"):
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def autocast(dtype: torch.dtype, device: torch.device) -> torch.autocast:
    """The context in which a method trains in a type that :func:`training_dtype` gave."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


#: What multiplies float32 in fewer bits by default, or where a user's module, or a variable of the
#: environment such as TORCH_ALLOW_TF32_CUBLAS_OVERRIDE, asks for it.
_MULTIPLIERS = attrgetter("cuda.matmul", "cudnn.conv", "mkldnn.matmul", "mkldnn.conv")(
    torch.backends
)


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """The context of a run and of its probes: no product rounds float32 to fewer bits.

    A GPU's convolutions are deterministic besides, which other kernels of a GPU need not be.
    """
    cudnn = torch.backends.cudnn
    settings: list[tuple[Any, str, Any]] = [
        (each, "fp32_precision", "ieee") for each in _MULTIPLIERS
    ]
    settings += [(cudnn, "enabled", True), (cudnn, "benchmark", False)]
    settings += [(cudnn, "deterministic", True)]
    before = [getattr(where, name) for where, name, _ in settings]
    for where, name, value in settings:
        setattr(where, name, value)
    try:
        yield
    finally:
        for (where, name, _), value in zip(settings, before, strict=True):
            setattr(where, name, value)


@contextlib.contextmanager
def autocast_towers(dtype: torch.dtype, method: Method) -> Iterator[None]:
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

"""Floating-point precision of training and probing: bfloat16 autocast, full float32."""

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
    """Data type of the encoders and the views during training: bfloat16 or float32.

    ``auto`` is bfloat16 if the device has hardware instructions for bfloat16 matrix products.
    """
    if config.precision == "auto":
        if device.type == "cuda":
            with torch.cuda.device(device):  # the GPUs of a machine can differ
                fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = device.type == "cpu" and _cpu_has_bf16_instructions()
    else:
        fast = config.precision == "bf16"
    return torch.bfloat16 if fast else torch.float32


def _cpu_has_bf16_instructions() -> bool:
    """Whether the CPU has bfloat16 instructions: AVX512-BF16, AMX or those of recent Arm cores.

    On x86, oneDNN's own check is true for every CPU with AVX-512, and older ones emulate bfloat16.
    """
    if platform.machine() in ("aarch64", "arm64"):
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def autocast(dtype: torch.dtype, device: torch.device) -> torch.autocast:
    """Autocast context of training, for a data type of :func:`training_dtype`."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


#: Back ends that may compute float32 products in TF32 or bfloat16: by default, or because a user's
#: module or an environment variable such as TORCH_ALLOW_TF32_CUBLAS_OVERRIDE enables it.
_FLOAT32_BACKENDS = attrgetter("cuda.matmul", "cudnn.conv", "mkldnn.matmul", "mkldnn.conv")(
    torch.backends
)


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Context of a run and its probes: float32 products in full precision, no TF32.

    It also makes cuDNN's convolutions deterministic; other GPU kernels may still not be.
    """
    cudnn = torch.backends.cudnn
    settings: list[tuple[Any, str, Any]] = [
        (backend, "fp32_precision", "ieee") for backend in _FLOAT32_BACKENDS
    ]
    settings += [(cudnn, "enabled", True), (cudnn, "benchmark", False)]
    settings += [(cudnn, "deterministic", True)]
    before = [getattr(backend, name) for backend, name, _ in settings]
    for backend, name, value in settings:
        setattr(backend, name, value)
    try:
        yield
    finally:
        for (backend, name, _), value in zip(settings, before, strict=True):
            setattr(backend, name, value)


@contextlib.contextmanager
def autocast_towers(dtype: torch.dtype, method: Method) -> Iterator[None]:
    """Context of probing: the encoders run in the given data type, all later layers in float32.

    The difference between two images can be small compared with what they have in common, above
    all before training, and a fusion in bfloat16 rounds it away. The untrained model of CoMM scored
    R 53, U 38 with a bfloat16 fusion, and R 66, U 54 with a float32 fusion, whatever the data type
    of the encoders (quick preset, seed 0).
    """

    def autocast_forward(forward: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        with autocast(dtype, images.device):
            features = forward(images)
        return features.to(torch.promote_types(features.dtype, torch.float32))

    encoders = list(dict.fromkeys(method.all_encoders()))  # modalities may share an encoder
    for encoder in encoders:
        encoder.forward = partial(autocast_forward, encoder.forward)
    try:
        yield
    finally:
        for encoder in encoders:
            del encoder.forward  # the instance attribute; the method of the class remains

"""The safetensors format: named tensors in one file that holds no code.

Eight bytes give the length of a JSON header (little-endian), which gives each tensor's type, shape
and place in the bytes that follow (https://github.com/huggingface/safetensors, "Format"). Any
reader of the format reads it. The package of that name writes metadata in random order; here equal
tensors and metadata are equal bytes.
"""

import json
import struct
from collections.abc import Mapping

import torch
from torch import Tensor

_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_ALIGNMENT = 8


def as_safetensors(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Tensors by name as the content of a .safetensors file.

    >>> content = as_safetensors({"bias": torch.zeros(3)}, {"made by": "hand"})
    >>> int.from_bytes(content[:8], "little"), len(content)
    (96, 116)

    Args:
        tensors: of any device and memory layout; those of wider types come first in the file, so
            that each lies at a multiple of its width.
        metadata: texts for the header.

    Raises:
        ValueError: a tensor of a type that the format lacks here.
    """
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    parts, end = [], 0
    for name, tensor in sorted(tensors.items(), key=lambda kv: (-kv[1].element_size(), kv[0])):
        if tensor.dtype not in _TYPES:
            raise ValueError(f"{name} is {tensor.dtype}, which safetensors files do not hold")
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        part = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        start, end = end, end + len(part)
        header[name] = {
            "dtype": _TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        parts.append(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])

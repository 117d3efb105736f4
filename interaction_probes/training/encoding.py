"""All samples of modalities as a method encodes them, for probes."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.combining import combined
from interaction_probes.contrast.method import Method
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.settings.config import OptimConfig

from .modalities import Modality, check_modalities, plain_inputs

#: Samples that an encoder reads at a time.
_IMAGES, _OTHERS = 200, 1_000


@torch.no_grad()
@full_float32()
def encode_modalities(
    method: Method,
    modalities: Sequence[Modality],
    config: OptimConfig,
    rows: np.ndarray | None = None,
) -> list[Tensor]:
    """What a method keeps of each sample in each modality: float32 [N, k] each.

    Args:
        method: the model, on its device, built for these modalities; it is put in eval mode.
        modalities: arrays of all samples, which may be memory maps.
        config: whose precision the encoders run in, as in training.
        rows: int64 [N], the samples to encode; all where none are given.

    Returns:
        Per modality, on the method's device; :func:`combine_modalities` makes representations of
        any subset of the modalities from them.

    Raises:
        ValueError: modalities that the method was not built for.
    """
    samples = check_modalities(method, modalities)
    rows = np.arange(samples) if rows is None else np.asarray(rows)
    device = next((p.device for p in method.parameters()), torch.device("cpu"))
    method.eval()
    with autocast_towers(training_dtype(config, device), method):
        return [
            torch.cat(
                [
                    method.encode(m, plain_inputs(method, m, modality, part).to(device)).float()
                    for part in _parts(rows, _IMAGES if modality.kind == "images" else _OTHERS)
                ]
            )
            for m, modality in enumerate(modalities)
        ]


@torch.no_grad()
@full_float32()
def combine_modalities(
    method: Method, encoded: Sequence[Tensor], present: Collection[int] | None = None
) -> np.ndarray:
    """Representations of samples from what :func:`encode_modalities` kept: float32 [N, d].

    Args:
        method: the model.
        encoded: [N, k] per modality.
        present: the mask, which is the set of modalities that the method is shown; None for all.

    Raises:
        NotImplementedError: a modality is absent, and the method needs all.
        ValueError: a mask of no or of unknown modalities, or a representation that is not [n, d].
    """
    known = range(len(encoded))
    shown = set(known if present is None else present)
    if not shown or not shown.issubset(known):
        raise ValueError(f"a mask is a set of modalities 0 to {len(encoded) - 1}, not {present!r}")
    method.eval()
    parts = [
        combined(method, [rows if m in shown else None for m, rows in enumerate(part)])
        for part in zip(*(rows.split(10_000) for rows in encoded), strict=True)
    ]
    return torch.cat(parts).float().cpu().numpy()


def _parts(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (rows[start : start + size] for start in range(0, len(rows), size))

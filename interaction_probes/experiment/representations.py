"""What a method makes of images and of pairs: encoded once per modality, combined once per pair."""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.runtime.threads import ThreadRunner
from interaction_probes.settings.config import RunConfig

#: Images that a tower reads at a time.
ENCODING_BATCH = 200
#: The modalities that are present in a whole pair.
BOTH = (True, True)


def pixels(images: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] → [n, 3, h, w]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
@full_float32()
def represent(
    method: Method,
    images: Tensor,
    index: np.ndarray,
    config: RunConfig,
    present: tuple[bool, bool] = BOTH,
) -> np.ndarray:
    """Representations of pairs, as the probes see them: float32 [n, d].

    Args:
        method: the model, on the images' device.
        images: uint8 [m, 3, h, w].
        index: int64 [n, 2], rows of the images.
        config: the run's.
        present: which of the modalities the method is shown.

    Raises:
        NotImplementedError: a modality is absent, and the method needs both.
    """
    method.eval()
    with autocast_towers(training_dtype(config.optim, images.device), method):
        encoded = encode_images(method, images, config)
    rows = torch.from_numpy(index).to(images.device)
    kept = [encoded[m][rows[:, m]] if present[m] else None for m in range(2)]
    features = method.combine(kept)
    return features.float().cpu().numpy()


def encode_images(method: Method, images: Tensor, config: RunConfig) -> list[Tensor]:
    """What has to be kept of each image in each modality: [m, k] each.

    Args:
        method: the model, on the images' device; its towers run in their own type
            (:func:`interaction_probes.runtime.precision.autocast_towers`).
        images: uint8 [m, 3, h, w].
        config: the run's.
    """
    parts = []
    with ThreadRunner(images.device) as company:
        for part in images.split(ENCODING_BATCH):
            view = eval_transform(part, config.probe_size)
            works = [partial(method.encode, modality, view) for modality in range(2)]
            parts.append([encoded.float() for encoded in company(works)])
    return [torch.cat(encoded) for encoded in zip(*parts, strict=True)]

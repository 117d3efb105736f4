"""What a method makes of images and samples: encoded per modality, combined once per sample."""

from collections.abc import Collection, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.combining import combined
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.runtime.threads import ThreadRunner
from interaction_probes.settings.config import RunConfig

#: Images that a tower reads at a time.
ENCODING_BATCH = 200


def image_only(modality: int) -> frozenset[int]:
    """The mask that shows one image and hides the others: 0 for image 1."""
    return frozenset({modality})


def pixels(images: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] → [n, 3, h, w]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
@full_float32()
def represent(
    method: Method,
    images: Tensor | np.ndarray,
    index: np.ndarray,
    config: RunConfig,
    present: Collection[int] | None = None,
) -> np.ndarray:
    """Representations of samples, as the probes see them: float32 [n, d].

    Args:
        method: the model.
        images: [m, 3, h, w] on the model's device, or an array [m, h, w, 3], as a dataset has them,
            uint8 or floats in 0..1; or vectors, [modalities, n, width].
        index: [n, modalities], rows of the images; not used of vectors, which are those of the
            samples.
        config: the run's, on images or on generated vectors.
        present: the mask, which is the set of modalities that the method is shown; None for all.

    Raises:
        NotImplementedError: a modality is absent, and the method needs all.
        ValueError: a mask that is no set of modalities, or samples of another number of them;
            images of other values; or a model of a run on a dataset.
    """
    if config.data.path:
        raise ValueError(
            "represent is for images and generated vectors, and this run is on a dataset: encode "
            "its modalities with encode_modalities and combine_modalities"
        )
    method.eval()
    index = np.ascontiguousarray(index)
    if isinstance(images, np.ndarray):
        device = next((each.device for each in method.parameters()), torch.device("cpu"))
        images = np.ascontiguousarray(images)  # torch takes no negative strides
        images = (pixels(images) if images.ndim == 4 else torch.from_numpy(images)).to(device)
    images = _of_known_range(images)
    with autocast_towers(training_dtype(config.optim, images.device), method):
        encoded = encode_inputs(method, images, config)
    features = combined(method, masked_samples(encoded, rows_of(images, index), present))
    return features.float().cpu().numpy()


def _of_known_range(inputs: Tensor) -> Tensor:
    """Images as they are; other floats as float32, which the encoders take.

    Raises:
        ValueError: images that are neither uint8 nor floats in 0..1.
    """
    if inputs.ndim == 4 and inputs.dtype != torch.uint8:
        if not inputs.is_floating_point():
            raise ValueError(f"images are uint8 or floats in 0..1, not {_dtype(inputs)}")
        if inputs.numel() and not (inputs.min() >= 0 and inputs.max() <= 1):  # nor nan
            least, most = inputs.min().item(), inputs.max().item()
            raise ValueError(
                f"images are uint8 or floats in 0..1, not {_dtype(inputs)} in "
                f"{least:g}..{most:g}: divide them by what they go up to, or make them uint8"
            )
    return inputs.float() if inputs.is_floating_point() or inputs.ndim == 3 else inputs


def _dtype(inputs: Tensor) -> str:
    return str(inputs.dtype).removeprefix("torch.")


def masked_samples(
    encoded: Sequence[Tensor], index: np.ndarray, present: Collection[int] | None = None
) -> list[Tensor | None]:
    """What a method combines: each sample's encoded images, None for a modality that is hidden.

    Args:
        encoded: per modality, what is kept of each image: [m, k] each.
        index: int64 [n, modalities], rows of the images.
        present: the mask, which is the set of modalities that are shown; None for all.

    Raises:
        ValueError: a mask that is no set of modalities, or samples of another number of them.
    """
    known = range(len(encoded))
    if index.shape[1] != len(encoded):
        raise ValueError(f"samples of {index.shape[1]} images for {len(encoded)} modalities")
    shown = known if present is None else present
    # True and False are whole numbers to Python: a flag per modality would pass for {0, 1}.
    if not shown or any(isinstance(m, bool) or m not in known for m in shown):
        raise ValueError(
            f"a mask is the set of modalities that are shown, of {{0, …, {len(encoded) - 1}}}, "
            f"not {present!r}"
        )
    rows = torch.from_numpy(index).to(encoded[0].device)
    return [part[rows[:, m]] if m in shown else None for m, part in enumerate(encoded)]


def encode_inputs(method: Method, inputs: Tensor, config: RunConfig) -> list[Tensor]:
    """What has to be kept of each image or vector in each modality: [m, k] each.

    Args:
        method: the model, on the device of the inputs.
        inputs: images, uint8 [m, 3, h, w], or vectors, float32 [modalities, m, width].
        config: the run's.
    """
    if inputs.ndim == 4:
        return encode_images(method, inputs, config)
    return [method.encode(m, vectors).float() for m, vectors in enumerate(inputs)]


def rows_of(inputs: Tensor, index: np.ndarray) -> np.ndarray:
    """Which inputs the samples consist of: int64 [n, modalities].

    Args:
        inputs: images or vectors, as of :func:`encode_inputs`.
        index: int64 [n, modalities], rows of the images. Samples of vectors do not share them: row
            k of every modality is that of sample k.
    """
    if inputs.ndim == 4:
        return index
    return np.arange(len(index))[:, None].repeat(index.shape[1], axis=1)


def encode_images(method: Method, images: Tensor, config: RunConfig) -> list[Tensor]:
    """What has to be kept of each image in each modality: [m, k] each.

    It is the mean over the views of the config: the sizes at which images are probed, mirrored or
    not.

    Args:
        method: the model, on the images' device; its towers run in their own type
            (:func:`interaction_probes.runtime.precision.autocast_towers`).
        images: uint8 [m, 3, h, w].
        config: the run's.
    """
    parts = []
    with ThreadRunner(images.device) as company:
        for part in images.split(ENCODING_BATCH):
            sizes = {size: eval_transform(part, size) for size in config.probe_sizes}
            views = [
                sizes[size].flip(-1) if mirrored else sizes[size]
                for size, mirrored in config.probe_views
            ]
            works = [
                partial(_mean_code, method, modality, views)
                for modality in range(method.modalities)
            ]
            parts.append(company(works))
    return [torch.cat(encoded) for encoded in zip(*parts, strict=True)]


def _mean_code(method: Method, modality: int, views: Sequence[Tensor]) -> Tensor:
    """What a method encodes of images, the mean over their views: float32 [n, k]."""
    first, *others = (method.encode(modality, view).float() for view in views)
    return first if not others else torch.stack([first, *others]).mean(0)

"""Augmented views of a batch of images: one draw of parameters per image, one pass of tensors.

The operations are torchvision's of the CoMM paper (random resized crop, colour jitter, grayscale,
Gaussian blur, flip, normalisation), rearranged by algebra so that they cost a few matrix products:

* Brightness, contrast, saturation, hue and grayscale are affine maps of a pixel's colour that
  commute with each other, so they compose to one 3 × 4 matrix per image, clamped once. Hue turns
  the chroma plane of YIQ, which keeps luma and hence commutes with the rest. One operation after
  another, as torchvision does, is in jitter.py.
* Crop, flip and resize come first, as in the paper's pipeline, so that the rest works on the view's
  pixels only. They and the blur are linear and separable (resampling.py).

Strengths are in config.py, drawing in draws.py, apart from applying, so that a test can apply
parameters of its own and compare.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .config import ViewConfig
from .draws import Draws, draw
from .jitter import LUMA, greyscale, jitter_in_order
from .resampling import blur, crop, resize

#: What images in [0, 1] are normalised by: ImageNet's statistics, as in the paper's pipeline.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
#: RGB to YIQ (NTSC), and the quarter turn of its chroma plane in RGB coordinates.
_TO_YIQ = np.array([LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])
_CHROMA_TURN = np.linalg.solve(
    _TO_YIQ, np.array([(0, 0, 0), (0, 0, -1), (0, 1, 0)]) @ _TO_YIQ
).astype(np.float32)
#: Per channel, where 0 and 1 go when they are normalised.
_RANGES = [(-mean / scale, (1 - mean) / scale) for mean, scale in zip(MEAN, STD, strict=True)]
_CACHE = 1 << 23  # bytes of pixels that are worked on together


def apply(images: Tensor, draws: Draws, size: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Apply drawn parameters to a batch.

    Args:
        images: [n, 3, h, w], uint8 in 0..255 or floating point in [0, 1].
        draws: parameters for the n images, on the CPU.
        size: height and width of the views in pixels.
        dtype: of the arithmetic on pixels. bfloat16 holds 0..255 exactly and weights to 0.4 %.

    Returns:
        Normalised views [n, 3, size, size] of that type.

    Raises:
        ValueError: images of another shape or type, or a number of draws that is not n.
    """
    _check(images)
    n = len(images)
    if len(draws.top) != n:
        raise ValueError(f"{n} images need {n} draws, not {len(draws.top)}")
    device = images.device
    # Branch on the CPU copies of the parameters: reading the moved ones would wait for the GPU.
    moved = {name: value.to(device, non_blocking=True) for name, value in draws.tensors().items()}
    view = crop(images, moved, size, dtype).flatten(2)
    largest = 255 if images.dtype == torch.uint8 else 1
    if draws.order is None or draws.grey is None:
        view = _composed(view, moved, size, largest)
    else:
        view = _one_by_one(view, moved, draws.order, draws.grey, largest)
    views = view.view(n, 3, size, size)
    blurred = torch.nonzero(draws.sigma)[:, 0]
    if len(blurred):
        rows = blurred.to(device, non_blocking=True)
        views[rows] = blur(views[rows], draws.sigma[blurred])
    return views


def _composed(view: Tensor, moved: dict[str, Tensor], size: int, largest: int) -> Tensor:
    """Jittered and normalised pixels [n, 3, size²] from 0 to `largest`, by a matrix per image."""
    # Contrast blends with the mean luma of the crop; line by line it is summed twice as fast.
    lines = view.unflatten(2, (size, size)).sum(2)
    matrix, offset = _colour_matrix(moved, lines.sum(2, dtype=torch.float32) / size**2)
    matrix, offset = matrix / largest, offset / largest
    # What clamps colours to [0, 1] clamps normalised ones to where 0 and 1 go.
    mean, scale = _statistics(view.device)
    matrix = (matrix / scale[:, None]).to(view.dtype)
    shift = ((offset[:, None] - mean) / scale).to(view.dtype)[:, :, None]
    view = torch.baddbmm(shift, matrix, view)
    for channel, (low, high) in enumerate(_RANGES):  # a clamp with tensors is 4 times slower
        view[:, channel].clamp_(low, high)
    return view


def _one_by_one(
    view: Tensor, moved: dict[str, Tensor], order: Tensor, grey: Tensor, largest: int
) -> Tensor:
    """The same, by one operation after another; in float32, since hues are of differences."""
    pixels = jitter_in_order(view.float() / largest, moved, order)
    rows = torch.nonzero(grey)[:, 0].to(view.device, non_blocking=True)
    pixels[rows] = greyscale(pixels[rows]).expand(-1, 3, -1)
    mean, scale = _statistics(view.device)
    return pixels.sub_(mean[:, None]).div_(scale[:, None]).to(view.dtype)


def augment(
    images: Tensor,
    config: ViewConfig,
    generator: torch.Generator,
    size: int,
    dtype: torch.dtype = torch.float32,
    whole: int | None = None,
    rows: slice | Tensor = slice(None),
) -> Tensor:
    """One augmented view of each image: :func:`draw`, then :func:`apply`.

    Args:
        images: [n, 3, h, w], uint8 in 0..255 or floating point in [0, 1].
        config: strengths of the augmentation.
        generator: on the CPU.
        size: height and width of the views in pixels.
        dtype: of the arithmetic on pixels.
        whole: images of the batch that these are a part of; it is drawn for all of them, so that
            an image gets the same view in every division of the batch.
        rows: which of the whole batch these are.

    Returns:
        Normalised views [n, 3, size, size], channels last in memory.

    Raises:
        ValueError: images that are not [n, 3, h, w], uint8 or floating point.
    """
    _check(images)
    n, _, height, width = images.shape
    draws = draw(config, n if whole is None else whole, height, width, generator).part(rows)
    # Channels last is what convolutions read fastest. On a CPU the views are made in portions
    # that stay in a core's cache through all of the passes.
    made = torch.empty(n, size, size, 3, dtype=dtype, device=images.device)
    on_cpu = images.device.type == "cpu"
    portion = max(1, _CACHE // (3 * height * width * dtype.itemsize)) if on_cpu else n
    for start in range(0, n, portion):
        part = slice(start, start + portion)
        view = apply(images[part], draws.part(part), size, dtype)
        torch.stack(view.unbind(1), 3, out=made[part])  # faster than a copy of the whole
    return made.permute(0, 3, 1, 2)


def eval_transform(images: Tensor, size: int) -> Tensor:
    """The deterministic view: the whole image, resized where it has another size, normalised.

    Args:
        images: [n, 3, h, w], uint8 in 0..255 or floating point in [0, 1].
        size: height and width of the views in pixels.

    Returns:
        float32 [n, 3, size, size].

    Raises:
        ValueError: images that are not [n, 3, h, w], uint8 or floating point.
    """
    _check(images)
    mean, scale = _statistics(images.device)
    largest = 255 if images.dtype == torch.uint8 else 1
    # Before the images grow: what resizes sums to 1, so both orders give the same.
    shown = images.float().sub(largest * mean[:, None, None]).div_(largest * scale[:, None, None])
    return shown if images.shape[2:] == (size, size) else resize(shown, size)


def _check(images: Tensor) -> None:
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"images are [n, 3, h, w], not {[*images.shape]}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise ValueError(f"images are uint8 or floating point, not {images.dtype}")


def _statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    return _constant(MEAN, device), _constant(STD, device)


def _constant(values: npt.ArrayLike, device: torch.device) -> Tensor:
    """Numbers on a device, copied without waiting for it."""
    return torch.tensor(values, dtype=torch.float32).to(device, non_blocking=True)


def _colour_matrix(drawn: dict[str, Tensor], mean_colour: Tensor) -> tuple[Tensor, Tensor]:
    """The composed jitter: matrices [n, 3, 3] and offsets [n], the same for each channel."""
    luma = _constant(LUMA, mean_colour.device)
    grey = luma.expand(3, 3)
    identity = torch.eye(3, device=luma.device)
    cos, sin = torch.cos(drawn["hue"]), torch.sin(drawn["hue"])
    chroma = (drawn["saturation"] * cos)[:, None, None] * (identity - grey)
    turn = _constant(_CHROMA_TURN, luma.device)
    chroma = chroma + (drawn["saturation"] * sin)[:, None, None] * turn
    gain = (drawn["brightness"] * drawn["contrast"])[:, None, None]
    offset = (1 - drawn["contrast"]) * drawn["brightness"] * (mean_colour @ luma)
    return gain * (grey + chroma), offset

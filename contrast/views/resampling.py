"""Linear maps of pixels, one per image of a batch: crop, flip and resize; Gaussian blur.

All are separable: one matrix acts on the columns, one on the rows. How they are multiplied follows
what they hold. A crop that is not shrunk mixes two pixels on either axis, so in float32 it is
sampled; where it shrinks, and in bfloat16, which is multiplied fast and not sampled so, it is two
full products. A blur is a band: in large views its product is taken block by block.
"""

import math
from collections.abc import Mapping
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

#: Pixels of a blurred line that are made together.
_BLOCK = 32
#: Bytes of the matrices of all crops that are kept.
_TABLE = 1 << 25
#: Widths of a Gaussian beyond which it is under 1e-8 of its peak: less than float32 tells of 1.
_REACH = 6.1


def crop(
    pixels: Tensor, drawn: Mapping[str, Tensor], size: int, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Crop each image, mirror it where drawn, and resize it: bilinear, antialiased if it shrinks.

    Args:
        pixels: [n, 3, h, w].
        drawn: top, left, height, width and flip of each crop: [n], in pixels of the image.
        size: height and width of the result.
        dtype: of the result and of the arithmetic, floating point.

    Returns:
        [n, 3, size, size].
    """
    n, _, height, width = pixels.shape
    down, along = (drawn["top"], drawn["height"]), (drawn["left"], drawn["width"])
    flip = drawn["flip"]
    if max(height, width) <= size and dtype == torch.float32:
        x, y = (
            centre[:, :, 0] * (2 / source) - 1
            for centre, source in (
                (_centres(*along, size, flip), width),
                (_centres(*down, size), height),
            )
        )
        grid = torch.empty(n, size, size, 2, device=pixels.device)
        grid[..., 0], grid[..., 1] = x[:, None, :], y[:, :, None]
        return grid_sample(pixels.to(dtype), grid, padding_mode="border", align_corners=False)
    rows = _crop_matrices(*down, height, size, dtype, torch.zeros_like(flip))
    columns = _crop_matrices(*along, width, size, dtype, flip)
    # The channels of a line side by side, so that one product per image mixes the lines of all.
    lines = torch.empty(n, height, 3, width, dtype=dtype, device=pixels.device)
    lines.copy_(pixels.transpose(1, 2))
    across = torch.bmm(lines.view(n, 3 * height, width), columns.mT)
    whole = torch.bmm(rows, across.view(n, height, 3 * size))
    return whole.view(n, size, 3, size).transpose(1, 2)


def resize(pixels: Tensor, size: int) -> Tensor:
    """The whole images [n, 3, h, w] at another size: [n, 3, size, size], antialiased.

    Images that do not shrink need no antialiasing. PyTorch enlarges them fastest channels last,
    which is what convolutions read fastest too.
    """
    shrinks = max(pixels.shape[2:]) > size
    order = torch.contiguous_format if shrinks else torch.channels_last
    return interpolate(
        pixels.contiguous(memory_format=order),
        (size, size),
        mode="bilinear",
        align_corners=False,
        antialias=shrinks,
    )


def blur(views: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur with reflected borders.

    Args:
        views: [n, 3, size, size].
        sigma: width of each Gaussian in pixels: [n], positive; on the CPU, so that a GPU need not
            be waited for to know how far they reach.
    """
    n, _, size, _ = views.shape
    reach = math.ceil(_REACH * float(sigma.max()))
    sigma = sigma.to(views.device, non_blocking=True)
    whole = _BLOCK + 2 * reach
    if size < 2 * whole or views.is_cuda:  # blocks would spare little; a GPU likes few products
        kernel = _gaussians(sigma, size, reach).to(views.dtype)
        along = torch.bmm(views.reshape(n, 3 * size, size), kernel.mT).view(n, 3, size, size)
        lines = along.transpose(1, 2).reshape(n, size, 3 * size)
        return torch.bmm(kernel, lines).view(n, size, 3, size).transpose(1, 2)
    # Away from the ends every pixel is blurred alike, so that a short line's kernel has all blocks.
    kernel = _gaussians(sigma, whole, reach).to(views.dtype)
    across, blurred = torch.empty_like(views), torch.empty_like(views)
    blocks = []
    for start in range(0, size, _BLOCK):
        end = min(start + _BLOCK, size)
        low, high = max(0, start - reach), min(size, end + reach)
        shift = whole - size if high == size else -low
        block = kernel[:, start + shift : end + shift, low + shift : high + shift]
        blocks.append((slice(start, end), slice(low, high), block))
    for made, read, block in blocks:
        lines = views[..., read].reshape(n, 3 * size, -1)
        across[..., made] = torch.bmm(lines, block.mT).view(n, 3, size, -1)
    for made, read, block in blocks:
        blurred[:, :, made] = block[:, None] @ across[:, :, read]
    return blurred


def _centres(start: Tensor, extent: Tensor, size: int, mirror: Tensor | None = None) -> Tensor:
    """Where the pixels of a crop that is resized to `size` have their centres: [n, size, 1].

    In pixels of the image, whose first one has its centre at 1/2; reversed where `mirror` is true.
    A crop that does not shrink is continued by its border pixels.
    """
    start, extent = start[:, None, None], extent[:, None, None]
    target = (torch.arange(size, device=start.device) + 0.5)[:, None]
    if mirror is not None:
        target = torch.where(mirror[:, None, None], size - target, target)
    centre = start + target * (extent / size)
    within = centre.clamp(start + 0.5, start + extent - 0.5)
    return torch.where(extent <= size, within, centre)


def _weights(
    centre: Tensor, start: Tensor, extent: Tensor, source: int, size: int, dtype: torch.dtype
) -> Tensor:
    """Bilinear weights of an image's pixels in the pixels around given centres.

    Those of a crop that shrinks are widened by its scale, which is antialiasing, and end with it.

    Args:
        centre: [n, size, 1].
        start: first pixel of each crop: [n].
        extent: pixels of each crop: [n].
        source: pixels of the image.
        size: pixels of the result.
        dtype: of the weights.

    Returns:
        Matrices [n, size, source] whose rows sum to 1.
    """
    if source <= size:
        # The pixels before and behind a centre, by their places in all matrices one after another.
        before = (centre - 0.5).floor()
        share = (centre - 0.5 - before).to(dtype)
        weight = share.new_zeros(*share.shape[:2], source)
        line = torch.arange(0, weight.numel(), source, device=start.device)
        place = line + before.flatten().long()
        # One that would lie behind the image weighs 0 and falls on the first pixel of the next
        # line, which is written after it.
        weight.put_((place + 1).clamp_(max=weight.numel() - 1), share.flatten())
        return weight.put_(place, 1 - share.flatten())
    start, extent = start[:, None, None], extent[:, None, None]
    position = torch.arange(source, device=start.device) + 0.5
    weight = (position - centre).abs_().div_(-(extent / size).clamp(min=1)).add_(1).clamp_(min=0)
    weight *= (position > start) & (position < start + extent)
    return weight.div_(weight.sum(2, keepdim=True)).to(dtype)


def _crop_matrices(
    start: Tensor, extent: Tensor, source: int, size: int, dtype: torch.dtype, mirror: Tensor
) -> Tensor:
    """The matrices [n, size, source] that crop, mirror and resize one axis of n images.

    Of small images there are few, so a CPU keeps them: 128 of them, from 64 to 48 pixels, take .05
    ms so and .35 ms to compute (AMD EPYC, one thread).
    """
    small = source * (source + 1) * size * source * dtype.itemsize <= _TABLE
    on_cpu = start.device.type == "cpu"
    if not (small and on_cpu and _are_whole_crops(start, extent, source)):
        return _weights(_centres(start, extent, size, mirror), start, extent, source, size, dtype)
    first = extent.long() - 1  # crops of less extent come before: source of extent 1, and so on
    before = first * source - first * (first - 1) // 2
    place = before + start.long() + mirror.long() * (source * (source + 1) // 2)
    return _every_crop(source, size, dtype).index_select(0, place)


def _are_whole_crops(start: Tensor, extent: Tensor, source: int) -> bool:
    """Whether all crops are of whole pixels of the image."""
    end = start + extent
    within = (start >= 0) & (extent >= 1) & (end <= source)
    return bool((within & (start == start.floor()) & (end == end.floor())).all())


@lru_cache(maxsize=4)
def _every_crop(source: int, size: int, dtype: torch.dtype) -> Tensor:
    """The matrices of all crops of one axis in whole pixels, then those that are mirrored too."""
    parts = []
    for mirrored in (False, True):
        for extent in range(1, source + 1):
            start = torch.arange(source - extent + 1, dtype=torch.float32, device="cpu")
            extents = torch.full_like(start, extent)
            centre = _centres(start, extents, size, torch.full_like(start, mirrored).bool())
            parts.append(_weights(centre, start, extents, source, size, dtype))
    return torch.cat(parts)


def _gaussians(sigma: Tensor, size: int, reach: int) -> Tensor:
    """Gaussian blur along one axis with reflected borders: [n, size, size], rows sum to 1.

    The line is mirrored once at each end, which is exact for blurs narrower than the view, and as
    far from it as they reach.
    """
    offset = torch.arange(2 * size - 1, device=sigma.device).float()
    # Far below the least float32 the exponential would be slow and is 0 all the same.
    exponent = (-(offset**2) / (2 * sigma[:, None] ** 2)).clamp(min=-80)
    gauss = torch.where(exponent > -80, exponent.exp(), 0.0)  # [n, 2·size − 1], by distance
    # Windows of a line are the rows of these matrices: nothing is gathered.
    line = torch.cat([gauss[:, 1:size].flip(1), gauss[:, :size]], 1)
    kernel = line.unfold(1, size, 1).flip(1).clone()  # by |i − j|
    # Mirror images; a border pixel is not repeated, so it has none in its own mirror.
    near = min(size, reach + 1)
    mirror = gauss.unfold(1, size, 1)[:, :near, 1:near]  # by i + j
    kernel[:, :near, 1:near] += mirror
    kernel[:, -near:, -near:-1] += mirror.flip(1, 2)
    return kernel / kernel.sum(2, keepdim=True)

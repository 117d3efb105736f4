"""What a patch stem begins with in place of random filters: a basis of patches, coarse to fine."""

import math

import torch
from torch import Tensor, nn

#: Directions of colour along which the colours of images vary most, next, and least, nearly
#: uncorrelated: Ohta, Kanade and Sakai, *Color information for region segmentation*, 1980.
_COLOURS = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (-1.0, 2.0, -1.0))
#: How many frequencies later a filter of the second or third colour comes.
_CHROMA = 2


def cosine_filters(number: int, patch: int) -> Tensor:
    """The first filters of a cosine basis of patches, each followed by its negative.

    A filter is a function of the two-dimensional discrete cosine transform (DCT-II, orthonormal),
    of frequencies u down and v across, times a direction of colour. The coarsest come first, and
    chroma as late as luma of two frequencies more. Their size grows with the frequency, to
    (1 + u + v) / 2: in images fine structure is weaker than coarse, about in inverse proportion,
    so that this nearly whitens what they respond. A ReLU keeps half of a response, and the negative
    filter has the other half.

    >>> cosine_filters(32, 4).shape
    torch.Size([32, 3, 4, 4])

    Args:
        number: of filters; one of an odd number has no negative.
        patch: height and width of a patch in pixels.

    Returns:
        [n, 3, patch, patch], where n is the number, or that of all, 6 · patch², if it is less.
    """
    places = torch.arange(patch, dtype=torch.float64)[None]
    frequencies = torch.arange(patch, dtype=torch.float64)[:, None]
    waves = torch.cos(math.pi * (2 * places + 1) * frequencies / (2 * patch))
    waves = waves / waves.norm(dim=1, keepdim=True)
    colours = torch.tensor(_COLOURS, dtype=torch.float64)
    colours = colours / colours.norm(dim=1, keepdim=True)
    order = sorted(
        (u + v + _CHROMA * (colour > 0), u, v, colour)
        for u in range(patch)
        for v in range(patch)
        for colour in range(len(_COLOURS))
    )
    filters = []
    for _, u, v, colour in order[: (number + 1) // 2]:
        plane = torch.outer(waves[u], waves[v]) * (1 + u + v) / 2
        one = colours[colour][:, None, None] * plane
        filters += [one, -one]
    return torch.stack(filters[:number]).float()


@torch.no_grad()
def begin_with_cosines(stem: nn.Conv2d) -> nn.Conv2d:
    """Set the filters of a patch stem to :func:`cosine_filters`, and its biases to 0.

    Filters beyond the basis stay as they are.

    Args:
        stem: with 3 input channels and square filters; changed in place, and returned.
    """
    filters = cosine_filters(stem.out_channels, stem.kernel_size[0])
    stem.weight[: len(filters)] = filters.to(stem.weight)
    if stem.bias is not None:
        stem.bias[: len(filters)] = 0
    return stem

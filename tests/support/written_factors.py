"""Images whose factors stand in their pixels, and what reads them off again."""

import torch
from torch import Tensor

from interaction_probes.contrast.views.augment import MEAN, STD
from trifeature import FactorCounts, ImageSet
from trifeature.images.factors import combinations


def written_in_pixels(renders: int, counts: FactorCounts) -> ImageSet:
    """Images of all combinations, whose three channels say shape, texture and colour."""
    factors = combinations(counts).repeat(renders, axis=0)
    images = (20 * factors).astype("uint8")[:, None, None, :].repeat(4, 1).repeat(4, 2)
    return ImageSet(images, factors)


def read_off(views: Tensor) -> Tensor:
    """The factors of normalised images: [n, 3]."""
    scaled = views.mean((2, 3)) * torch.tensor(STD) + torch.tensor(MEAN)
    return (scaled * 255 / 20).round().long()

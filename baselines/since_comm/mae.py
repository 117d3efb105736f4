"""MAE across modalities: a masked image is predicted from what is left of it and from the others.

Source: He et al., *Masked autoencoders are scalable vision learners*, CVPR 2022, arXiv 2111.06377,
for the masking; across modalities it is the MAE of InfMasking's tables, NeurIPS 2025, arXiv
2509.25270.
"""

import math
from collections.abc import Collection, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.baselines.late_fusion import LateFusion
from interaction_probes.contrast.distributed import local_shard, world_size
from interaction_probes.contrast.encoders.inputs import KindName
from interaction_probes.contrast.method import Batch, ModelConfig


def mae_loss(predicted: Tensor, images: Tensor, masked: Tensor) -> Tensor:
    """Mean squared error on the masked pixels: the mean over images of the mean over an image's.

    Source: He et al., CVPR 2022, arXiv 2111.06377.

    Args:
        predicted: [N, c, h, w], floating point.
        images: [N, c, h, w], what was to be predicted.
        masked: [N, 1, h, w], boolean: True at the pixels that were hidden, one at least per image.

    Returns:
        A scalar, in the squared unit of the images, in float32 or finer.

    Raises:
        ValueError: shapes that do not fit, predictions that are not floating point, a mask that is
            not boolean, or, on a CPU, one that hides no pixel of an image.
    """
    if images.ndim != 4 or predicted.shape != images.shape or not len(images):
        raise ValueError(
            f"predictions and images are [N, c, h, w], not {[*predicted.shape]} and "
            f"{[*images.shape]}"
        )
    if masked.dtype != torch.bool or masked.shape != (len(images), 1, *images.shape[2:]):
        raise ValueError(
            f"a mask is boolean, [N, 1, h, w], not {masked.dtype} and {[*masked.shape]}"
        )
    if not predicted.is_floating_point():
        raise ValueError(f"predictions are of floating point, not {predicted.dtype}")
    # a GPU would have to wait for the answer, and a captured step cannot
    if masked.device.type == "cpu" and not masked.flatten(1).any(1).all():
        raise ValueError("a mask hides one pixel of each image or more, and of one it hides none")
    fine = torch.promote_types(predicted.dtype, torch.float32)
    squared = (predicted.to(fine) - images.to(fine)).square() * masked
    hidden = masked.flatten(1).sum(1) * images.shape[1]
    return (squared.flatten(1).sum(1) / hidden).mean()


class Decoder(nn.Module):
    """Codes [n, k] → images [n, 3, size, size]: a coarse map, two convolutions, pixels per cell.

    Args:
        inputs: k.
        shape: (channels, height, width) of the coarse map.
        size: side of the images.
    """

    def __init__(self, inputs: int, shape: tuple[int, int, int], size: int) -> None:
        super().__init__()
        channels, height, width = shape
        self.size = size
        side = math.ceil(size / min(height, width))  # pixels of a cell; what is over is cut off
        self.layers = nn.Sequential(
            nn.Linear(inputs, math.prod(shape)),
            nn.Unflatten(1, shape),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, 3 * side**2, 1),
            nn.PixelShuffle(side),
        )

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.layers(codes)[:, :, : self.size, : self.size]
        return images


class MAE(LateFusion):
    """Masked pixels of an image, predicted from the rest of it and from the other images whole.

    One term, ``reconstruction``: :func:`mae_loss`, the mean over the modalities. The decoder of a
    modality reads e_m of its masked view, and e_k of the unmasked views of all others. A view is
    masked in ¾ of 8 × 8 cells, drawn for each image; a learnt colour replaces their pixels. There
    is one view per image, with the run's own augmentation; a tower encodes it twice, masked and
    whole. BatchNorm's statistics are of both together, and a probe reads whole images: towers
    without it (``--model.encoder.norm none``) have no such gap.

    No released code says how the published MAE was built. Cells, share, learnt colour and decoder
    are this project's choice, not tuned; the share is that of He et al.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.

    Raises:
        ValueError: fewer than two modalities, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"reconstruction": 1.0}
    sees: ClassVar[Mapping[str, str]] = {
        "reconstruction": "each image masked, with all others whole"
    }
    n_views: ClassVar[int] = 1
    paper = "MAE, CVPR 2022, arXiv 2111.06377"
    min_modalities: ClassVar[int] = 2
    kinds: ClassVar[tuple[KindName, ...]] = ("images",)
    places: ClassVar[Mapping[str, str]] = {"encoder": "encoder outputs, concatenated"}
    ignores: ClassVar[tuple[str, ...]] = (
        *LateFusion.ignores,
        "model.temperature",
        "model.projection",
    )
    #: cells along a side of a view, each masked or not.
    cells: ClassVar[int] = 8
    #: the share of the cells that is masked.
    ratio: ClassVar[float] = 0.75

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        # One vector each: what decays and what Muon takes for a matrix has two dimensions.
        self.mask_colours = nn.ParameterList(torch.zeros(3) for _ in range(modalities))
        self.decoders = nn.ModuleList(
            Decoder(modalities * self.width, shape, config.size) for shape in self.feature_shapes
        )

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        masks, parts, wholes = [], [], []
        for m, [images] in enumerate(batch.views):
            masked = self.draw_mask(len(images), batch.generator).to(images.device)
            colour = self.mask_colours[m].view(3, 1, 1).to(images.dtype)
            both = torch.cat([torch.where(masked, colour, images), images])
            part, whole = self.embed(m, both).chunk(2)
            masks.append(masked)
            parts.append(part)
            wholes.append(whole)
        values = []
        for m, ([images], masked) in enumerate(zip(batch.views, masks, strict=True)):
            codes = [*wholes[:m], parts[m], *wholes[m + 1 :]]
            values.append(mae_loss(self.decoders[m](torch.cat(codes, dim=1)), images, masked))
        return {"reconstruction": torch.stack(values).mean()}

    def draw_mask(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """True at the pixels that are hidden: boolean [n, 1, size, size].

        Args:
            n: images of this process.
            generator: on the CPU; draws the masks of the whole batch where processes share it.
        """
        batch = n * world_size()
        order = torch.rand(batch, self.cells**2, generator=generator).argsort(1)
        hidden = order < round(self.ratio * self.cells**2)
        cells = hidden[local_shard(batch)].view(n, 1, self.cells, self.cells)
        size = self.config.size
        return F.interpolate(cells.float(), (size, size), mode="nearest").bool()

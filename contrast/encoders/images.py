"""The towers that turn an image of one modality into a feature map."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from torch import nn

from .cosine_stem import begin_with_cosines
from .stem_gradient import without_barriers
from .trimmed import TrimmedSequential

TowerName = Literal["alexnet", "compact"]
NormName = Literal["batch", "none"]
StemName = Literal["random", "cosine"]


@dataclass(frozen=True)
class EncoderConfig:
    """Which tower, and how large.

    Attributes:
        name: alexnet, the paper's feature stack, or compact, a small residual-free stack for small
            images.
        patch: compact only: side of the non-overlapping patches that the stem reads.
        widths: compact only: channels of the stem and of every block after it.
        pools: compact only: side and stride of the max-pool in each of those blocks (1: none), one
            fewer than the widths.
        norm: compact only: batch for BatchNorm, or none, as in AlexNet.
        stem: compact only: the stem's initial filters, random or the cosine basis of patches.
        kernels: compact only: side of the kernels of each of those blocks; none given: 3 in all of
            them. All 3 is kept as none given.

    Raises:
        ValueError: an unknown tower, norm or stem, sizes under 1, or lists of lengths that do not
            match.
    """

    name: TowerName = "compact"
    patch: int = 4
    widths: tuple[int, ...] = (64, 128, 128)
    pools: tuple[int, ...] = (2, 1)
    norm: NormName = field(default="batch", metadata={"added_with_default": "batch"})
    stem: StemName = field(default="random", metadata={"added_with_default": "random"})
    kernels: tuple[int, ...] = field(default=(), metadata={"added_with_default": ()})

    def __post_init__(self) -> None:
        if self.name not in get_args(TowerName):
            raise ValueError(f"no tower {self.name!r}; there are {', '.join(get_args(TowerName))}")
        if self.norm not in get_args(NormName):
            raise ValueError(f"no norm {self.norm!r}; there are {', '.join(get_args(NormName))}")
        if self.stem not in get_args(StemName):
            raise ValueError(f"no stem {self.stem!r}; there are {', '.join(get_args(StemName))}")
        sizes = (self.patch, *self.widths, *self.pools, *self.kernels)
        if any(value < 1 for value in sizes):
            raise ValueError("the patch, widths, pools and kernels of a tower are 1 or more")
        if len(self.widths) != len(self.pools) + 1:
            raise ValueError(
                f"the compact tower has a stem and one block per pool: {len(self.pools)} "
                f"pools need {len(self.pools) + 1} widths, not {len(self.widths)}"
            )
        if self.kernels and len(self.kernels) != len(self.pools):
            raise ValueError(
                f"the compact tower has one block per pool: {len(self.pools)} pools take "
                f"{len(self.pools)} kernels, or none for sides of 3, not {len(self.kernels)}"
            )
        if {*self.kernels} == {3}:  # one tower has one config, and so one name of a run
            object.__setattr__(self, "kernels", ())


def alexnet() -> nn.Sequential:
    """AlexNet's five convolutions: [n, 3, 224, 224] → [n, 256, 6, 6].

    Source: Krizhevsky, *One weird trick for parallelizing convolutional neural networks*, 2014;
    initialised as PyTorch initialises convolutions, like the paper's. A ReLU that goes with a
    max-pool stands behind it, where there are a quarter of the positions: the greatest of a window
    is the same before and after, and so are the gradients, to the bit.
    """
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2),
        nn.MaxPool2d(3, stride=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(64, 192, 5, padding=2),
        nn.MaxPool2d(3, stride=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.MaxPool2d(3, stride=2),
        nn.ReLU(inplace=True),
    )


def compact(
    patch: int,
    widths: Sequence[int],
    pools: Sequence[int],
    norm: NormName = "batch",
    stem: StemName = "random",
    kernels: Sequence[int] = (),
) -> nn.Sequential:
    """A patch stem and blocks, each with BatchNorm and ReLU: [n, 3, h, w] → [n, c, h', w'].

    A block convolves with kernels of 3 × 3, or of the side that is given. An odd one keeps the size
    of the map, with zeros around it; an even one, of side k, pads nothing, and makes the map k − 1
    smaller.

    Without BatchNorm the convolutions have biases in its place. The stem's filters begin as torch
    draws them, or as the cosine basis of patches (:mod:`.cosine_stem`).

    A block halves its map by a max-pool rather than by a stride: on textures finer than a few
    patches that generalises better to combinations never seen. The pool stands before BatchNorm,
    which then works on fewer positions. Where a patch or a pool does not divide its input, what is
    left over at the right and at the bottom is not read, and nothing is computed from it.
    """
    bias = norm == "none"

    def activation(width: int) -> list[nn.Module]:
        return [*([] if bias else [nn.BatchNorm2d(width)]), nn.ReLU(inplace=True)]

    patch_stem = nn.Conv2d(3, widths[0], patch, stride=patch, bias=bias)
    if stem == "cosine":
        begin_with_cosines(patch_stem)
    layers: list[nn.Module] = [without_barriers(patch_stem)]
    sides = kernels or [3] * len(pools)
    for inputs, outputs, pool, side in zip(widths, widths[1:], pools, sides, strict=False):
        layers += activation(inputs)
        padding = side // 2 if side % 2 else 0
        layers.append(nn.Conv2d(inputs, outputs, side, padding=padding, bias=bias))
        if pool > 1:
            layers.append(nn.MaxPool2d(pool))
    return TrimmedSequential(*layers, *activation(widths[-1]))

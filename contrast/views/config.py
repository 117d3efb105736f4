"""Strengths of the augmentation: one dataclass, and the settings of it that have a name."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

JitterName = Literal["composed", "torchvision"]


@dataclass(frozen=True)
class ViewConfig:
    """Strengths of the augmentation; the defaults are the CoMM paper's.

    Attributes:
        crop_scale: least and greatest area of a crop, as a fraction of the image.
        crop_ratio: least and greatest width / height of a crop.
        brightness: b, which multiplies the brightness by a factor drawn from [1 − b, 1 + b].
        contrast: c, which multiplies the contrast by a factor drawn from [1 − c, 1 + c].
        saturation: s, which multiplies the saturation by a factor drawn from [1 − s, 1 + s].
        hue: h, which turns the hues by an angle drawn from [−h, h], in fractions of the circle.
        jitter_probability: fraction of the images whose colours are jittered.
        grayscale_probability: fraction of the images turned grey.
        blur_sigma: least and greatest standard deviation of the Gaussian blur, in pixels.
        blur_probability: fraction of the images blurred.
        flip_probability: fraction of the images mirrored left to right.
        jitter: how colours are jittered. composed: one affine map of the colours, clamped once,
            hue in YIQ. torchvision: one operation after another in random order, clamped after
            each, hue in HSV, as ColorJitter does and the released code of CoMM with it; slower.

    Raises:
        ValueError: an unknown jitter, a range that is empty or out of bounds, or a probability
            outside [0, 1].
    """

    crop_scale: tuple[float, float] = (0.08, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    jitter_probability: float = 0.8
    grayscale_probability: float = 0.2
    blur_sigma: tuple[float, float] = (0.1, 2.0)
    blur_probability: float = 0.5
    flip_probability: float = 0.5
    jitter: JitterName = field(default="composed", metadata={"added_with_default": "composed"})

    def __post_init__(self) -> None:
        if self.jitter not in get_args(JitterName):
            raise ValueError(f"jitter is {' or '.join(get_args(JitterName))}, not {self.jitter!r}")
        for name in ("crop_scale", "crop_ratio", "blur_sigma"):
            low, high = getattr(self, name)
            if not 0 < low <= high < math.inf:
                raise ValueError(f"{name} is a range 0 < low <= high, not {low} to {high}")
        if self.crop_scale[1] > 1:
            raise ValueError(f"a crop covers at most the whole image, not {self.crop_scale[1]}")
        for name in ("brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} lies in [0, 1], not {getattr(self, name)}")
        if not 0 <= self.hue <= 0.5:
            raise ValueError(f"hue lies in [0, 0.5], not {self.hue}")
        for name in ("jitter", "grayscale", "blur", "flip"):
            probability = getattr(self, f"{name}_probability")
            if not 0 <= probability <= 1:
                raise ValueError(f"{name}_probability lies in [0, 1], not {probability}")


#: The strengths that presets choose from: a further one is a line here.
AUGMENTATIONS = {
    "paper": ViewConfig(),
    # The same strengths, applied as the released code applies them.
    "released": ViewConfig(jitter="torchvision"),
    # For schedules that are shorter than the paper's.
    "soft": ViewConfig(
        crop_scale=(0.4, 1.0),
        brightness=0.2,
        contrast=0.2,
        saturation=0.0,
        hue=0.0,
        grayscale_probability=0.05,
        blur_probability=0.0,
    ),
    # The paper's colours, and larger crops without blur: for small images and short schedules.
    "large_crops": ViewConfig(crop_scale=(0.4, 1.0), blur_probability=0.0),
}

#: A random crop of at least half of the image and nothing else: what image-to-image objectives
#: with one view learn from, and what the released code does to images that it probes.
MILD_CROP = ViewConfig(
    crop_scale=(0.5, 1.0),
    jitter_probability=0.0,
    grayscale_probability=0.0,
    blur_probability=0.0,
    flip_probability=0.0,
)

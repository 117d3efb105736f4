"""Small images, draws that change one thing, and the pipeline of views image by image."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from interaction_probes.contrast.views.augment import Draws, apply
from interaction_probes.contrast.views.config import ViewConfig

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
LUMA = torch.tensor([0.299, 0.587, 0.114])[:, None, None]

#: Nothing of it is drawn: the whole image as it is.
STILL = ViewConfig(
    crop_scale=(1.0, 1.0),
    crop_ratio=(1.0, 1.0),
    jitter_probability=0.0,
    grayscale_probability=0.0,
    blur_probability=0.0,
    flip_probability=0.0,
)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def pictures(n, height, width, low=0.0, high=1.0, seed=0):
    return torch.rand(n, 3, height, width, generator=seeded(seed)) * (high - low) + low


def drawn(n, height, width, /, **changes):
    """Draws that change nothing but what is given: a number, or one per image."""
    neutral = {
        "top": 0.0,
        "left": 0.0,
        "height": height,
        "width": width,
        "brightness": 1.0,
        "contrast": 1.0,
        "saturation": 1.0,
        "hue": 0.0,
        "sigma": 0.0,
    }
    values = {
        name: torch.as_tensor(changes.get(name, value), dtype=torch.float32).expand(n)
        for name, value in neutral.items()
    }
    flip = torch.as_tensor(changes.get("flip", False)).expand(n)
    return Draws(flip=flip, **values)


def pixels(views):
    return views.float() * STD + MEAN


def viewed(images, size=None, /, **changes):
    n, _, height, width = images.shape
    return pixels(apply(images, drawn(n, height, width, **changes), size or height))


def turned(images, angle):
    """The hue turn by the definition of NTSC: I and Q are the axes of U and V, 33° on."""
    out = torch.empty_like(images)
    tilt = math.radians(33)
    for k, (red, green, blue) in enumerate(images.flatten(2)):
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        u, v = 0.492 * (blue - luma), 0.877 * (red - luma)
        i = math.cos(tilt) * v - math.sin(tilt) * u
        q = math.sin(tilt) * v + math.cos(tilt) * u
        theta = float(angle[k])
        i, q = i * math.cos(theta) - q * math.sin(theta), i * math.sin(theta) + q * math.cos(theta)
        u, v = math.cos(tilt) * q - math.sin(tilt) * i, math.sin(tilt) * q + math.cos(tilt) * i
        red, blue = luma + v / 0.877, luma + u / 0.492
        green = (luma - 0.299 * red - 0.114 * blue) / 0.587
        out[k] = torch.stack([red, green, blue]).unflatten(1, images.shape[2:])
    return out


def blurred(image, sigma):
    """Blur [3, s, s] line by line: the Gaussian over the line and its mirror image on each side."""
    size = image.shape[-1]
    places = np.arange(1 - size, 2 * size - 1)

    def line(values):
        mirrored = np.pad(values, size - 1, mode="reflect")
        weights = [np.exp(-((places - k) ** 2) / (2 * sigma**2)) for k in range(size)]
        return np.array([w @ mirrored / w.sum() for w in weights])

    array = image.double().numpy()
    array = np.apply_along_axis(line, 1, np.apply_along_axis(line, 2, array))
    return torch.from_numpy(array).float()


def slow_views(images, draws, size):
    """The pipeline image by image and step by step, from the definitions."""
    views = []
    for k, image in enumerate(images):
        image = image.float() / 255 if image.dtype == torch.uint8 else image
        top, left, height, width = (
            int(getattr(draws, name)[k]) for name in ("top", "left", "height", "width")
        )

        part = image[None, :, top : top + height, left : left + width]
        view = F.interpolate(
            part, (size, size), mode="bilinear", align_corners=False, antialias=True
        )[0]
        bright = view * draws.brightness[k]
        mean = (bright * LUMA).sum(0).mean()
        contrasted = mean + (bright - mean) * draws.contrast[k]
        grey = (contrasted * LUMA).sum(0)
        saturated = grey + (contrasted - grey) * draws.saturation[k]
        view = turned(saturated[None], draws.hue[k : k + 1])[0].clamp(0, 1)
        view = view.flip(-1) if draws.flip[k] else view
        view = blurred(view, float(draws.sigma[k])) if draws.sigma[k] else view
        views.append((view - MEAN) / STD)
    return torch.stack(views)

"""Trainings of a second: the tests' own method on a handful of images."""

import torch
from tiny_method import Tiny

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.settings.config import OptimConfig
from interaction_probes.training.loop import pretrain
from interaction_probes.training.optim import optimizer_for

MODEL = ModelConfig(encoder=EncoderConfig("compact", 4, (8,), ()), size=16)
OPTIM = OptimConfig(epochs=3, batch=8, precision="fp32")
WEIGHTS = {"views": 1.0, "pairs": 0.5}


def setup(kind=Tiny, optim=OPTIM):
    torch.manual_seed(0)
    method = kind(MODEL)
    return method, optimizer_for(method, optim)


def data(n=20):
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (12, 3, 16, 16), generator=generator, dtype=torch.uint8)
    return images, torch.randint(0, 12, (n, 2), generator=generator)


def losses(
    method, optimizer, optim=OPTIM, weights=WEIGHTS, seed=0, finished_epochs=0, n=20, epochs=None
):
    images, pairs = data(n)
    steps = pretrain(
        method, optimizer, images, pairs, ViewConfig(), optim, weights, seed, finished_epochs
    )
    return [epoch.terms for _, epoch in zip(range(epochs or optim.epochs), steps, strict=False)]

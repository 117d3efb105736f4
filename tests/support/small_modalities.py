"""Made-up modalities of every kind, methods that train on them, alone or in two processes."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from interaction_probes.contrast.distributed import rank, world_size
from interaction_probes.contrast.encoders import EncoderConfig, InputEncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.sync_batchnorm import synchronise
from interaction_probes.datasets.schema import Modality
from interaction_probes.runtime.distributed import process_group
from interaction_probes.settings.config import OptimConfig
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loop import pretrain_modalities
from interaction_probes.training.modalities import describe
from interaction_probes.training.optim import optimizer_for

N, STEPS = 30, 6
CLASSES = {"R": 4, "S": 2}
MODEL = ModelConfig(
    EncoderConfig("compact", 4, (6, 8), (2,)), size=16, dim=16, heads=4, projection=5
)
ENCODERS = {
    "vectors": InputEncoderConfig(widths=(12, 12), tokens=3),
    "sequences": InputEncoderConfig(width=12, layers=1, heads=3),
    "images": InputEncoderConfig(),
}
OPTIM = OptimConfig(epochs=2, batch=10, precision="fp32")
KINDS = {
    "vectors": ("vectors", "vectors", "vectors"),
    "sequences": ("sequences", "sequences", "sequences"),
    "a mix": ("vectors", "sequences", "images"),
}


def modality(kind, seed=0, n=N):
    rng = np.random.default_rng(seed)
    if kind == "images":
        return Modality(
            f"images {seed}", kind, rng.integers(256, size=(n, 20, 16, 1), dtype=np.uint8)
        )
    if kind == "vectors":
        return Modality(f"vectors {seed}", kind, rng.normal(size=(n, 7)).astype(np.float32))
    values = rng.normal(size=(n, STEPS, 4)).astype(np.float32)
    return Modality(f"sequences {seed}", kind, values, rng.integers(1, STEPS + 1, size=n))


def modalities(kinds):
    return [modality(kind, seed) for seed, kind in enumerate(kinds)]


def labels(n=N):
    rng = np.random.default_rng(9)
    return {task: rng.integers(classes, size=n) for task, classes in CLASSES.items()}


def fewest(name):
    return max(2, find_method(name).min_modalities)


def build(name, arrays, encoders=ENCODERS):
    described = tuple(describe(array, encoders[array.kind]) for array in arrays)
    torch.manual_seed(0)
    model = replace(MODEL, inputs=described)
    method = find_method(name).build(model, CLASSES, len(arrays))
    for part in method.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    return method


def trained(name, arrays, optim=OPTIM, method=None, **settings):
    """Losses of every epoch, and the method."""
    method = build(name, arrays) if method is None else method
    epochs = pretrain_modalities(
        method,
        optimizer_for(method, optim),
        arrays,
        optim,
        method.terms,
        seed=0,
        labels=labels(),
        **settings,
    )
    return [epoch.terms for epoch in epochs], method


def step_of_several():
    """Gradients of one step of CoMM in float64, on the whole batch or shared among processes."""
    arrays = modalities(KINDS["a mix"])
    method = build("comm", arrays).double()
    for encoder in method.encoders:  # views come in float32
        encoder.register_forward_pre_hook(lambda _, given: (given[0].double(),))
    if world_size() > 1:
        synchronise(method)
    optim = replace(OPTIM, epochs=1, batch=N)
    losses, _ = trained("comm", arrays, optim, method)
    return losses, {name: p.grad for name, p in method.named_parameters()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        torch.save(step_of_several(), Path(sys.argv[1]) / f"{rank()}.pt")

"""Training steps of every method that learns, alone or by processes that share the batch."""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from interaction_probes.contrast.distributed import rank, world_size
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.sync_batchnorm import synchronise
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.experiment.runner import run
from interaction_probes.runtime.distributed import (
    ReportedByRank0,
    broadcast_from_rank0,
    process_group,
)
from interaction_probes.settings.config import OptimConfig
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.training.loop import pretrain
from interaction_probes.training.optim import optimizer_for

MODEL = ModelConfig(
    EncoderConfig("compact", 4, (6, 8), (2,)), size=16, dim=16, heads=4, projection=5
)
CLASSES = {"R": 4, "U1": 3, "U2": 3, "S": 2}
LEARNING = [name for name in METHODS if find_method(name).terms]
PAIRS, IMAGES = 12, 9


def fresh(name, modalities=None):
    """A method of two images per sample, or of the fewest that it is stated for.

    Without dropout, which every rank draws for itself, and a CPU and a GPU apart.
    """
    torch.manual_seed(0)
    kind = find_method(name)
    method = kind.build(MODEL, CLASSES, modalities or max(2, kind.min_modalities))
    for part in method.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    return method


def trained(name, batch, epochs, weights=None, modalities=None, drop_last=True):
    """A method in float64 after some epochs: losses, gradients of the last step, parameters."""
    method = fresh(name, modalities).double()
    for part in method.modules():  # views come in float32
        if isinstance(part, torch.nn.Conv2d):
            part.register_forward_pre_hook(lambda _, images: (images[0].double(),))
    if world_size() > 1:
        synchronise(method)
    generator = torch.Generator().manual_seed(1)
    optim = OptimConfig(epochs=epochs, batch=batch, lr=1e-3, precision="fp32", drop_last=drop_last)
    losses = [
        epoch.terms
        for epoch in pretrain(
            method,
            optimizer_for(method, optim),
            torch.randint(256, (IMAGES, 3, 16, 16), generator=generator, dtype=torch.uint8),
            torch.randint(IMAGES, (PAIRS, method.modalities), generator=generator),
            ViewConfig(),
            optim,
            {**method.terms, **(weights or {})},
            seed=0,
            labels={
                task: torch.randint(k, (PAIRS,), generator=generator) for task, k in CLASSES.items()
            },
        )
    ]
    gradients = {name: p.grad for name, p in method.named_parameters() if p.grad is not None}
    return {"losses": losses, "gradients": gradients, "state": method.state_dict()}


def everything():
    steps = {name: trained(name, PAIRS, find_method(name).phases) for name in LEARNING}
    terms = {name: list(find_method(name).terms) for name in LEARNING}
    # a term that is only watched, and steps that follow one another
    watched = {
        f"{name}, watched": trained(name, 4, 2, {terms[name][0]: 0.0})
        for name in ("infmasking", "supervised")
    }
    # a method of two steps, the second of which begins in the second epoch
    watched["disentangled, both steps"] = trained("disentangled", 4, 2)
    # batches of 8 and of 4
    watched["comm, all pairs"] = trained("comm", 8, 2, {"joint": 0.0}, drop_last=False)
    # three images, whose methods of two compare more pairs and masks
    three = {
        f"{name}, three": trained(name, PAIRS, 1, weights, 3)
        for name, weights in {"comm": {"partial": 0.25}, "clip": {}, "cross_self": {}}.items()
    }
    return steps | watched | three


def first_process():
    """What comes of work that the first process does for all."""
    worked = broadcast_from_rank0(lambda: ("done by", rank()))
    try:
        broadcast_from_rank0(lambda: 1 / 0)
    except (ZeroDivisionError, ReportedByRank0) as error:
        return worked, type(error).__name__
    return worked, None


def refused(out):
    """What a run says whose batch is odd, and one whose folder cannot be; they leave nothing."""
    smoke = PRESETS["smoke"]
    odd = replace(smoke, n_pairs=48, optim=replace(smoke.optim, batch=7))
    rest = replace(smoke, n_pairs=45, optim=replace(smoke.optim, batch=6, drop_last=False))
    told = []
    for config, folder in (
        (odd, out / "odd"),
        (rest, out / "rest"),
        (smoke, Path(__file__) / "runs"),
    ):
        try:
            run(config, folder, torch.device("cpu"))
        except (ValueError, OSError) as error:
            told.append((type(error).__name__, str(error)))
        assert not folder.exists()
    return told


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        out = Path(sys.argv[1])
        found = everything(), first_process(), refused(out)
        torch.save(found, out / f"{rank()}.pt")

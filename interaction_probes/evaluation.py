"""Probing a method in the middle of a run: encode, combine, score every task and the controls."""

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views import plain
from trifeature import PairedImages, PairSet
from trifeature.streams import stream

from .config import RunConfig
from .logistic import Spectrum
from .probes import linear_probe
from .results import Row
from .train import autocast, training_dtype

_ENCODING_BATCH = 200


@torch.no_grad()
def probe_epoch(
    method: Method, data: PairedImages, train: Tensor, test: Tensor, config: RunConfig, final: bool
) -> list[tuple[str, str, str, float]]:
    """Probe every task: (task, probe, metric, value) rows.

    Each image is encoded once per modality and each pair combined once; all tasks share both.
    After the last epoch follow the controls: each modality alone, and shuffled labels.

    Args:
        method: the model, on the images' device.
        data: pairs and labels.
        train: uint8 [n, 3, h, w], the training images.
        test: uint8 [m, 3, h, w], the held-out images.
        config: the run's.
        final: whether the controls are due.

    Raises:
        ValueError: a task that cannot be probed, by its name, or features that are not finite.
    """
    device = train.device
    method.eval()

    def encode(modality: int, images: Tensor) -> Tensor:
        parts = images.split(_ENCODING_BATCH)
        views = (plain(part, config.model.size) for part in parts)
        return torch.cat([method.encode(modality, view).float() for view in views])

    with autocast(training_dtype(config.optim, device), device):
        encoded = [[encode(m, images) for m in range(2)] for images in (train, test)]

    def represent(split: int, pairs: PairSet, present: tuple[bool, bool]) -> Tensor:
        index = torch.from_numpy(pairs.index).to(device)
        kept = [encoded[split][m][index[:, m]] if present[m] else None for m in range(2)]
        return method.combine(kept).float()

    rows: list[tuple[str, str, str, float]] = []

    def score(name: str, present: tuple[bool, bool], shuffled: bool = False) -> None:
        fit, scored = represent(0, data.fit, present), represent(1, data.score, present)
        spectrum = Spectrum.of(fit)
        for task in data.tasks:
            labels = data.fit.labels[task.name]
            if shuffled:
                labels = stream(config.seed, "shuffle", task.name).permutation(labels)
            try:
                result = linear_probe(
                    (fit, labels),
                    (scored, data.score.labels[task.name]),
                    task.classes,
                    config.probe.strengths,
                    stream(config.seed, "probe", task.name),
                    spectrum,
                )
            except ValueError as error:
                raise ValueError(f"task {task.name}: {error}") from error
            for metric, value in vars(result).items():
                if value is not None:
                    rows.append((task.name, name, metric, value))

    score("linear", (True, True))
    if final:
        score("mask1", (True, False))
        score("mask2", (False, True))
        score("shuffled", (True, True), shuffled=True)
    return rows


def truth_rows(data: PairedImages) -> list[Row]:
    """What is available and what chance reaches, as rows of the probe ``exact``."""
    rows: list[Row] = []
    for task in data.tasks:
        rows.append((0, task.name, "exact", "bits", float(data.truth[task.name].total)))
        rows.append((0, task.name, "exact", "chance", 1 / task.classes))
    return rows


def score_line(scores: list[tuple[str, str, str, float]]) -> str:
    """The linear probe's scores in a line."""
    linear = {(task, metric): value for task, probe, metric, value in scores if probe == "linear"}
    tasks = dict.fromkeys(task for task, *_ in scores)
    parts = [f"{task} {100 * linear[task, 'accuracy']:.1f}" for task in tasks]
    parts += [f"AUC({task}) {linear[task, 'auc']:.3f}" for task in tasks if (task, "auc") in linear]
    return "  ".join(parts)


def pixels(images: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] → [n, 3, h, w]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()

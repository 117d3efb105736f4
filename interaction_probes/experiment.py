"""One run from its config: data, method, training, probes along the way, files."""

import hashlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views import plain
from trifeature import GENERATOR_VERSION, PairedImages, PairSet, generate
from trifeature.streams import stream

from .config import RunConfig, as_plain
from .logistic import Spectrum
from .probes import linear_probe
from .registry import find_method
from .results import Row, RunFolder
from .train import autocast, optimizer_for, pretrain, torch_stream, training_dtype

_ENCODING_BATCH = 200


@dataclass(frozen=True)
class Progress:
    """What a run tells while it works.

    Attributes:
        epoch: epochs finished.
        epochs: epochs in all.
        fraction: how much of the current epoch is done.
        line: a line for the log, when an epoch ends or the run starts or stops.
    """

    epoch: int
    epochs: int
    fraction: float = 0.0
    line: str | None = None


Report = Callable[[Progress], None]


def folder_name(config: RunConfig) -> str:
    """<method>-<preset>-<pairs>-s<seed>-<hash of the config>."""
    method = config.method.replace(":", ".")
    digest = hashlib.sha256(json.dumps(as_plain(config), sort_keys=True).encode()).hexdigest()[:8]
    return f"{method}-{config.preset}-{config.pairs}-s{config.seed}-{digest}"


def run(
    config: RunConfig,
    out: Path,
    device: torch.device,
    report: Report = lambda progress: None,
    cache: Path | None = None,
) -> RunFolder:
    """Do one run in its own folder of `out`: skip it if it is finished, resume it if it began.

    Raises:
        ValueError: an impossible config, or damaged files of an earlier start.
        OSError: files that cannot be written.
        FloatingPointError: a loss that is not finite.
    """
    method_class = find_method(config.method)
    folder = RunFolder(out / folder_name(config))
    folder.create()
    status = folder.read_json("run.json") or {}
    if status.get("status") == "finished":
        report(Progress(config.optim.epochs, config.optim.epochs, line="finished before"))
        return folder
    state = folder.load_checkpoint()
    folder.write_json("config.json", as_plain(config))

    started = time.perf_counter()
    spent = float(status.get("seconds", 0.0)) if state else 0.0
    data = generate(config.images, config.design, config.seed, config.n_pairs, cache)
    method = _initialise(method_class, config).to(device, memory_format=torch.channels_last)
    optimizer = optimizer_for(method, config.optim)
    weights = term_weights(method, config.weights)
    train, test = (_pixels(split.images).to(device) for split in (data.train, data.test))
    identity = (config.method, config.preset, config.pairs, config.seed)

    def save(status: str) -> None:
        folder.write_metrics(identity, rows)
        folder.write_losses(losses)
        folder.save_checkpoint(
            {
                "epoch": epoch,
                "method": method.state_dict(),
                "optimizer": optimizer.state_dict(),
                "rows": rows,
                "losses": losses,
            }
        )
        folder.write_json("run.json", _status(status, method, device, time.perf_counter() - started + spent))

    def probe() -> str:
        scores = probe_epoch(method, data, train, test, config, final=epoch == config.optim.epochs)
        rows.extend((epoch, *row) for row in scores)
        return _line(scores)

    epochs = config.optim.epochs
    if state:
        epoch, rows, losses = int(state["epoch"]), list(map(tuple, state["rows"])), list(map(tuple, state["losses"]))
        method.load_state_dict(state["method"])
        optimizer.load_state_dict(state["optimizer"])
        report(Progress(epoch, epochs, line=f"resumed after epoch {epoch}"))
    else:
        epoch, rows, losses = 0, _truth_rows(data), []
        report(Progress(0, epochs, line=f"epoch 0/{epochs}  {probe()}"))
        save("running")
    for result in pretrain(
        method,
        optimizer,
        train,
        torch.from_numpy(data.pretrain.index),
        config.views,
        config.optim,
        weights,
        config.seed,
        done=epoch,
        on_step=lambda step, steps: report(Progress(epoch, epochs, step / steps)),
    ):
        epoch = result.number
        losses.extend((epoch, term, value) for term, value in result.terms.items())
        terms = "  ".join(f"{term} {value:.3f}" for term, value in result.terms.items())
        line = f"epoch {epoch}/{epochs}  {result.seconds:.1f} s  {terms}"
        if epoch % config.probe.every == 0 or epoch == epochs:
            line += f"  {probe()}"
        save("running" if epoch < epochs else "finished")
        report(Progress(epoch, epochs, line=line))
    if epochs == 0:
        save("finished")
    return folder


def term_weights(method: Method, chosen: Mapping[str, float]) -> dict[str, float]:
    """The weight of every loss term: the method's own unless chosen otherwise.

    Raises:
        ValueError: a term that the method does not have, or no term left.
    """
    for term in chosen:
        if term not in method.terms:
            raise ValueError(
                f"no loss term {term!r}; this method's terms are {', '.join(method.terms)}"
            )
    weights = {**method.terms, **chosen}
    if method.terms and not any(weights.values()):
        raise ValueError("every loss term has weight 0: nothing is left to learn from")
    return weights


@torch.no_grad()
def probe_epoch(
    method: Method, data: PairedImages, train: Tensor, test: Tensor, config: RunConfig, final: bool
) -> list[tuple[str, str, str, float]]:
    """Probe every task: (task, probe, metric, value) rows.

    Each image is encoded once per modality and each pair combined once; all tasks share both.
    After the last epoch follow the controls: each modality alone, and shuffled labels.
    """
    device = train.device
    method.eval()
    with autocast(training_dtype(config.optim, device), device):
        encoded = [
            [
                torch.cat([method.encode(m, plain(part, config.model.size)).float() for part in images.split(_ENCODING_BATCH)])
                for m in range(2)
            ]
            for images in (train, test)
        ]

    def represent(split: int, pairs: PairSet, present: tuple[bool, bool]) -> Tensor:
        index = torch.from_numpy(pairs.index).to(device)
        kept = [encoded[split][m][index[:, m]] if present[m] else None for m in range(2)]
        return method.combine(kept).float()

    rows: list[tuple[str, str, str, float]] = []

    def score(name: str, present: tuple[bool, bool], shuffled: bool = False) -> None:
        fit, scored = represent(0, data.fit, present), represent(1, data.score, present)
        spectrum = Spectrum.of(fit)
        for task in data.tasks:
            rng = stream(config.seed, "probe", task.name)
            labels = data.fit.labels[task.name]
            if shuffled:
                labels = stream(config.seed, "shuffle", task.name).permutation(labels)
            result = linear_probe(
                (fit, labels),
                (scored, data.score.labels[task.name]),
                task.classes,
                config.probe.strengths,
                rng,
                spectrum,
            )
            for metric, value in vars(result).items():
                if value is not None:
                    rows.append((task.name, name, metric, value))

    score("linear", (True, True))
    if final:
        score("mask1", (True, False))
        score("mask2", (False, True))
        score("shuffled", (True, True), shuffled=True)
    return rows


def _initialise(method_class: type[Method], config: RunConfig) -> Method:
    """A fresh method, its parameters drawn from the run's initialisation stream."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_stream(config.seed, "initialisation").initial_seed())
        return method_class(config.model)


def _pixels(images: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] → [n, 3, h, w]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def _truth_rows(data: PairedImages) -> list[Row]:
    """What is available and what chance reaches, as rows of the probe ``exact``."""
    rows: list[Row] = []
    for task in data.tasks:
        truth = data.truth[task.name]
        rows.append((0, task.name, "exact", "bits", truth.total))
        rows.append((0, task.name, "exact", "chance", 1 / task.classes))
    return rows


def _line(scores: list[tuple[str, str, str, float]]) -> str:
    """The linear probe's scores in a line."""
    linear = {(task, metric): value for task, probe, metric, value in scores if probe == "linear"}
    tasks = dict.fromkeys(task for task, *_ in scores)
    parts = [f"{task} {100 * linear[task, 'accuracy']:.1f}" for task in tasks]
    parts += [f"AUC({task}) {linear[task, 'auc']:.3f}" for task in tasks if (task, "auc") in linear]
    return "  ".join(parts)


def _status(status: str, method: Method, device: torch.device, seconds: float) -> dict[str, Any]:
    return {
        "status": status,
        "seconds": round(seconds, 1),
        "parameters": sum(p.numel() for p in method.parameters()),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "versions": {
            "interaction_probes": version("interaction-probes"),
            "generator": GENERATOR_VERSION,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }

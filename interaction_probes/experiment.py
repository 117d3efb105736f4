"""One run from its config: data, method, training, probes along the way, files."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interaction_probes.contrast.batchnorm import synchronise
from interaction_probes.contrast.distributed import own_rows, world_size
from interaction_probes.contrast.encoders import feature_shape
from interaction_probes.contrast.method import Method
from interaction_probes.figures.emergence import emergence
from trifeature import PairedImages
from trifeature.design import tasks

from .config import RunConfig, as_plain
from .data import dataset
from .evaluation import pixels, probe_epoch
from .lock import alone_in
from .optim import optimizer_for
from .precision import plain_float32, training_dtype
from .processes import from_first
from .provenance import continued, provenance
from .registry import find_method
from .results import Row, RunFolder, made_folder
from .scores import score_line, truth_rows
from .seal import damaged, sealed
from .terms import term_weights
from .train import Epoch, pretrain, torch_stream


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
    """<method>-<preset>-<pairs>-s<seed>-<hash of the config>.

    Of images in a folder the hash knows what they are, not where they lie. Fields that came later
    it knows where they are not as before, so that runs keep their names.
    """
    method = config.method.replace(":", ".")
    plain = as_plain(config)
    if not plain["folder"].pop("path"):
        del plain["folder"]
    for parent, name, before in (
        (plain["probe"], "protocol", "linear"),
        (plain["model"]["encoder"], "norm", "batch"),
    ):
        if parent[name] == before:
            del parent[name]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:8]
    return f"{method}-{config.preset}-{config.pairs}-s{config.seed}-{digest}"


def run(
    config: RunConfig,
    out: Path,
    device: torch.device,
    report: Report = lambda progress: None,
    cache: Path | None = None,
) -> RunFolder:
    """Do one run in its own folder of `out`: skip it if it is finished, resume it if it began.

    A method without loss terms has nothing to learn: it is probed once, as it is initialised.
    Processes that have joined do the run together: the first alone reads and writes files and
    probes. Damaged files of an earlier start are written anew from its checkpoint.

    Raises:
        Busy: another process works in the run's folder.
        ValueError: an impossible config, or damage that only a new start would mend.
        OSError: files that cannot be written.
        FloatingPointError: a loss that is not finite.
        Lost: another process did not answer.
    """
    method_class = find_method(config.method)
    weights = term_weights(method_class, config.weights)
    place = method_class.find_place(config.probe.features)
    if weights:
        own_rows(min(config.optim.batch, config.n_pairs))  # before any file is written
    folder = RunFolder(out / folder_name(config))
    with contextlib.ExitStack() as stack:
        stack.enter_context(plain_float32())
        left = from_first(lambda: _opened(folder, config.optim.epochs, stack, report))
        status, state, amiss = left
        if status.get("status") == "finished" and not amiss:
            report(Progress(config.optim.epochs, config.optim.epochs, line="finished before"))
            return folder
        if amiss:
            line = f"written anew from the checkpoint: {', '.join(amiss)}, damaged or missing"
            report(Progress(0, config.optim.epochs, line=line))
        seconds = status.get("seconds") if state else None
        spent = seconds if isinstance(seconds, int | float) else 0.0
        method = initialise(method_class, config)
        for tower in method.encoders:
            feature_shape(tower, config.model.size)  # refuses images too small for it
        method = method.to(device, memory_format=torch.channels_last)
        method.place = place
        if world_size() > 1:
            synchronise(method)
        started = time.perf_counter() - spent
        before = status if state else {}
        _Run(config, folder, method, weights, device, report, started, before).go(
            dataset(config, cache), state
        )
    return folder


#: What an earlier start left: its status, its checkpoint, and names of its damaged files.
Left = tuple[dict[str, Any], dict[str, Any] | None, list[str]]


def _opened(folder: RunFolder, epochs: int, stack: contextlib.ExitStack, report: Report) -> Left:
    """Make a run's folder and lock it, until the stack unwinds; what an earlier start left."""
    stack.enter_context(made_folder(folder.path))
    if not stack.enter_context(alone_in(folder.path)):
        line = "no locks here: let no second process do this run meanwhile"
        report(Progress(0, epochs, line=line))
    folder.remove_leftovers()
    return _left(folder)


def _left(folder: RunFolder) -> Left:
    """What an earlier start left: its status, its checkpoint, and names of its damaged files.

    Raises:
        ValueError: a damaged checkpoint, or none where one is needed to mend the others.
    """
    try:
        status = folder.read_json("run.json") or {}
        amiss = damaged(status, folder.path)
    except ValueError:
        status, amiss = {}, ["run.json"]
    if status.get("status") == "finished" and not amiss:
        return status, None, []
    state = folder.load_checkpoint()
    if state is None and (status.get("status") == "finished" or "run.json" in amiss):
        raise ValueError(
            f"{folder.path / amiss[0]} is damaged or missing, and so is the checkpoint to mend it "
            "from; delete the folder to start this run again"
        )
    return ({} if "run.json" in amiss else status), state, amiss if state else []


@dataclass
class _Run:
    """A run under way: its parts, and what it has done so far."""

    config: RunConfig
    folder: RunFolder
    method: Method
    weights: Mapping[str, float]
    device: torch.device
    report: Report
    started: float
    before: Mapping[str, Any]  # the status that an earlier start left
    epoch: int = 0
    rows: list[Row] = field(default_factory=list)
    losses: list[tuple[int, str, float]] = field(default_factory=list)

    def go(self, data: PairedImages, state: dict[str, Any] | None) -> None:
        """Train and probe from the start, or from a checkpoint's state, to the end."""
        config = self.config
        optim = config.optim if self.weights else replace(config.optim, epochs=0)
        self.epochs = optim.epochs
        self.optimizer = optimizer_for(self.method, optim)
        self.made_by = {
            "processes": world_size(),
            "precision": str(training_dtype(optim, self.device)).removeprefix("torch."),
            **provenance(self.device),
        }
        train, test = pixels(data.train.images), pixels(data.test.images)
        train, test = train.to(self.device), test.to(self.device)
        if state is None:
            from_first(lambda: self._begin(data, train, test))
        else:
            self._restore(state)
            from_first(self._write_config)  # it may have been damaged
            self._tell(f"resumed after epoch {self.epoch}")
            if self.epoch == self.epochs:  # it was stopped between its last two files
                self.made_by = {k: self.before.get(k, v) for k, v in self.made_by.items()}
                self.before = {}
                from_first(self._save)
        for result in pretrain(
            self.method,
            self.optimizer,
            train,
            torch.from_numpy(data.pretrain.index),
            config.views,
            optim,
            self.weights,
            config.seed,
            done=self.epoch,
            on_step=self._step,
            labels={task: torch.from_numpy(known) for task, known in data.pretrain.labels.items()},
        ):
            self.epoch = result.number
            from_first(partial(self._record, result, data, train, test))

    def _begin(self, data: PairedImages, train: Tensor, test: Tensor) -> None:
        """Probe the method as it is initialised, and write the first files."""
        self.rows = truth_rows(data)
        scores = self._probe(data, train, test)
        self._write_config()
        self._save()
        self._tell(f"epoch 0/{self.epochs}  {scores}")

    def _write_config(self) -> None:
        self.folder.write_json("config.json", as_plain(self.config))

    def _record(self, result: Epoch, data: PairedImages, train: Tensor, test: Tensor) -> None:
        """Probe where it is time to, and write what an epoch left."""
        self.losses += [(self.epoch, term, value) for term, value in result.terms.items()]
        terms = "  ".join(f"{term} {value:.3f}" for term, value in result.terms.items())
        line = f"epoch {self.epoch}/{self.epochs}  {result.seconds:.1f} s  {terms}"
        if self.epoch % self.config.probe.every == 0 or self.epoch == self.epochs:
            line += f"  {self._probe(data, train, test)}"
        self._save()
        self._tell(line)

    def _probe(self, data: PairedImages, train: Tensor, test: Tensor) -> str:
        final = self.epoch == self.epochs
        scores = probe_epoch(self.method, data, train, test, self.config, final)
        self.rows += [(self.epoch, *row) for row in scores]
        return score_line(scores)

    def _step(self, done: int, step: int, steps: int) -> None:
        self.report(Progress(done, self.epochs, step / steps))

    def _tell(self, line: str) -> None:
        self.report(Progress(self.epoch, self.epochs, line=line))

    def _save(self) -> None:
        config, folder = self.config, self.folder
        identity = (config.method, config.preset, config.pairs, config.seed)
        folder.write_metrics(identity, self.rows)
        folder.write_losses(self.losses)
        if self.epoch == self.epochs:
            folder.write_table("dynamics.csv", emergence(folder.read_metrics()))
        folder.save_checkpoint(
            {
                "epoch": self.epoch,
                "method": self.method.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "rows": self.rows,
                "losses": self.losses,
            }
        )
        # Last, so that a run that says it is finished has all its files.
        folder.write_json("run.json", sealed(self._status(), folder.path))

    def _restore(self, state: dict[str, Any]) -> None:
        try:
            self.epoch = int(state["epoch"])
            self.rows = [tuple(row) for row in state["rows"]]
            self.losses = [tuple(row) for row in state["losses"]]
            self.method.load_state_dict(state["method"])
            self.optimizer.load_state_dict(state["optimizer"])
            for parameter, kept in self.optimizer.state.items():
                if kept["exp_avg"].shape != parameter.shape:
                    raise ValueError("the optimiser's state has other shapes")
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise ValueError(
                f"the checkpoint {self.folder.path / 'checkpoint.pt'} does not fit this run: "
                "another version may have written it; delete it to start this run again"
            ) from error

    def _status(self) -> dict[str, Any]:
        return {
            "status": "finished" if self.epoch == self.epochs else "running",
            "epoch": self.epoch,
            "seconds": round(time.perf_counter() - self.started, 1),
            "parameters": sum(p.numel() for p in self.method.parameters()),
            **continued(self.before, self.made_by),
        }


def initialise(method_class: type[Method], config: RunConfig) -> Method:
    """A fresh method, its parameters drawn from the run's initialisation stream."""
    classes = {task.name: task.classes for task in tasks(config.design, config.images.counts)}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_stream(config.seed, "initialisation").initial_seed())
        return method_class.build(config.model, classes)

"""The course of a run: training, probes along the way, and the files that each epoch leaves."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from interaction_probes.analysis.emergence import emergence
from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Method
from interaction_probes.runtime.distributed import broadcast_from_rank0
from interaction_probes.runtime.precision import training_dtype
from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.registry import METHODS, source_sha256
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.provenance import continued, provenance
from interaction_probes.storage.run_folder import Row, RunFolder
from interaction_probes.training.loop import Epoch, pretrain
from interaction_probes.training.optim import optimizer_for
from trifeature import PairedImages

from .evaluation import probe_epoch
from .representations import pixels
from .scores import score_line, truth_rows


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


@dataclass
class Trainer:
    """A run under way: its parts, and what it has done so far.

    Attributes:
        config: the run's.
        folder: what it writes into.
        method: the model, on its device.
        weights: loss term → weight; a method without terms is probed once.
        device: where it computes.
        report: told of every step and every epoch.
        started: the clock's reading at its start, less what earlier starts spent.
        before: the status that an earlier start left.
        epoch: epochs done.
        rows: of metrics.csv, so far.
        losses: of losses.csv, so far.
    """

    config: RunConfig
    folder: RunFolder
    method: Method
    weights: Mapping[str, float]
    device: torch.device
    report: Report
    started: float
    before: Mapping[str, Any]
    epoch: int = 0
    rows: list[Row] = field(default_factory=list)
    losses: list[tuple[int, str, float]] = field(default_factory=list)

    def fit(self, data: PairedImages, state: dict[str, Any] | None, trained: str = "") -> None:
        """Train and probe from the start, or from a checkpoint's state, to the end.

        Args:
            data: what the run is about.
            state: of a checkpoint; None where the run begins.
            trained: the run that the checkpoint is of, where that is a finished one which differs
                in its controls alone.
        """
        config = self.config
        optim = config.optim if self.weights else replace(config.optim, epochs=0)
        self.epochs = optim.epochs
        self.optimizer = optimizer_for(self.method, optim)
        self.made_by = {
            "processes": world_size(),
            "precision": str(training_dtype(optim, self.device)).removeprefix("torch."),
            "weights": dict(self.weights),
            **provenance(self.device),
        }
        if config.method not in METHODS:
            self.made_by["method_file"] = source_sha256(type(self.method))
        train, test = pixels(data.train.images), pixels(data.test.images)
        train, test = train.to(self.device), test.to(self.device)
        if state is None:
            broadcast_from_rank0(lambda: self._begin(data, train, test))
        elif trained:
            self._restore(state)
            broadcast_from_rank0(lambda: self._probe_anew(data, train, test, trained))
        else:
            self._restore(state)
            broadcast_from_rank0(self._write_config)  # it may have been damaged
            if self.epoch == self.epochs:  # it was stopped between its last two files
                self.made_by = {k: self.before.get(k, v) for k, v in self.made_by.items()}
                self.before = {}
                broadcast_from_rank0(self._save)
            self._tell(f"resumed after epoch {self.epoch}")
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
            broadcast_from_rank0(partial(self._record, result, data, train, test))

    def _begin(self, data: PairedImages, train: Tensor, test: Tensor) -> None:
        """Probe the method as it is initialised, and write the first files."""
        self.rows = truth_rows(data)
        scores = self._probe(data, train, test)
        self._write_config()
        self._save()
        self._tell(f"epoch 0/{self.epochs}  {scores}")

    def _probe_anew(self, data: PairedImages, train: Tensor, test: Tensor, trained: str) -> None:
        """Probe what a run has learnt that differs in its controls alone, and write all files."""
        self.rows = [row for row in self.rows if row[0] != self.epoch]
        scores = self._probe(data, train, test)
        self._write_config()
        self._save()
        self._tell(f"trained before, in {trained}: epoch {self.epoch} probed anew  {scores}")

    def _write_config(self) -> None:
        self.folder.write_json("config.json", to_dict(self.config))

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
        folder.write_json("run.json", with_checksums(self._status(), folder.path))

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
                f"another version may have written it; {self.folder.start_again()}"
            ) from error

    def _status(self) -> dict[str, Any]:
        return {
            "status": "finished" if self.epoch == self.epochs else "running",
            "epoch": self.epoch,
            "seconds": round(time.perf_counter() - self.started, 1),
            "parameters": sum(p.numel() for p in self.method.parameters()),
            **continued(self.before, self.made_by),
        }

"""The training of one run: epochs, probes along the way, a checkpoint and tables after each."""

import time
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import Any

import torch

from interaction_probes.analysis.schema import (
    FORMAT_VERSION,
    MEASUREMENT_COLUMNS,
    ConfusionCell,
    Measurement,
    RepresentationRow,
    RunIdentity,
    as_plain_rows,
    from_plain_rows,
    images_of_probe,
)
from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Method
from interaction_probes.runtime.distributed import broadcast_from_rank0
from interaction_probes.runtime.global_random_state import seeded_global_state
from interaction_probes.runtime.precision import training_dtype
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.registry import METHODS, source_sha256
from interaction_probes.settings.stored_config import stored_dict
from interaction_probes.storage.checkpoint_file import checkpoint_bytes, read_back
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.provenance import continued, provenance
from interaction_probes.storage.run_folder import REFERENCE, RunFolder
from interaction_probes.training.loop import Epoch
from interaction_probes.training.method_state import MethodState, load_method_state
from interaction_probes.training.optim import load_optimizer, optimizer_for

from .initialisation import fresh_method
from .run_data import RunData
from .scores import collapse_words


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
        previous_status: run.json of the start that this one resumes; empty where none is.
        epoch: epochs done.
        measurements: of metrics.csv, so far.
        losses: of losses.csv, so far.
        confusion: of confusion.csv; empty before the last epoch.
        representations: of representation.csv, so far.
    """

    config: RunConfig
    folder: RunFolder
    method: Method
    weights: Mapping[str, float]
    device: torch.device
    report: Report
    started: float
    previous_status: Mapping[str, Any]
    epoch: int = 0
    measurements: list[Measurement] = field(default_factory=list)
    losses: list[tuple[int, str, float]] = field(default_factory=list)
    confusion: list[ConfusionCell] = field(default_factory=list)
    representations: list[RepresentationRow] = field(default_factory=list)

    def fit(
        self,
        data: RunData,
        checkpoint: dict[str, Any] | None,
        reused_run: str = "",
    ) -> None:
        """Train and probe to the end: from the start, or resumed from a checkpoint.

        Args:
            data: what is learnt from and probed on.
            checkpoint: as :meth:`RunFolder.load_checkpoint` gives it; None where the run begins.
            reused_run: the name of the run that the checkpoint is of, where that is a finished one
                which differs in its controls alone.

        Raises:
            ValueError: a checkpoint that does not fit this run.
        """
        self.data, self.modalities = data, data.modalities
        config = self.config
        optim = config.optim if self.weights else replace(config.optim, epochs=0)
        self.epochs = optim.epochs
        self.optimizer = optimizer_for(self.method, optim)
        self.state = MethodState(self.method, self._fresh_method)
        self.made_by = {
            "processes": world_size(),
            "precision": str(training_dtype(optim, self.device)).removeprefix("torch."),
            "weights": dict(self.weights),
            **provenance(self.device),
        }
        if config.method not in METHODS:
            self.made_by["method_file"] = source_sha256(type(self.method))
            self.made_by |= {"sees_labels": True} if self.method.sees_labels else {}
        for line in data.notes():
            self._tell(line)
        if checkpoint is None:
            broadcast_from_rank0(self._begin)
        else:
            self._load(checkpoint)
            if reused_run:
                broadcast_from_rank0(lambda: self._reprobe(reused_run))
            else:
                self._resume()
        for result in data.pretrain(
            self.method, self.optimizer, optim, self.weights, self.epoch, self._step
        ):
            self.epoch = result.number
            self.state.check_ranks()
            broadcast_from_rank0(partial(self._record, result))

    def _begin(self) -> None:
        """Probe the method as it is initialised, and write the first files."""
        self.measurements = self.data.limits()
        scores = self._probe()
        self._write_config()
        self._save()
        self._tell(f"epoch 0/{self.epochs}  {scores}")

    def _resume(self) -> None:
        """Write again what may have been damaged, and say after which epoch training resumes."""
        broadcast_from_rank0(self._write_config)
        if self.epoch == self.epochs:  # it was stopped between its last two files
            self.made_by = {k: self.previous_status.get(k, v) for k, v in self.made_by.items()}
            self.previous_status = {}
            broadcast_from_rank0(self._save)
        self._tell(f"resumed after epoch {self.epoch}")

    def _reprobe(self, reused_run: str) -> None:
        """Probe the checkpoint of a run that differs in its controls alone; write all files."""
        masks = self.config.probe.has("masks")  # the one control that earlier epochs can have

        def kept(row: Measurement | RepresentationRow) -> bool:
            return row.epoch != self.epoch and (masks or not images_of_probe(row.probe))

        self.measurements = [*filter(kept, self.measurements)]
        self.representations = [*filter(kept, self.representations)]
        scores = self._probe()
        self._write_config()
        self._save()
        line = f"resumed from the checkpoint of {reused_run}: epoch {self.epoch} reprobed"
        self._tell(f"{line}  {scores}")

    def _write_config(self) -> None:
        self.folder.write_json("config.json", stored_dict(self.config))

    def _record(self, result: Epoch) -> None:
        """Probe where it is time to, and write what an epoch left."""
        self.losses += [(self.epoch, term, value) for term, value in result.terms.items()]
        terms = "  ".join(
            f"{term} {value:.3f}{'' if self.weights[term] else ' (weight 0)'}"
            for term, value in result.terms.items()
        )
        line = f"epoch {self.epoch}/{self.epochs}  {result.seconds:.1f} s  {terms}"
        if self.epoch % self.config.probe.every == 0 or self.epoch == self.epochs:
            line += f"  {self._probe()}"
        self._save()
        self._tell(line)

    def _probe(self) -> str:
        final = self.epoch == self.epochs
        self.confusion = []
        self.representations = [each for each in self.representations if each.epoch != self.epoch]
        cells = self.confusion if final else None
        # For representations that draw at random: a resumed run repeats them.
        with seeded_global_state(self.config.seed, "probing", self.epoch, device=self.device):
            scores = self.data.probe(
                self.method, self.epoch, final, cells, self.representations, self.measurements
            )
        self.measurements += scores
        if final:
            self.measurements += self.data.conclusions(self.measurements)
        return self.data.score_line(scores) + collapse_words(self.representations, self.epoch)

    def _step(self, done: int, step: int, steps: int) -> None:
        self.report(Progress(done, self.epochs, step / steps))

    def _tell(self, line: str) -> None:
        self.report(Progress(self.epoch, self.epochs, line=line))

    def _save(self) -> None:
        self.data.check_unchanged()
        config, folder = self.config, self.folder
        checkpoint = self._checkpoint()  # refused before any file is written
        identity = RunIdentity(config.method, config.preset, config.pairs, config.seed)
        folder.write_metrics(identity, self.measurements)
        folder.write_losses(self.losses)
        if self.representations:  # a checkpoint of an earlier version has none
            folder.write_representations(identity, self.representations)
        if self.epoch == self.epochs:
            folder.write_table("dynamics.csv", self.data.dynamics(folder.read_metrics()))
            if self.confusion:  # a checkpoint of an earlier version has none
                folder.write_confusion(identity, self.confusion)
        folder.write_checkpoint(checkpoint)
        folder.remove(REFERENCE)  # its checksum goes with the run.json that is replaced
        # Last, so that a run that says it is finished has all its files.
        folder.write_json("run.json", with_checksums(self._status(), folder.path))

    def _fresh_method(self) -> Method:
        return fresh_method(type(self.method), self.config, self.modalities)

    def _checkpoint(self) -> bytes:
        """The bytes of a checkpoint, which were read back where they could hold something new.

        Raises:
            ValueError: it could not be read back, or a run that resumes from it would differ.
        """
        entries = {
            "epoch": self.epoch,
            **self.state.entries(),
            "optimizer": self.optimizer.state_dict(),
            "modalities": self.modalities,
            "columns": MEASUREMENT_COLUMNS,
            "rows": as_plain_rows(self.measurements),
            "losses": self.losses,
            "confusion": [astuple(cell) for cell in self.confusion],
            "representations": [astuple(row) for row in self.representations],
        }
        raw = checkpoint_bytes(entries)
        if self.state.needs_check(entries) or self.epoch == 1:
            restored = read_back(raw, entries)
            fresh = optimizer_for(self.state.check(restored), self.config.optim)
            load_optimizer(fresh, restored["optimizer"])
        return raw

    def _load(self, checkpoint: dict[str, Any]) -> None:
        """Take over a checkpoint; those of version 1 name neither columns nor modalities."""
        try:
            if checkpoint.get("modalities", 2) != self.modalities:
                raise ValueError("it is of another number of modalities")
            self.epoch = int(checkpoint["epoch"])
            self.measurements = from_plain_rows(checkpoint["rows"], checkpoint.get("columns"))
            self.losses = [tuple(row) for row in checkpoint["losses"]]
            self.confusion = [ConfusionCell(*row) for row in checkpoint.get("confusion", [])]
            kept = checkpoint.get("representations", [])
            self.representations = [RepresentationRow(*row) for row in kept]
            load_method_state(self.method, checkpoint, self.device)
            load_optimizer(self.optimizer, checkpoint["optimizer"])
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise ValueError(
                f"the checkpoint {self.folder.path / 'checkpoint.pt'} does not fit this run: "
                f"another version may have written it; {self.folder.start_again()}"
            ) from error

    def _status(self) -> dict[str, Any]:
        return {
            "format": FORMAT_VERSION,
            "status": "finished" if self.epoch == self.epochs else "running",
            "epoch": self.epoch,
            "seconds": round(time.perf_counter() - self.started, 1),
            "parameters": sum(p.numel() for p in self.method.parameters()),
            **continued(self.previous_status, self.made_by),
        }

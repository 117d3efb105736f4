"""One run from its config, in a folder of its own: skipped, resumed, mended or begun."""

import contextlib
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from interaction_probes.analysis.schema import NewerFormat
from interaction_probes.common.writing import made_folder
from interaction_probes.contrast.distributed import local_shard
from interaction_probes.contrast.encoders import encode_blank
from interaction_probes.runtime.distributed import broadcast_from_rank0
from interaction_probes.runtime.precision import full_float32
from interaction_probes.runtime.process_env import spinning_note
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.hashing import config_hash
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.registry import changed_source, find_method
from interaction_probes.storage.checksums import damaged
from interaction_probes.storage.lock import alone_in
from interaction_probes.storage.provenance import other_generator, other_package
from interaction_probes.storage.reuse import find_reusable
from interaction_probes.storage.run_folder import FAILURE, RunFolder
from interaction_probes.training.loop import check_last_batch
from interaction_probes.training.loss_terms import term_weights

from .initialisation import check_batch_exists, check_method, fresh_method, weights_of_run
from .opened_data import open_data
from .own_dataset import with_dataset
from .trainer import Progress, Report, Trainer


def folder_name(config: RunConfig) -> str:
    """<method>-<preset>-<pairs>-s<seed>-<hash of the config>."""
    method = config.method.replace(":", ".")
    return f"{method}-{config.preset}-{config.pairs}-s{config.seed}-{config_hash(config)}"


def run(
    config: RunConfig,
    out: Path | str,
    device: torch.device | str,
    report: Report = lambda progress: None,
    cache: Path | None = None,
) -> RunFolder:
    """Do one run in its own folder of `out`: skip it if it is finished, resume it if it began.

    An unfinished run resumes from its last checkpoint. A method without loss terms has nothing to
    learn: it is probed once, as it is initialised. A run that differs from a finished one of `out`
    in its controls alone resumes from that one's last checkpoint, and only reprobes it. Under
    torchrun all ranks train, and only rank 0 probes, reads and writes files. Damaged files of an
    earlier start are written anew from its checkpoint.

    Args:
        config: all settings.
        out: the folder of run folders; it is made where it is missing.
        device: where it computes, such as ``cpu`` or ``cuda:0``.
        report: told of every step and every epoch.
        cache: folder that keeps rendered images, checked, for the next run.

    Returns:
        The run's folder, with its files.

    Raises:
        Busy: another process works in the run's folder.
        ValueError: an impossible config, damage that only a new start would mend, a folder that a
            later version wrote, or a run that was begun with another version of the generator.
        OSError: files that cannot be written.
        FloatingPointError: a loss that is not finite.
        PeerLostError: another process did not answer.
    """
    device = torch.device(device)
    threads = torch.get_num_threads() if device.type == "cpu" and sys.platform == "linux" else 1
    if note := spinning_note(threads):
        warnings.warn(note, RuntimeWarning, stacklevel=2)
    if not config.data.sha256:
        config = with_dataset(config)
    method_class = find_method(config.method)
    check_heeded(config)
    check_method(method_class, config)
    weights = weights_of_run(method_class, config)
    method_class.find_place(config.probe.features)  # refused before any file is written
    if weights and config.optim.epochs:
        local_shard(config.optim.batch)  # before any file is written
        check_last_batch(config.optim, config.n_pairs)
    folder = RunFolder(Path(out) / folder_name(config))
    with contextlib.ExitStack() as stack:
        stack.enter_context(full_float32())
        previous = broadcast_from_rank0(lambda: _open_folder(folder, config, stack, report))
        status, checkpoint = previous.status, previous.checkpoint
        if previous.finished:
            line = _finished_before(previous, config, folder)
            report(Progress(config.optim.epochs, config.optim.epochs, line=line))
            return folder
        for line in _resumed_with(previous, config, folder):
            report(Progress(0, config.optim.epochs, line=line))
        seconds = status.get("seconds") if checkpoint else None
        spent = seconds if isinstance(seconds, int | float) else 0.0
        data = open_data(config, device, cache)
        check_batch_exists(method_class, config, data.pretraining)
        if weights and config.optim.epochs:
            check_last_batch(config.optim, data.pretraining)
        method = fresh_method(method_class, config, data.modalities)
        weights = term_weights(method, config.weights)  # an instance may have terms of its own
        for m, tower in enumerate(method.encoders):
            described = config.model.described(m)
            # refuses images too small for it
            encode_blank(tower, config.model.size if described.kind == "images" else described)
        method = method.to(device, memory_format=torch.channels_last)
        started = time.perf_counter() - spent
        resumed = status if checkpoint else {}
        trainer = Trainer(config, folder, method, weights, device, report, started, resumed)
        broadcast_from_rank0(lambda: folder.remove(FAILURE))
        trainer.fit(data, checkpoint, previous.reused_run)
    return folder


@dataclass(frozen=True)
class _PreviousStart:
    """What an earlier start of a run left to resume from.

    Attributes:
        status: the content of its run.json; empty without one.
        checkpoint: as :meth:`RunFolder.load_checkpoint` gives it; None without one, and where
            nothing is to be done.
        damaged: names of its damaged files.
        reused_run: the folder's name of the run that status and checkpoint are of, where it is not
            this one but a finished one that differs in its controls alone.
    """

    status: dict[str, Any]
    checkpoint: dict[str, Any] | None = None
    damaged: list[str] = field(default_factory=list)
    reused_run: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        whole = not self.damaged and not self.reused_run
        return self.status.get("status") == "finished" and whole


def _finished_before(previous: _PreviousStart, config: RunConfig, folder: RunFolder) -> str:
    """What is said of a run of which nothing is left to do, and of what has changed since."""
    line = "finished before"
    if own := changed_source(previous.status, config.method):
        line += f"; {own} has changed since: delete {folder.path} to run it again"
    if made_by := other_generator(previous.status):
        line += f" by {made_by}: delete {folder.path} to run it with this one"
    return line


def _resumed_with(previous: _PreviousStart, config: RunConfig, folder: RunFolder) -> Iterator[str]:
    """What is said of a run before it resumes: what differs from its start, and what is mended.

    Raises:
        ValueError: it was begun with another version of the generator.
    """
    status = previous.status
    if own := changed_source(status, config.method):
        yield f"{own} has changed since this run began: it resumes with the file as it is now"
    if previous.checkpoint and (made_by := other_generator(status)):
        raise ValueError(
            f"{folder.path} was begun by {made_by}, which draws other images and pairs: finish "
            "it with the version that began it, or delete the folder to start this run again"
        )
    if previous.checkpoint and (line := other_package(status)):
        yield line
    if previous.damaged:
        names = ", ".join(previous.damaged)
        yield f"written anew from the checkpoint: {names}, damaged or missing"


def _open_folder(
    folder: RunFolder, config: RunConfig, stack: contextlib.ExitStack, report: Report
) -> _PreviousStart:
    """Make a run's folder and lock it, until the stack unwinds; find what can be resumed."""
    stack.enter_context(made_folder(folder.path))
    if not stack.enter_context(alone_in(folder.path)):
        line = "no locks here: let no second process do this run meanwhile"
        report(Progress(0, config.optim.epochs, line=line))
    folder.remove_leftovers()
    previous = _previous_start(folder)
    if previous.status or previous.checkpoint:
        return previous
    other = find_reusable(config, folder.path.parent)
    if other is not None:
        with contextlib.suppress(ValueError):  # damaged, which is that run's affair
            if (checkpoint := other.load_checkpoint()) is not None:
                status = other.read_status() or {}
                return _PreviousStart(status, checkpoint, reused_run=other.path.name)
    return previous


def _previous_start(folder: RunFolder) -> _PreviousStart:
    """What an earlier start left in a run's own folder.

    Raises:
        NewerFormat: a later version of the project wrote it.
        ValueError: a damaged checkpoint, or none where one is needed to mend the others.
    """
    try:
        status = folder.read_status() or {}
        amiss = damaged(status, folder.path)
    except NewerFormat:
        raise
    except ValueError:
        status, amiss = {}, ["run.json"]
    if status.get("status") == "finished" and not amiss:
        return _PreviousStart(status)
    checkpoint = folder.load_checkpoint()
    if checkpoint is None and (status.get("status") == "finished" or "run.json" in amiss):
        raise ValueError(
            f"{folder.path / amiss[0]} is damaged or missing, and so is the checkpoint to mend it "
            "from; delete the folder to start this run again"
        )
    if "run.json" in amiss:
        status = {}
    return _PreviousStart(status, checkpoint, amiss if checkpoint else [])

"""One run from its config, in a folder of its own: skipped, resumed, mended or begun."""

import contextlib
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import torch

from interaction_probes.common.writing import made_folder
from interaction_probes.contrast.distributed import local_shard, world_size
from interaction_probes.contrast.encoders import feature_shape
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.sync_batchnorm import synchronise
from interaction_probes.runtime.distributed import broadcast_from_rank0
from interaction_probes.runtime.precision import full_float32
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import RunConfig, from_dict, to_dict
from interaction_probes.settings.fields import check_heeded
from interaction_probes.settings.registry import changed_source, find_method
from interaction_probes.storage.checksums import damaged
from interaction_probes.storage.lock import alone_in
from interaction_probes.storage.reuse import find_reusable
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.training.loss_terms import term_weights
from trifeature.pairs.design import tasks

from .data import dataset
from .trainer import Progress, Report, Trainer


def folder_name(config: RunConfig) -> str:
    """<method>-<preset>-<pairs>-s<seed>-<hash of the config>.

    Of images in a folder the hash knows what they are, not where they lie. Fields that came later
    it knows where they are not as before, so that runs keep their names.
    """
    method = config.method.replace(":", ".")
    plain = to_dict(from_dict(to_dict(config)))  # 1 is 1.0 where a field is a float
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
    out: Path | str,
    device: torch.device | str,
    report: Report = lambda progress: None,
    cache: Path | None = None,
) -> RunFolder:
    """Do one run in its own folder of `out`: skip it if it is finished, resume it if it began.

    A method without loss terms has nothing to learn: it is probed once, as it is initialised. A run
    that differs from a finished one of `out` in its controls alone takes over what that one has
    learnt, and is probed anew. Processes that have joined do the run together: the first alone
    reads and writes files and probes. Damaged files of an earlier start are written anew from its
    checkpoint.

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
        ValueError: an impossible config, or damage that only a new start would mend.
        OSError: files that cannot be written.
        FloatingPointError: a loss that is not finite.
        Lost: another process did not answer.
    """
    device = torch.device(device)
    method_class = find_method(config.method)
    check_heeded(config)
    weights = term_weights(method_class, config.weights)
    place = method_class.find_place(config.probe.features)
    if weights:
        local_shard(min(config.optim.batch, config.n_pairs))  # before any file is written
    folder = RunFolder(Path(out) / folder_name(config))
    with contextlib.ExitStack() as stack:
        stack.enter_context(full_float32())
        left = broadcast_from_rank0(lambda: _opened(folder, config, stack, report))
        status, state, amiss, trained = left
        if status.get("status") == "finished" and not amiss and not trained:
            line = "finished before"
            if own := changed_source(status, config.method):
                line += f", when {own} was another: delete {folder.path} to do it again"
            report(Progress(config.optim.epochs, config.optim.epochs, line=line))
            return folder
        if own := changed_source(status, config.method):
            line = f"{own} has changed since this run began: the rest is done by what it is now"
            report(Progress(0, config.optim.epochs, line=line))
        if amiss:
            line = f"written anew from the checkpoint: {', '.join(amiss)}, damaged or missing"
            report(Progress(0, config.optim.epochs, line=line))
        seconds = status.get("seconds") if state else None
        spent = seconds if isinstance(seconds, int | float) else 0.0
        method = initialise(method_class, config)
        weights = term_weights(method, config.weights)  # an instance may have terms of its own
        for tower in method.encoders:
            feature_shape(tower, config.model.size)  # refuses images too small for it
        method = method.to(device, memory_format=torch.channels_last)
        method.place = place
        if world_size() > 1:
            synchronise(method)
        started = time.perf_counter() - spent
        before = status if state else {}
        trainer = Trainer(config, folder, method, weights, device, report, started, before)
        trainer.fit(dataset(config, cache), state, trained)
    return folder


#: What an earlier start left: its status, its checkpoint, and names of its damaged files; and the
#: run that trained, where that was another one.
Left = tuple[dict[str, Any], dict[str, Any] | None, list[str], str]


def _opened(
    folder: RunFolder, config: RunConfig, stack: contextlib.ExitStack, report: Report
) -> Left:
    """Make a run's folder and lock it, until the stack unwinds; what an earlier start left."""
    stack.enter_context(made_folder(folder.path))
    if not stack.enter_context(alone_in(folder.path)):
        line = "no locks here: let no second process do this run meanwhile"
        report(Progress(0, config.optim.epochs, line=line))
    folder.remove_leftovers()
    status, state, amiss = _left(folder)
    other = None if status or state else find_reusable(config, folder.path.parent)
    if other is not None:
        with contextlib.suppress(ValueError):  # damaged, which is that run's affair
            if (state := other.load_checkpoint()) is not None:
                return other.read_json("run.json") or {}, state, [], other.path.name
    return status, state, amiss, ""


def _left(folder: RunFolder) -> tuple[dict[str, Any], dict[str, Any] | None, list[str]]:
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


def initialise(method_class: type[Method], config: RunConfig) -> Method:
    """A fresh method, its parameters drawn from the run's initialisation stream."""
    classes = {task.name: task.classes for task in tasks(config.design, config.images.counts)}
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would also seed every GPU.
        torch.default_generator.manual_seed(
            torch_stream(config.seed, "initialisation").initial_seed()
        )
        return method_class.build(config.model, classes)

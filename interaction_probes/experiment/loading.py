"""A run's folder read back: its config, its data and its model as the last epoch left it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from interaction_probes.contrast.method import Method
from interaction_probes.settings.config import RunConfig, from_dict
from interaction_probes.settings.registry import changed_source, find_method
from interaction_probes.storage.checksums import damaged
from interaction_probes.storage.run_folder import RunFolder
from trifeature import PairedImages

from .data import dataset
from .runner import initialise


def load_run(
    path: Path | str, device: torch.device | str, cache: Path | None = None
) -> tuple[RunConfig, Method, PairedImages]:
    """Config, model and data of a run.

    Raises:
        ValueError: no run's folder, damaged files, a checkpoint that does not fit its config, or
            other images in the folder that it learnt from.
    """
    config, method, _ = load_model(path, device)
    return config, method, dataset(config, cache)


def load_model(path: Path | str, device: torch.device | str) -> tuple[RunConfig, Method, int]:
    """Config and model of a run, to be probed where the run was, and the epoch that it is of.

    A line on stderr says so where the run is not finished, or its method's file is another now.

    Raises:
        ValueError: no run's folder, damaged files, or a checkpoint that does not fit its config.
    """
    folder = RunFolder(Path(path))
    plain, checkpoint = folder.read_json("config.json"), folder.load_checkpoint()
    if plain is None or checkpoint is None:
        raise ValueError(f"{path} is no run's folder: it lacks config.json or checkpoint.pt")
    status = folder.read_status() or {}
    if "config.json" in damaged(status, folder.path):
        raise ValueError(f"{folder.path / 'config.json'} is damaged; doing the run again mends it")
    config = from_dict(plain)
    method = initialise(find_method(config.method), config, checkpoint.get("modalities", 2))
    method.place = method.find_place(config.probe.features)
    try:
        method.load_state_dict(checkpoint["method"])
        epoch = int(checkpoint["epoch"])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"the checkpoint in {path} does not fit its config.json") from error
    for line in _remarks(folder.path, status, config, epoch):
        print(line, file=sys.stderr)
    return config, method.to(device, memory_format=torch.channels_last), epoch


def _remarks(path: Path, status: Mapping[str, Any], config: RunConfig, epoch: int) -> list[str]:
    """What must be known of a model that is not simply that of a finished run, in lines."""
    lines = []
    if status.get("status") != "finished":
        reached = f"epoch {epoch} of {config.optim.epochs}"
        lines.append(f"{path} is not finished: its model is of {reached}")
    if own := changed_source(status, config.method):
        now = "its model computes by what it is now"
        lines.append(f"{own} has changed since {path} was saved: {now}")
    return lines


def check_output_path(path: Path, suffix: str, what: str) -> None:
    """Refuse a file that could not be written when all is computed.

    Args:
        path: the file.
        suffix: the one that it must have, such as ``.npz``.
        what: what it is to hold, for the error.

    Raises:
        ValueError: another suffix, or no such folder.
    """
    if path.suffix != suffix:
        article = "an" if suffix == ".npz" else "a"
        raise ValueError(f"{what} written to {article} {suffix} file, not to {path.name!r}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise ValueError(f"no folder {path.parent}")

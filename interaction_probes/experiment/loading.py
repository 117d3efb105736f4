"""Load a run from its folder: its config, its data and its model after the last epoch."""

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
from interaction_probes.training.method_state import load_method_state

from .data import dataset
from .initialisation import initialise
from .own_dataset import own_dataset


def load_run(
    path: Path | str, device: torch.device | str, cache: Path | None = None
) -> tuple[RunConfig, Method, Any]:
    """Load config, model and data of a run.

    The data are a `PairedImages`, of three images or more an `ImageSamples`, and of a run on a
    dataset (`--data`) its `MultimodalDataset`.

    Args:
        path: folder of the run.
        device: device of the model.
        cache: folder of rendered images.

    Raises:
        ValueError: the path is not a run folder, files are damaged, the checkpoint does not fit
            the config, or the images of the run's image folder, or its dataset, have changed.
        OSError: the data cannot be read.
    """
    config, method, _ = load_model(path, device)
    data = own_dataset(config) if config.data.path else dataset(config, cache)
    return config, method, data


def load_model(path: Path | str, device: torch.device | str) -> tuple[RunConfig, Method, int]:
    """Load config and model of a run, and the number of epochs that the model was trained for.

    The model's probed representation is that of the run. A note on stderr warns of an unfinished
    run, and of a method whose source file has changed.

    Raises:
        ValueError: the path is not a run folder, run.json or config.json is damaged, run.json is
            missing, or the checkpoint does not fit the config.
    """
    folder = RunFolder(Path(path))
    plain, checkpoint = folder.read_json("config.json"), folder.load_checkpoint()
    if plain is None or checkpoint is None:
        raise ValueError(f"{path} is not a run folder: it lacks config.json or checkpoint.pt")
    status = folder.read_status()
    if status is None:
        raise ValueError(
            f"{folder.path / 'run.json'} is missing, and with it the checksum of config.json; run "
            "it again to restore it"
        )
    # A damaged run.json vouches for no other file. Tables are not read here.
    if amiss := {"config.json", "run.json"}.intersection(damaged(status, folder.path)):
        raise ValueError(f"{folder.path / amiss.pop()} is damaged; run it again to restore it")
    config = from_dict(plain)
    method = initialise(find_method(config.method), config, checkpoint.get("modalities", 2))
    method.place = method.find_place(config.probe.features)
    try:
        load_method_state(method, checkpoint, torch.device(device))
        epoch = int(checkpoint["epoch"])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"the checkpoint in {path} does not fit its config.json") from error
    for line in _warnings(folder.path, status, config, epoch):
        print(line, file=sys.stderr)
    return config, method.to(device, memory_format=torch.channels_last), epoch


def _warnings(path: Path, status: Mapping[str, Any], config: RunConfig, epoch: int) -> list[str]:
    """Warnings about a model: its run is unfinished, or its method's source has changed."""
    lines = []
    if status.get("status") != "finished":
        progress = f"epoch {epoch} of {config.optim.epochs}"
        lines.append(f"{path} is not finished: its model is that of {progress}")
    if file := changed_source(status, config.method):
        lines.append(f"{file} has changed since {path} was saved: the model uses the new code")
    return lines


def check_output_path(path: Path, suffix: str, what: str) -> None:
    """Refuse an output file that could not be written, before anything is computed.

    Args:
        path: the file.
        suffix: its required suffix, such as ``.npz``.
        what: subject and verb of the error message, such as "features are".

    Raises:
        ValueError: the suffix is another, the path is a folder, or its parent does not exist.
    """
    if path.suffix != suffix:
        article = "an" if suffix == ".npz" else "a"
        raise ValueError(f"{what} written to {article} {suffix} file, not to {path.name!r}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise ValueError(f"no folder {path.parent}")

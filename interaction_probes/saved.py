"""A run's folder read back: its config, its data and its model as the last epoch left it."""

from pathlib import Path

import torch

from interaction_probes.contrast.method import Method
from trifeature import PairedImages, generate

from .config import RunConfig, from_plain
from .registry import find_method
from .results import RunFolder
from .seal import damaged


def load_run(
    path: Path, device: torch.device, cache: Path | None = None
) -> tuple[RunConfig, Method, PairedImages]:
    """Config, model and data of a run.

    Raises:
        ValueError: no run's folder, damaged files, or a checkpoint that does not fit its config.
    """
    folder = RunFolder(path)
    plain, state = folder.read_json("config.json"), folder.load_checkpoint()
    if plain is None or state is None:
        raise ValueError(f"{path} is no run's folder: it lacks config.json or checkpoint.pt")
    if "config.json" in damaged(folder.read_json("run.json") or {}, path):
        raise ValueError(f"{path / 'config.json'} is damaged; doing the run again mends it")
    config = from_plain(plain)
    method = find_method(config.method)(config.model)
    try:
        method.load_state_dict(state["method"])
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"the checkpoint in {path} does not fit its config.json") from error
    data = generate(config.images, config.design, config.seed, config.n_pairs, cache)
    return config, method.to(device, memory_format=torch.channels_last), data

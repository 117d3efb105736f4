"""``python -m interaction_probes.export RUN -o encoder.safetensors``: a model for other tools.

The command writes the weights after the last epoch, and a JSON file that describes them.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from interaction_probes.common.cli import friendly_errors, parse

if TYPE_CHECKING:
    import torch

    from interaction_probes.contrast.method import Method
    from interaction_probes.settings.config import RunConfig


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        run: run folder.
        out: the .safetensors file to write; its description is a .json file of the same name.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command; a mistake of the user is one line on stderr and exit code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.export",
            description="Write a run's weights as safetensors, with a description as JSON.",
        )
        _execute(command)


def _execute(command: Command) -> None:
    import torch  # imported here: takes a second, which --help does not need

    from interaction_probes.common.writing import write_atomically
    from interaction_probes.experiment.loading import check_output_path, load_model
    from interaction_probes.storage.run_folder import RunFolder
    from interaction_probes.storage.safetensors_file import as_safetensors

    check_output_path(command.out, ".safetensors", "weights are")
    description_path = command.out.with_suffix(".json")
    _check_description(description_path)
    config, method, epoch = load_model(command.run, torch.device("cpu"))
    content = as_safetensors(_tensors(method), {"format": "pt", "method": config.method})
    description = architecture(config, method) | {
        "run": command.run.resolve().name,
        "epoch": epoch,
        "weights_sha256": hashlib.sha256(content).hexdigest(),
    }
    write_atomically(command.out, content)
    write_atomically(description_path, (json.dumps(description, indent=2) + "\n").encode())
    n_parameters = description["parameters"]
    print(f"{command.out}: {n_parameters:,} parameters; {description_path}: their description")
    kept = (RunFolder(command.run).load_checkpoint() or {}).get("attributes", {})
    if elsewhere := [*(method.state_dict().keys() - _tensors(method).keys()), *kept]:
        names = ", ".join(elsewhere)
        print(f"not in the file, which has tensors alone: {names}", file=sys.stderr)


def _tensors(method: "Method") -> dict[str, "torch.Tensor"]:
    """The tensors of a state dict, which may hold extra state of other kinds."""
    state = method.state_dict()
    return {name: value for name, value in state.items() if hasattr(value, "shape")}


def _check_description(path: Path) -> None:
    """Refuse to overwrite a JSON file that is no description of weights, such as a config.json."""
    from interaction_probes.storage.run_folder import read_object

    try:
        replaceable = "weights_sha256" in (read_object(path) or {"weights_sha256"})
    except ValueError:
        replaceable = False
    if not replaceable:
        raise ValueError(
            f"{path} would be overwritten, and is no description of weights: choose another name"
        )


def architecture(config: "RunConfig", method: "Method") -> dict[str, Any]:
    """Description of a run's model in plain types, for JSON.

    Returns:
        The method's name and class, the ModelConfig and numbers of classes that it is built from,
        the normalisation of its input, the probed representation and its number of features, and
        the shape of every tensor.
    """
    import torch

    from interaction_probes.contrast.combining import combined
    from interaction_probes.experiment.data import classes_of

    size = config.model.size
    described = [config.model.described(m) for m in range(method.modalities)]
    blanks = [
        torch.zeros(1, 3, size, size) if each.kind == "images" else each.blank()
        for each in described
    ]
    method.eval()
    with torch.no_grad():
        features = combined(method, [method.encode(m, blank) for m, blank in enumerate(blanks)])
    return {
        "method": config.method,
        "class": f"{type(method).__module__}:{type(method).__qualname__}",
        "paper": method.paper,
        "model": asdict(config.model),
        "modalities": method.modalities,
        "classes": classes_of(config),
        "input": _input_of_data(config, blanks)
        if config.model.inputs
        else _input_of_images(config),
        "probed": method.place,
        "features": features.shape[1],
        "parameters": sum(p.numel() for p in method.parameters()),
        "tensors": {name: list(tensor.shape) for name, tensor in _tensors(method).items()},
    }


def _input_of_images(config: "RunConfig") -> dict[str, Any]:
    """What every tower of a run on images reads."""
    from interaction_probes.contrast.views.augment import MEAN, STD

    size = config.model.size
    return {
        "shape": [3, size, size],
        "probed_shape": [3, config.probe_size, config.probe_size],
        "probed_shapes": [[3, size, size] for size in config.probe_sizes],
        "probed_mirrored": config.probe.mirrored,
        "probed_views": [
            {"shape": [3, size, size], "mirrored": mirrored}
            for size, mirrored in config.probe_views
        ],
        "channels": "RGB in [0, 1], then (x - mean) / std",
        "mean": MEAN,
        "std": STD,
    }


def _input_of_data(config: "RunConfig", blanks: Sequence["torch.Tensor"]) -> list[dict[str, Any]]:
    """What the encoder of each modality that is described reads; a shape is of one sample.

    Raises:
        ValueError: the features are standardised by a dataset that cannot be read.
    """
    from interaction_probes.contrast.views.augment import MEAN, STD

    found: list[dict[str, Any]] = []
    names = config.data.modalities or [f"image{m + 1}" for m in range(len(blanks))]
    scales = _scales(config)
    for name, described, blank in zip(names, config.model.inputs, blanks, strict=True):
        each = {"modality": name, "kind": described.kind, "shape": list(blank.shape[1:])}
        if described.kind == "images":
            each |= {"channels": "RGB in [0, 1], then (x - mean) / std", "mean": MEAN, "std": STD}
        elif described.padded:
            each |= {"last_feature": "1 at valid steps, 0 at padded ones"}
        if name in scales:
            form = f"load_dataset(FILE, {config.data.format!r}, standardise=False)"
            padding = "; padding stays 0" * described.padded
            each |= {"values": f"(x - mean) / std of x as {form} reads it{padding}", **scales[name]}
        found.append(each)
    return found


def _scales(config: "RunConfig") -> dict[str, dict[str, list[float]]]:
    """Name of a modality whose features a reader standardised → their mean and std.

    Raises:
        ValueError: the dataset that they are standardised by cannot be read.
    """
    import numpy as np

    from interaction_probes.experiment.own_dataset import own_dataset

    if config.data.format == "keys" or not config.data.standardise:
        return {}
    try:
        modalities = own_dataset(config).modalities
    except (ValueError, OSError) as error:
        raise ValueError(
            f"features are standardised by the rows of the data, which cannot be read: {error}"
        ) from error
    # JSON has no infinity; any feature over so large a number is 0 as well.
    largest = np.finfo(np.float64).max
    return {
        each.name: {
            "mean": each.scale.mean.tolist(),
            "std": np.minimum(each.scale.std, largest).tolist(),
        }
        for each in modalities
        if each.scale is not None
    }


if __name__ == "__main__":
    main()

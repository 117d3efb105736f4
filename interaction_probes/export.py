"""``python -m interaction_probes.export RUN -o encoder.safetensors``: a model for other tools.

The weights as the last epoch left them, and beside them a JSON file that says what they are of.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from interaction_probes.common.cli import friendly_errors, parse

if TYPE_CHECKING:
    from interaction_probes.contrast.method import Method
    from interaction_probes.settings.config import RunConfig


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        run: folder of a run.
        out: the .safetensors file to write; a .json file of the same name goes beside it.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.export",
            description="Write a run's weights as safetensors, and what they are of as JSON.",
        )
        _do(command)


def _do(command: Command) -> None:
    import torch  # takes a second: not before --help

    from interaction_probes.common.writing import write_atomically
    from interaction_probes.experiment.loading import check_output_path, load_model
    from interaction_probes.storage.safetensors_file import as_safetensors

    check_output_path(command.out, ".safetensors", "weights are")
    beside = command.out.with_suffix(".json")
    _check_description(beside)
    config, method, epoch = load_model(command.run, torch.device("cpu"))
    content = as_safetensors(method.state_dict(), {"format": "pt", "method": config.method})
    described = architecture(config, method) | {
        "run": command.run.resolve().name,
        "epoch": epoch,
        "weights_sha256": hashlib.sha256(content).hexdigest(),
    }
    write_atomically(command.out, content)
    write_atomically(beside, (json.dumps(described, indent=2) + "\n").encode())
    print(f"{command.out}: {described['parameters']:,} parameters; {beside} says what they are of")


def _check_description(path: Path) -> None:
    """Refuse to replace a JSON file that describes no weights, such as a run's config.json."""
    from interaction_probes.storage.run_folder import read_object

    try:
        ours = "weights_sha256" in (read_object(path) or {"weights_sha256"})
    except ValueError:
        ours = False
    if not ours:
        raise ValueError(f"{path} would be replaced, and describes no weights: name another file")


def architecture(config: "RunConfig", method: "Method") -> dict[str, Any]:
    """What the weights of a run are of, in plain types.

    Returns:
        The method's name and class, the ModelConfig and the numbers of classes that it was built
        from, how images are normalised, what is probed and how wide that is, and every tensor's
        form.
    """
    import torch

    from interaction_probes.contrast.views.augment import MEAN, STD
    from trifeature.pairs.design import tasks

    size = config.model.size
    method.eval()
    with torch.no_grad():
        blank = torch.zeros(1, 3, size, size)
        features = method.combine([method.encode(m, blank) for m in range(method.modalities)])
    return {
        "method": config.method,
        "class": f"{type(method).__module__}:{type(method).__qualname__}",
        "paper": method.paper,
        "model": asdict(config.model),
        "modalities": method.modalities,
        "classes": {task.name: task.classes for task in tasks(config.design, config.images.counts)},
        "input": {
            "shape": [3, size, size],
            "probed_shape": [3, config.probe_size, config.probe_size],
            "channels": "RGB in [0, 1], then (x - mean) / std",
            "mean": MEAN,
            "std": STD,
        },
        "probed": method.place,
        "features": features.shape[1],
        "parameters": sum(p.numel() for p in method.parameters()),
        "tensors": {name: list(t.shape) for name, t in method.state_dict().items()},
    }


if __name__ == "__main__":
    main()

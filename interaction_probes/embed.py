"""``python -m interaction_probes.embed RUN -o file.npz``: a run's representations, with factors.

They are of the test pairs that its probes are scored on, both images present, as the last epoch
left the model. The file is what the figure ``embedding`` draws.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from interaction_probes.common.cli import friendly_errors, parse
from trifeature import PairedImages
from trifeature.images.factors import NAMES
from trifeature.pairs.design import PairDesign

if TYPE_CHECKING:
    from interaction_probes.settings.config import RunConfig


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        run: folder of a run.
        out: the .npz file to write.
        device: auto, cpu, cuda or cuda:N.
        cache: folder that keeps rendered images.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    device: str = "auto"
    cache: Path | None = None


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.embed",
            description="Write the representations of a run's test pairs, with their factors.",
        )
        _do(command)


def _do(command: Command) -> None:
    from interaction_probes.common.writing import write_arrays
    from interaction_probes.experiment.data import (
        dataset,  # these take a second to import: not before --help
    )
    from interaction_probes.experiment.loading import check_output_path, load_model
    from interaction_probes.experiment.representations import pixels, represent
    from interaction_probes.runtime.devices import allocate

    check_output_path(command.out, ".npz", "features are")
    device = allocate(command.device, 0, 1).device
    config, method, epoch = load_model(command.run, device)
    data = dataset(config, command.cache)
    images = pixels(data.test.images).to(device)
    features = represent(method, images, data.probe_test.index, config)
    factors, names, values = pair_factors(data, config.design)
    arrays = {"features": features, "factors": factors, "names": names, "values": values}
    told = {"title": f"{run_title(config)}: test pairs", "epoch": epoch}
    write_arrays(command.out, arrays | told)
    print(f"{command.out}: {features.shape[0]} pairs, {features.shape[1]} features")


def run_title(config: "RunConfig") -> str:
    """A run in a few words, for people who read a file that came of it."""
    return f"{config.method}, {config.preset} preset, {config.pairs} pairs, seed {config.seed}"


def pair_factors(
    data: PairedImages, design: PairDesign
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the four tasks ask of the scored pairs.

    Returns:
        The labels of R, U1, U2 and S, int64 [n, 4]; the factors' names [4]; and their values'
        names [4, most].
    """
    names = (
        f"R  {design.shared}",
        f"U1  {design.unique} of image 1",
        f"U2  {design.unique} of image 2",
        "S  mapping",
    )
    values = [
        NAMES[design.shared],
        NAMES[design.unique],
        NAMES[design.unique],
        ("broken", "obeyed"),
    ]
    most = max(len(row) for row in values)
    labels = np.stack([data.probe_test.labels[task.name] for task in data.tasks], axis=1)
    padded = [[*row, *[""] * (most - len(row))] for row in values]
    return labels, np.array(names), np.array(padded)


if __name__ == "__main__":
    main()

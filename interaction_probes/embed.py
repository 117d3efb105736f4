"""``python -m interaction_probes.embed RUN -o file.npz``: a run's representations, with factors.

The file contains the joint representation of all images, after the last epoch, of every pair (of
three images, every sample) that the probes are tested on, with its factors. The figure
``embedding`` is drawn from it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from interaction_probes.common.cli import friendly_errors, parse
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.images.factors import NAMES
from trifeature.pairs.design import PairDesign

if TYPE_CHECKING:
    from interaction_probes.settings.config import RunConfig


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        run: run folder.
        out: the .npz file to write.
        device: cpu, cuda, cuda:N, or auto for a GPU if there is one.
        cache: folder of rendered images, to reuse those of the run.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    device: str = "auto"
    cache: Path | None = None


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command; a mistake of the user is one line on stderr and exit code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.embed",
            description="Write the representations of a run's test pairs or samples, with factors.",
        )
        _execute(command)


def _execute(command: Command) -> None:
    from interaction_probes.common.writing import write_arrays
    from interaction_probes.experiment.data import (
        dataset,  # imported here: the imports take a second, which --help does not need
    )
    from interaction_probes.experiment.evaluation.representations import represent
    from interaction_probes.experiment.loading import check_output_path, load_model
    from interaction_probes.experiment.opened_data import probed_inputs
    from interaction_probes.runtime.devices import allocate

    check_output_path(command.out, ".npz", "features are")
    device = allocate(command.device, 0, 1).device
    config, method, epoch = load_model(command.run, device)
    data = dataset(config, command.cache)
    _, images = probed_inputs(config, data, device)
    features = represent(method, images, data.probe_test.index, config)
    factors, names, values = pair_factors(data, config.design)
    arrays = {"features": features, "factors": factors, "names": names, "values": values}
    what = pairs_or_samples(config)
    description = {"title": f"{run_title(config)}: test {what}", "epoch": epoch}
    write_arrays(command.out, arrays | description)
    print(f"{command.out}: {features.shape[0]} {what}, {features.shape[1]} features")


def pairs_or_samples(config: "RunConfig") -> str:
    """What generated data consist of: pairs of two images, samples of more."""
    return "pairs" if config.modalities == 2 else "samples"


def run_title(config: "RunConfig") -> str:
    """Short description of a run: method, preset, design of its pairs or its dataset, and seed."""
    design = config.pairs if config.data.path else f"{config.pairs} {pairs_or_samples(config)}"
    return f"{config.method}, {config.preset} preset, {design}, seed {config.seed}"


def pair_factors(
    data: PairedImages | ImageSamples, design: PairDesign
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of all tasks for the pairs or samples that probes are tested on.

    Returns:
        Labels of the k tasks, of pairs R, U1, U2 and S, int64 [n, k]; names of the factors [k]; and
        names of their values [k, largest number of values], padded with empty texts.
    """
    if isinstance(data, ImageSamples):
        names, values = _of_samples(data)
    else:
        names, values = _of_pairs(design)
    n_values = max(len(row) for row in values)
    labels = np.stack([data.probe_test.labels[task.name] for task in data.tasks], axis=1)
    padded = [[*row, *[""] * (n_values - len(row))] for row in values]
    return labels, np.array(names), np.array(padded)


def _of_samples(data: ImageSamples) -> tuple[list[str], list[tuple[str, ...]]]:
    """The names of the tasks of three images and more, and of their classes."""
    from interaction_probes.experiment.evaluation.confusion import class_names

    names = [f"{task.name}  {task.measures}" for task in data.tasks]
    return names, [class_names(data.design, task) for task in data.tasks]


def _of_pairs(design: PairDesign) -> tuple[list[str], list[tuple[str, ...]]]:
    names = [
        f"R  {design.shared}",
        f"U1  {design.unique} of image 1",
        f"U2  {design.unique} of image 2",
        "S  mapping",
    ]
    values = [
        NAMES[design.shared],
        NAMES[design.unique],
        NAMES[design.unique],
        ("broken", "obeyed"),
    ]
    return names, values


if __name__ == "__main__":
    main()

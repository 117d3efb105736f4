"""Whether a mapping became one code for both images: a probe of image 1 read on image 2.

Run with ``python benchmarks/shared_code.py RUN_FOLDER ... [--out FILE.csv]``; nothing is trained
but a linear probe. It learns to tell the texture of image 1 from the representation of image 1
alone, and is then given the representation of image 2 alone, which it has never seen. Where the
pretraining made "texture t in image 1" and "colour M(t) in image 2" one code, it names the texture
that the mapping M assigns to image 2's colour; otherwise it guesses, one in ten.

Representations of either image are standardised with their own training statistics, so that what
sets all images 1 apart from all images 2 does not count. Accuracies (%) are of the test images,
whose combinations of factors neither the method nor the probe has seen.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.streams import stream
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.method import Method
from interaction_probes.execution.grid import write_weights
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.representations import pixels, represent
from interaction_probes.probing.linear import choose_strengths, refit
from interaction_probes.probing.metrics import macro_accuracy
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.run_folder import read_object
from trifeature import PairedImages
from trifeature.images.factors import column

CPU = torch.device("cpu")
COLUMNS = ("of_image_1", "mapped_of_image_2", "same_of_image_2")


def shared_code(method: Method, data: PairedImages, config: RunConfig) -> dict[str, float]:
    """Macro accuracies on the test images of a probe that was fitted to image 1.

    Args:
        method: on the CPU.
        data: images, factors and mapping.
        config: the run's.

    Returns:
        ``of_image_1``: of the mapped attribute of image 1 (texture), for which it was fitted.
        ``mapped_of_image_2``: of the attribute that the mapping gives image 2 (colour), when what
        the probe says of image 2 is mapped. ``same_of_image_2``: of the first attribute of image 2.

    Raises:
        ValueError: a method that represents pairs only.
    """
    test = data.test.factors
    source, target = map(column, config.design.mapped)
    try:
        first, second = (_codes(method, data, config, m) for m in range(2))
    except NotImplementedError as error:
        raise ValueError(f"{config.method} represents pairs only, no single image") from error
    read = _probe(first[0], data.train.factors[:, source], config)
    of_1, of_2 = read(first[1]), read(second[1])
    ones = np.ones((1, len(test)))
    asked = (
        (test[:, source], of_1),
        (test[:, target], data.mapping[of_2]),
        (test[:, source], of_2),
    )
    found = (float(macro_accuracy(labels, guesses, ones)[0]) for labels, guesses in asked)
    return dict(zip(COLUMNS, found, strict=True))


def _codes(
    method: Method, data: PairedImages, config: RunConfig, modality: int
) -> tuple[Tensor, Tensor]:
    """Training and test images as one modality alone, standardised with training statistics."""
    train, test = (
        torch.from_numpy(
            represent(
                method,
                pixels(part.images),
                np.repeat(np.arange(len(part))[:, None], 2, axis=1),
                config,
                (modality == 0, modality == 1),
            )
        )
        for part in (data.train, data.test)
    )
    spectrum = PCABasis.of(train)
    return spectrum.standardise(train), spectrum.standardise(test)


def _probe(
    features: Tensor, labels: np.ndarray, config: RunConfig
) -> Callable[[Tensor], np.ndarray]:
    """The linear probe of :mod:`interaction_probes.probing.linear`, as a function to labels."""
    spectrum, classes = PCABasis.of(features), int(labels.max()) + 1
    rotated, strengths = spectrum.rotate(features), config.probe.strengths
    split = stratified_split(labels, stream(config.seed, "shared code"))
    chosen = choose_strengths(rotated, spectrum.variance, labels, classes, strengths, split)
    fitted = refit(rotated, spectrum.variance, labels, classes, strengths, chosen)

    def read(codes: Tensor) -> np.ndarray:
        accurate = fitted.log_probabilities(spectrum.rotate(codes))[0]
        return accurate.argmax(1).numpy()

    return read


def main() -> None:
    """A line per run, and the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = []
    print(f"{'run':<50}" + "".join(f"{name:>20}" for name in COLUMNS))
    with friendly_errors():
        for path in arguments.folders:
            config, method, data = load_run(path, CPU)
            found = shared_code(method, data, config)
            print(f"{path.name:<50}" + "".join(f"{100 * x:>20.1f}" for x in found.values()))
            weights = write_weights(config.weights)
            precision = (read_object(path / "run.json") or {}).get("precision", "")
            identity = (path.name, config.method, config.pairs, config.seed, weights, precision)
            lines.append([*identity, *(found[name] for name in COLUMNS)])
        if arguments.out:
            header = ("run", "method", "pairs", "seed", "weights", "precision", *COLUMNS)
            write_atomically(arguments.out, as_csv(header, lines))


if __name__ == "__main__":
    main()

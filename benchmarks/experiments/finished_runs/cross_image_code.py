"""Test whether the mapping became one code: fit a probe on image 1, apply it to image 2.

Run with ``python benchmarks/experiments/finished_runs/cross_image_code.py RUN_FOLDER ... [--out
FILE.csv]``; only a linear probe is trained. It learns the texture of image 1 from the
representation of image 1 alone. Then it predicts from the representation of image 2 alone, which it
has never seen. If pretraining gave "texture t in image 1" and "colour M(t) in image 2" the same
code, the probe predicts the texture that the mapping M assigns to the colour of image 2; otherwise
it is right for one image in ten.

Representations of each image are standardised with their own training statistics, which removes
any constant offset between images 1 and images 2. Accuracies (%) are on the test images, whose
combinations of factors neither the method nor the probe has seen.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.finished_runs.folders import IDENTITY, folders_and_table, identity_of
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.streams import stream
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.method import Method
from interaction_probes.experiment.evaluation.representations import image_only, pixels, represent
from interaction_probes.experiment.loading import load_run
from interaction_probes.probing.linear import choose_penalties, refit
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages
from trifeature.images.factors import column

CPU = torch.device("cpu")
COLUMNS = ("of_image_1", "mapped_of_image_2", "same_of_image_2")


def cross_image_code(method: Method, data: PairedImages, config: RunConfig) -> dict[str, float]:
    """Macro accuracies on the test images of a probe that was fitted on image 1.

    Args:
        method: on the CPU.
        data: images, factors and mapping.
        config: the run's.

    Returns:
        ``of_image_1``: the probe's accuracy on the mapped attribute of image 1 (texture), on which
        it was fitted. ``mapped_of_image_2``: the accuracy on the colour of image 2, if the mapping
        is applied to the texture that the probe predicts from image 2. ``same_of_image_2``: the
        accuracy on the texture of image 2.

    Raises:
        ValueError: the method cannot represent a single image.
    """
    test = data.test.factors
    source, target = map(column, config.design.mapped)
    try:
        first, second = (_codes(method, data, config, m) for m in range(2))
    except NotImplementedError as error:
        raise ValueError(f"{config.method} represents pairs only, no single image") from error
    predict = _fit_probe(first[0], data.train.factors[:, source], config)
    texture_1, texture_2 = predict(first[1]), predict(second[1])
    comparisons = (
        (test[:, source], texture_1),
        (test[:, target], data.mapping[texture_2]),
        (test[:, source], texture_2),
    )
    accuracies = (float(balanced_accuracy_score(y, predicted)) for y, predicted in comparisons)
    return dict(zip(COLUMNS, accuracies, strict=True))


def _codes(
    method: Method, data: PairedImages, config: RunConfig, modality: int
) -> tuple[Tensor, Tensor]:
    """Representations of training and test images, one modality alone, standardised."""
    train, test = (
        torch.from_numpy(
            represent(
                method,
                pixels(images.images),
                np.repeat(np.arange(len(images))[:, None], 2, axis=1),
                config,
                image_only(modality),
            )
        )
        for images in (data.train, data.test)
    )
    basis = PCABasis.of(train)
    return basis.standardise(train), basis.standardise(test)


def _fit_probe(
    features: Tensor, labels: np.ndarray, config: RunConfig
) -> Callable[[Tensor], np.ndarray]:
    """Fit the linear probe of :mod:`interaction_probes.probing.linear`; returns its predict."""
    basis, classes = PCABasis.of(features), int(labels.max()) + 1
    rotated, penalties = basis.rotate(features), config.probe.strengths
    split = stratified_split(labels, stream(config.seed, "shared code"))
    selection = choose_penalties(rotated, basis.variance, labels, classes, penalties, split)
    probes = refit(rotated, basis.variance, labels, classes, penalties, selection)

    def predict(codes: Tensor) -> np.ndarray:
        return probes.log_probabilities(basis.rotate(codes))["accuracy"].argmax(1)

    return predict


def main() -> None:
    """Print a line per run, and write the table."""
    arguments = folders_and_table(__doc__)
    lines = []
    print(f"{'run':<50}" + "".join(f"{name:>20}" for name in COLUMNS))
    with friendly_errors():
        for path in arguments.folders:
            config, method, data = load_run(path, CPU)
            assert isinstance(data, PairedImages)
            accuracies = cross_image_code(method, data, config)
            print(f"{path.name:<50}" + "".join(f"{100 * x:>20.1f}" for x in accuracies.values()))
            lines.append([*identity_of(path, config), *(accuracies[name] for name in COLUMNS)])
        if arguments.out:
            write_atomically(arguments.out, as_csv([*IDENTITY, *COLUMNS], lines))


if __name__ == "__main__":
    main()

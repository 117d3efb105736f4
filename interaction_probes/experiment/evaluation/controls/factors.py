"""The control ``factors``: what a representation holds of every factor of every image, in bits."""

from dataclasses import replace

import numpy as np

from interaction_probes.analysis.schema import Measurement
from trifeature import PairedImages, PairSet, Task
from trifeature.images.factors import FACTORS, column
from trifeature.information.pid import table_entropy

#: The names, in metrics.csv, of the linear probe of factors and of the MLP.
FACTORS_PROBE, FACTORS_MLP_PROBE = "factors", "factors_mlp"


def with_factor_tasks(data: PairedImages) -> PairedImages:
    """The same samples with a task per factor and image: ``shape_1`` to ``colour_2``.

    Args:
        data: samples of any number of images.
    """
    values = np.concatenate([data.train.factors, data.test.factors]).max(0) + 1
    tasks = tuple(
        Task(f"{factor}_{m + 1}", int(values[column(factor)]), f"{factor} of image {m + 1}")
        for m in range(data.modalities)
        for factor in FACTORS
    )

    def labelled(samples: PairSet, factors: np.ndarray) -> PairSet:
        labels = {
            f"{factor}_{m + 1}": factors[samples.index[:, m], column(factor)]
            for m in range(data.modalities)
            for factor in FACTORS
        }
        return replace(samples, labels=labels)

    return replace(
        data,
        tasks=tasks,
        probe_train=labelled(data.probe_train, data.train.factors),
        probe_test=labelled(data.probe_test, data.test.factors),
    )


def available_bits(epoch: int, data: PairedImages) -> list[Measurement]:
    """The entropy of each factor in the test samples: rows ``bits_available`` of ``factors``.

    Args:
        epoch: epochs trained.
        data: samples whose tasks are factors.
    """
    return [
        Measurement(
            epoch,
            task.name,
            FACTORS_PROBE,
            "bits_available",
            table_entropy(np.bincount(data.probe_test.labels[task.name])),
        )
        for task in data.tasks
    ]

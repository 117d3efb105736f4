"""The control ``pid``: which information of a pair the linear probe's predictions use."""

from collections.abc import Mapping

import numpy as np

from interaction_probes.analysis.schema import Measurement
from interaction_probes.common.streams import stream
from interaction_probes.probing.information.model_pid import ImageValues, model_pid
from interaction_probes.settings.config import RunConfig
from trifeature import PairDesign, PairedImages
from trifeature.images.factors import column

#: The name of its rows in metrics.csv.
PROBE = "pid"


def factors_of_task(design: PairDesign, task: str) -> tuple[str, str]:
    """The factor of image 1 and the factor of image 2 that a task is about.

    Tables of all three factors of both images would have a million cells for 4,000 pairs. R is
    about the shared attribute of both. U1 and U2 are about the unique attribute of both: a
    prediction of one can mistake the other image's for it. S is about what the mapping links.

    Args:
        design: of the pairs.
        task: R, U1, U2 or S.
    """
    if task == "S":
        first, second = design.mapped
        return first, second
    factor = design.shared if task == "R" else design.unique
    return factor, factor


def pid_rows(
    epoch: int,
    data: PairedImages,
    config: RunConfig,
    predicted: Mapping[str, np.ndarray],
    resample_counts: np.ndarray,
) -> list[Measurement]:
    """Rows of probe ``pid``: per task and part its bits, interval, floor and truth.

    Args:
        epoch: epochs trained.
        data: pairs of images.
        config: the run's.
        predicted: task → int64 [m], the linear probe's class of each test pair, whose images no
            probe was fitted to; so a prediction needs no further folds.
        resample_counts: [b, m] of a bootstrap over the test images.
    """
    test = data.probe_test
    rows = []
    for task in data.tasks:
        names = factors_of_task(config.design, task.name)
        images = [_values(data.test.factors, name, config.design.shared) for name in names]
        found = model_pid(
            (images[0], images[1]),
            test.index,
            predicted[task.name],
            test.labels[task.name],
            task.classes,
            resample_counts,
            stream(config.seed, "model pid", task.name),
        )
        rows += [
            Measurement(epoch, task.name, PROBE, metric, value) for metric, value in found.metrics()
        ]
    return rows


def _values(factors: np.ndarray, name: str, shared: str) -> ImageValues:
    """A factor's values; images that share an attribute meet, so they exchange the others."""
    values = factors[:, column(name)]
    strata = np.zeros_like(values) if name == shared else factors[:, column(shared)]
    return ImageValues(values, strata)

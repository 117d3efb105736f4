"""The schema of the tables that runs leave: columns, one measurement, the version of the format.

Columns are the fields of the two dataclasses. A further column is a further field here, with a
default, so that tables and checkpoints written before it still read.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, astuple, dataclass, fields
from typing import Any

#: The version of a run folder's format, ``format`` in run.json; folders without it are of version
#: 1. Raise it where an older version would misread what this one writes.
FORMAT_VERSION = 2


class NewerFormat(ValueError):
    """A later version of the project wrote the file."""


@dataclass(frozen=True)
class RunIdentity:
    """What identifies a run in a table of metrics.

    Attributes:
        method: its name in the registry, or ``package.module:Class``.
        preset: the settings that the run started from.
        pairs: the design of the pretraining pairs.
        seed: names the run's random streams.
    """

    method: str
    preset: str
    pairs: str
    seed: int


@dataclass(frozen=True)
class Measurement:
    """One value that a run measured.

    Attributes:
        epoch: epochs trained before it.
        task: R, U1, U2 or S.
        probe: what was fitted; ``exact`` for limits that are known.
        metric: what of the probe, a name of `METRICS`, or an end of its interval.
        value: as a fraction (accuracy, AUC), in bits, or in the unit of the metric.
    """

    epoch: int
    task: str
    probe: str
    metric: str
    value: float


@dataclass(frozen=True)
class ConfusionCell:
    """One cell of a confusion matrix on the test pairs.

    Attributes:
        epoch: epochs trained before it.
        task: R, U1, U2 or S.
        probe: whose predictions they are, those that its accuracy is scored by.
        true: the name of the true class.
        predicted: the name of the predicted class.
        count: how many test pairs.
    """

    epoch: int
    task: str
    probe: str
    true: str
    predicted: str
    count: int


@dataclass(frozen=True)
class RepresentationRow:
    """What a probed representation is, whatever the task.

    Attributes:
        epoch: epochs trained before it.
        probe: the probe that reads it.
        effective_rank: in how many directions the train pairs spread; 1 at least.
        features: how many features it has.
        collapsed: 1 where every feature is constant, so that its scores are chance, else 0.
    """

    epoch: int
    probe: str
    effective_rank: float
    features: int
    collapsed: int


@dataclass(frozen=True)
class Metric:
    """How a metric of a probe is printed.

    Attributes:
        label: its name in print.
        scale: the factor of its values in print.
        digits: decimals in print.
        unit: of the scaled value.
    """

    label: str
    scale: float = 1.0
    digits: int = 3
    unit: str = ""

    @property
    def heading(self) -> str:
        """Its name in print with the unit, for a column or an axis."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def text(self, value: float) -> str:
        """A value in print, without the unit."""
        return f"{self.scale * value:.{self.digits}f}"


#: Name in the column `metric` → how it is printed. `NAME_low` and `NAME_high` are the ends of its
#: interval, `NAME_strength` is the L2 penalty that was chosen for it.
METRICS: Mapping[str, Metric] = {
    # macro (balanced): the mean recall over the classes
    "accuracy": Metric("accuracy", 100.0, 1, "%"),
    # area under the ROC curve: the mean over classes, each against the rest, or over columns
    "auc": Metric("AUC"),
    # in bits; of a multi-label summed over columns
    "cross_entropy": Metric("cross-entropy"),
    # usable information H(Y) − cross-entropy; of a multi-label summed over columns
    "bits": Metric("bits"),
    # of a multi-label: the mean F1 over columns, at probability .5
    "macro_f1": Metric("macro F1"),
    # of a multi-label: F1 of all columns' predictions together
    "micro_f1": Metric("micro F1"),
    # share of the variance that is explained, the mean over columns
    "r2": Metric("R²"),
    # mean squared error in the label's unit squared, the mean over columns
    "mse": Metric("MSE", digits=4),
    # usable information of a linear model with Gaussian errors, summed over columns; not
    # comparable with bits of classes
    "gaussian_bits": Metric("Gaussian bits"),
    # of a label of a dataset: its bits, or R² of real numbers, on the validation rows
    "validation": Metric("validation"),
    # of a label of a dataset: the probed epoch of the highest validation score
    "best_epoch": Metric("best epoch"),
}


def metric_of(name: str) -> str:
    """The metric that a name in the column `metric` belongs to.

    >>> metric_of("macro_f1_low"), metric_of("r2_strength"), metric_of("bits")
    ('macro_f1', 'r2', 'bits')
    """
    return re.sub(r"_(low|high|strength)$", "", name)


def _names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


RUN_COLUMNS = _names(RunIdentity)
MEASUREMENT_COLUMNS = _names(Measurement)
METRIC_COLUMNS = (*RUN_COLUMNS, *MEASUREMENT_COLUMNS)
LOSS_COLUMNS = ("epoch", "term", "value")
CONFUSION_COLUMNS = (*RUN_COLUMNS, *_names(ConfusionCell))
REPRESENTATION_COLUMNS = (*RUN_COLUMNS, *_names(RepresentationRow))
#: Columns of a collected table that differ between the epochs of a run, as scores do.
COLLAPSE_COLUMNS = ("effective_rank", "collapsed")
#: Columns that may lack in a table that was written before them → the value they had then.
DEFAULTS: Mapping[str, Any] = {
    field.name: field.default for field in fields(Measurement) if field.default is not MISSING
}
#: Columns of the rows in checkpoints of version 1, which did not name them.
_COLUMNS_1 = ("epoch", "task", "probe", "metric", "value")


def as_plain_rows(measurements: Iterable[Measurement]) -> list[tuple[Any, ...]]:
    """Measurements as tuples in the order of `MEASUREMENT_COLUMNS`."""
    return [astuple(measurement) for measurement in measurements]


def from_plain_rows(
    rows: Iterable[Sequence[Any]], columns: Sequence[str] | None = None
) -> list[Measurement]:
    """The inverse of :func:`as_plain_rows`, by the names of the columns.

    Args:
        rows: a value per column each.
        columns: their names; those of version 1 where none are given.

    Raises:
        ValueError: a column that is unknown, or rows of another length.
        TypeError: a column that is missing and has no default, or a row that is none.
    """
    names = _COLUMNS_1 if columns is None else tuple(columns)
    if unknown := [name for name in names if name not in MEASUREMENT_COLUMNS]:
        raise ValueError(f"no column {unknown[0]!r} in a measurement")
    return [Measurement(**dict(zip(names, row, strict=True))) for row in rows]


def check_format(status: Mapping[str, Any], where: object) -> None:
    """Refuse what a later version wrote.

    Args:
        status: the content of a run.json.
        where: the file, for the error.

    Raises:
        NewerFormat: its format is above `FORMAT_VERSION`.
        ValueError: its format is no whole number of 1 or more.
    """
    found = status.get("format", 1)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ValueError(f"{where} is damaged: its format is no whole number")
    if found > FORMAT_VERSION:
        raise NewerFormat(
            f"{where} was written by a newer version: format {found}, this one reads up to "
            f"{FORMAT_VERSION}"
        )


def image_only_probe(modality: int) -> str:
    """The name, in the column `probe`, of the linear probe that is shown one image only.

    CoMM's notation, which metrics.csv has used from the start: mask {1} *shows* image 1 and hides
    every other. So modality 0 (image 1) gives ``mask1``. Several
    images are :func:`subset_probe`. No other place makes or parses the names.
    """
    return f"mask{modality + 1}"


def subset_probe(images: Iterable[int]) -> str:
    """The name of the linear probe that is shown some of the images, numbered from 1.

    ``mask13`` is shown images 1 and 3; of one image it is that of :func:`image_only_probe`.
    """
    return f"mask{''.join(map(str, sorted(images)))}"


def images_of_probe(probe: str) -> tuple[int, ...]:
    """The numbers of the images that a probe ``mask13`` is shown; none of any other probe."""
    found = re.fullmatch(r"mask([1-9]+)", probe)
    return tuple(map(int, found[1])) if found else ()


def subset_probes(probes: Iterable[str]) -> list[str]:
    """Those of some probes that are shown some of the images, each once.

    >>> subset_probes(["linear", "mask1", "mask13", "mask1", "shuffled"])
    ['mask1', 'mask13']
    """
    return [probe for probe in dict.fromkeys(probes) if images_of_probe(probe)]


def subset_bits(images: Iterable[int]) -> str:
    """The metric of probe ``exact`` that is I(X_A; Y) of a subset of images: ``bits_mask13``."""
    return f"bits_{subset_probe(images)}"


def images_of_subset_bits(metric: str) -> tuple[int, ...]:
    """The inverse of :func:`subset_bits`; no images of any other metric."""
    return images_of_probe(metric.removeprefix("bits_")) if metric.startswith("bits_") else ()


def single_image_limit(modality: int) -> str:
    """The metric of probe ``exact`` that is the highest AUC of one image alone: ``auc_mask1``.

    Runs have it where S is not pure; without it an image alone is at chance.
    """
    return f"auc_{image_only_probe(modality)}"


def image_only_label(probe: str) -> str | None:
    """What a reader is told of such a probe: ``image 1 alone``; None of any other probe."""
    images = images_of_probe(probe)
    return f"image {images[0]} alone" if len(images) == 1 else None

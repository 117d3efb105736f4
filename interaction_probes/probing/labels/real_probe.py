"""The probe of real numbers: ridge regression, its penalty chosen on the validation rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from interaction_probes.probing.intervals import Interval
from interaction_probes.probing.standardiser import Standardiser

from .real_metrics import LEAST_VARIANCE, real_metrics
from .resampling import Values, over_resamplings, percentile_intervals, where_undefined
from .result import LabelResult
from .ridge import ridge_path
from .rows import ProbedRows


def real_probe(
    rows: ProbedRows, penalties: Sequence[float], counts: np.ndarray | None = None
) -> LabelResult:
    """Fit ridge regression to every column of a label and score it once.

    The columns are standardised by the fitted rows. The penalty is that of the least mean squared
    error of the standardised columns on the validation rows, one for all columns. The residual
    variances of `gaussian_bits` (:func:`.real_metrics.real_metrics`) are those on the validation
    rows, of the probe fitted to the training rows: a probe of many features leaves too small
    residuals on the rows that it was fitted to.

    Args:
        rows: features, and labels float64 [n, k] and [m, k].
        penalties: λ to choose from, in ½ mean squared error + λ/2 ‖w‖².
        counts: [b, m] of a bootstrap over the test rows, for intervals.
    """
    known, unit, centre = _scaled(rows.labels)
    tested = (rows.test_labels - centre) / unit
    device, train = rows.fitted.device, rows.train
    targets = torch.from_numpy(known).to(device)
    path = ridge_path(rows.fitted[:train], targets[:train], penalties)
    validation = known[train:]
    guesses = [path.predict(rows.fitted[train:], k).cpu().numpy() for k in range(len(penalties))]
    errors = np.stack([((validation - guess) ** 2).mean(0) for guess in guesses])  # [p, k]
    best = int(errors.mean(1).argmin())
    residual = np.maximum(errors[best], LEAST_VARIANCE)
    residual[_constant_columns(rows.labels[:train])] = np.nan  # nothing is fitted
    final = ridge_path(rows.fitted, targets, [penalties[best]])
    predicted = final.predict(rows.test, 0).cpu().numpy()
    result = _result(tested, predicted, residual, unit, counts)
    result.validation.update(_scores(_columns(validation, guesses[best], residual, unit)))
    # of a variance that these very rows gave
    result.validation.pop("gaussian_bits", None)
    return replace(
        result,
        chosen={"r2_strength": float(penalties[best])},
        notes=_notes(rows),
        predicted=predicted * unit + centre,
    )


def real_chance(
    labels: np.ndarray, test_labels: np.ndarray, counts: np.ndarray | None = None
) -> LabelResult:
    """The scores of a probe that is shown nothing: R² and bits are 0, the error is the variance.

    Args:
        labels: float64 [n, k], of the training and the validation rows.
        test_labels: float64 [m, k].
        counts: [b, m] of a bootstrap over the test rows, for intervals.
    """
    mean = test_labels.mean(0)
    tested, unit = (test_labels - mean), np.ones(len(mean))
    variance = np.maximum(tested.var(0), np.finfo(float).tiny)
    result = _result(tested, np.zeros_like(tested), variance, unit, counts)
    for name in {"r2", "gaussian_bits"} & set(result.scores):
        result.scores[name] = 0.0
        result.columns[name] = np.where(np.isnan(result.columns[name]), np.nan, 0.0)
        if counts is not None:
            result.intervals[name] = Interval(0.0, 0.0)
            result.replicates[name] = np.zeros(len(counts))
    guess = np.tile(labels.mean(0), (len(tested), 1))
    return replace(result, collapsed=True, predicted=guess)


def _result(
    targets: np.ndarray,
    predicted: np.ndarray,
    residual: np.ndarray,
    unit: np.ndarray,
    counts: np.ndarray | None,
) -> LabelResult:
    """Scores of the test rows, with intervals where there are counts."""
    found = _columns(targets, predicted, residual, unit)
    scores = _scores(found)
    columns = {name: found[name][0] for name in ("r2", "mse", "gaussian_bits")}
    result = LabelResult("real", scores, columns=columns)
    if counts is None:
        return result
    resampled = _columns(targets, predicted, residual, unit, counts)
    replicates = {
        name: np.nanmean(where_undefined(resampled[name], found[name][0])[:, scored], axis=1)
        for name, scored in (("r2", slice(None)), ("mse", _scored(found)))
    }
    replicates["gaussian_bits"] = np.nansum(resampled["gaussian_bits"], axis=1)
    entropy = found["gaussian_entropy"][0]
    lower = where_undefined(resampled["gaussian_entropy"], entropy).mean(0)
    # As of classes: the spread of resampled values is below that of what they are drawn from.
    raised = {"gaussian_bits": float(np.nansum(np.maximum(entropy - lower, 0)))}
    result.intervals.update(percentile_intervals(scores, replicates, raised))
    result.replicates.update(replicates)
    return result


def _scaled(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised labels [n, k], and the unit and the centre of each column, [k]."""
    found = Standardiser.of(labels)
    unit = found.largest * np.where(found.deviation > 0, found.deviation, 1)
    centre = found.largest * found.mean
    return (labels - centre) / unit, unit, centre


def _constant_columns(labels: np.ndarray) -> np.ndarray:
    return labels.min(0) == labels.max(0)


def _notes(rows: ProbedRows) -> tuple[str, ...]:
    """A sentence on the columns that are constant in the training rows, and in the test rows."""
    notes = []
    for name, labels, what in (
        ("training", rows.labels[: rows.train], "they have no bits"),
        ("test", rows.test_labels, "they have no R² and no bits, and no part in the MSE"),
    ):
        constant = np.flatnonzero(_constant_columns(labels))
        if len(constant):
            shown = ", ".join(map(str, constant))
            notes.append(f"columns with one value in all {name} rows, so that {what}: {shown}")
    return tuple(notes)


def _columns(
    targets: np.ndarray,
    predicted: np.ndarray,
    residual: np.ndarray,
    unit: np.ndarray,
    counts: np.ndarray | None = None,
) -> Values:
    """Metric → its value per column under each resampling, [b, k]; errors in the label's unit."""
    found = over_resamplings(
        lambda some: real_metrics(targets, predicted, residual, some), counts, len(targets)
    )
    return found | {"mse": found["mse"] * unit**2}


def _scores(found: Values) -> dict[str, float]:
    """Means over columns with an R², bits summed; a metric that no column has is absent."""
    mse = float(found["mse"][:, _scored(found)].mean())
    if np.isnan(found["r2"]).all():
        return {"mse": mse}
    return {
        "r2": float(np.nanmean(found["r2"])),
        "mse": mse,
        "gaussian_bits": float(np.nansum(found["gaussian_bits"])),
    }


def _scored(found: Values) -> np.ndarray:
    """The columns that R² and MSE are the means of: those that vary, or all where none does."""
    varies = ~np.isnan(found["r2"][0])
    return varies if varies.any() else ~varies

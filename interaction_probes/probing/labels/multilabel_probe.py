"""The probe of a multi-label: one logistic regression per column, all solved together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from interaction_probes.probing.intervals import Interval
from interaction_probes.probing.linear import SELECTION_TOLERANCE, continuation
from interaction_probes.probing.solver.lbfgs import TOLERANCE
from interaction_probes.probing.solver.objective import LogisticColumns
from interaction_probes.probing.solver.path import solve_path

from .multilabel_metrics import METRICS, multilabel_metrics, multilabel_scores
from .resampling import Values, over_resamplings, percentile_intervals, where_undefined
from .result import LabelResult
from .rows import ProbedRows

#: The logit of a column that is not fitted: that of its one class, for certain.
_CERTAIN = 60.0


def multilabel_probe(
    rows: ProbedRows,
    penalties: Sequence[float],
    counts: np.ndarray | None = None,
    names: Sequence[str] = (),
) -> LabelResult:
    """Fit an L2 logistic regression to every column of a label, and score it once.

    Each metric chooses its penalty on the validation rows, one for all columns: macro F1, micro F1,
    AUC, and the cross-entropy summed over columns for bits. Ties go to the least cross-entropy.

    A column with one class in the training rows is not fitted, and named in the notes. It is
    predicted as that class in both F1, has an AUC of ½, and adds nothing to the sums of bits and
    cross-entropy.

    Args:
        rows: features, and labels bool [n, k] and [m, k].
        penalties: λ to choose from, in each column's mean cross-entropy + λ/2 ‖w‖².
        counts: [b, m] of a bootstrap over the test rows, for intervals.
        names: of the columns, for the notes; none for their numbers.
    """
    labels, train = rows.labels, rows.train
    fitted, notes = _varying_columns(rows, names)
    device, dtype = rows.fitted.device, rows.fitted.dtype
    positive = torch.from_numpy(np.ascontiguousarray(labels[:, fitted].T)).to(device, dtype)
    path = solve_path(
        LogisticColumns(rows.fitted[:train], rows.variance, positive[:, :train]),
        penalties,
        tolerance=SELECTION_TOLERANCE,
    )
    constant = np.where(labels[0], _CERTAIN, -_CERTAIN)

    def logits(fit: torch.Tensor) -> np.ndarray:
        """Of all columns, [n, k], from those of the fitted ones."""
        every = np.tile(constant, (fit.shape[1], 1))
        every[:, fitted] = fit.T.double().cpu().numpy()
        return every

    held_out = rows.fitted[train:]
    candidates = []
    for k in range(len(penalties)):
        guess = logits(path.select([k]).logits(held_out)[0])
        candidates.append(
            multilabel_scores(_columns(labels[train:], dict.fromkeys(METRICS, guess), fitted))
        )
    best = _best(candidates)
    chosen = list(best.values())
    order = continuation(chosen, penalties)
    solved = solve_path(
        LogisticColumns(rows.fitted, rows.variance, positive),
        [penalties[k] for k in order],
        path.select(order),
        [TOLERANCE if k in chosen else SELECTION_TOLERANCE for k in order],
    ).logits(rows.test)
    tested = {name: logits(solved[order.index(k)]) for name, k in best.items()}
    result = replace(_result(rows.test_labels, tested, fitted, counts), notes=notes)
    result.validation.update(
        {name: candidates[k][name] for name, k in best.items() if name in candidates[k]}
    )
    result.validation["cross_entropy"] = candidates[best["bits"]]["cross_entropy"]
    result.chosen.update({f"{name}_strength": float(penalties[k]) for name, k in best.items()})
    return result


def multilabel_chance(
    labels: np.ndarray, test_labels: np.ndarray, counts: np.ndarray | None = None
) -> LabelResult:
    """The scores of a probe that is shown nothing: the shares of the columns are all it predicts.

    Bits are 0, AUC is ½ and the cross-entropy is H(Y) of the test rows.

    Args:
        labels: bool [n, k], of the training and the validation rows.
        test_labels: bool [m, k].
        counts: [b, m] of a bootstrap over the test rows, for intervals.
    """
    certain = np.where(labels.mean(0) > 0.5, _CERTAIN, -_CERTAIN)
    guess = np.tile(certain, (len(test_labels), 1))
    every = np.arange(labels.shape[1])
    result = _result(test_labels, dict.fromkeys(METRICS, guess), every, counts)
    entropy = _columns(test_labels, dict.fromkeys(METRICS, guess), every)["label_entropy"][0]
    result.columns.update(bits=np.zeros(len(every)), cross_entropy=entropy)
    result.scores.update(bits=0.0, cross_entropy=float(entropy.sum()))
    if counts is not None:
        result.intervals["bits"] = Interval(0.0, 0.0)
        result.replicates["bits"] = np.zeros(len(counts))
    return replace(result, collapsed=True)


def _varying_columns(rows: ProbedRows, names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The columns that have both classes in the training rows, and a note on the others."""
    labels = rows.labels[: rows.train]
    varies = labels.any(0) & ~labels.all(0)
    others = np.flatnonzero(~varies)
    if not len(others):
        return np.flatnonzero(varies), ()
    shown = ", ".join(str(names[int(k)]) if len(names) else str(k) for k in others)
    return np.flatnonzero(varies), (
        f"columns that have one class in the training rows, and are not fitted: {shown}",
    )


def _best(candidates: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """Metric → index of the candidate that is best by it; without an AUC that of macro F1."""
    indices = range(len(candidates))
    bits = min(indices, key=lambda k: candidates[k]["cross_entropy"])
    best = {
        name: min(
            indices, key=lambda k: (-candidates[k].get(name, 0.0), candidates[k]["cross_entropy"])
        )
        for name in ("macro_f1", "micro_f1", "auc")
    }
    return best | {"bits": bits}


def _columns(
    labels: np.ndarray,
    logits: Mapping[str, np.ndarray],
    fitted: np.ndarray,
    counts: np.ndarray | None = None,
) -> Values:
    """Every metric under each resampling; columns that are not fitted have no bits (NaN)."""
    found = over_resamplings(
        lambda some: multilabel_metrics(labels, logits, some), counts, len(labels)
    )
    others = np.setdiff1d(np.arange(labels.shape[1]), fitted)
    for name in ("cross_entropy", "bits", "label_entropy"):
        found[name][:, others] = np.nan
    return found


def _result(
    labels: np.ndarray,
    logits: Mapping[str, np.ndarray],
    fitted: np.ndarray,
    counts: np.ndarray | None,
) -> LabelResult:
    """Scores of the test rows, with intervals where there are counts."""
    found = _columns(labels, logits, fitted)
    scores = multilabel_scores(found)
    columns = {"f1": found["macro_f1"][0]}
    columns |= {name: found[name][0] for name in ("auc", "cross_entropy", "bits")}
    result = LabelResult("multilabel", scores, columns=columns, predicted=logits["macro_f1"] > 0)
    if counts is None:
        return result
    resampled = _columns(labels, logits, fitted, counts)
    replicates: Values = {
        name: np.nanmean(where_undefined(resampled[name], found[name][0]), axis=1)
        for name in ("macro_f1", "micro_f1", "auc")
        if name in scores
    }
    replicates["bits"] = np.nansum(resampled["bits"], axis=1)
    # The entropy of resampled labels is below that of what they are drawn from.
    bias = np.maximum(found["label_entropy"][0] - resampled["label_entropy"].mean(0), 0)
    raised = {"bits": float(np.nansum(bias))}
    result.intervals.update(percentile_intervals(scores, replicates, raised))
    result.replicates.update(replicates)
    return result

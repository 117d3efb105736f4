"""The probe of classes: logistic regression, its penalties chosen on the validation rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from interaction_probes.probing.linear import SELECTION_TOLERANCE, PenaltySelection, refit
from interaction_probes.probing.metrics import METRICS, column_entropy
from interaction_probes.probing.model_selection import best_candidates, score_candidates
from interaction_probes.probing.representation.collapse import chance_result
from interaction_probes.probing.result import ProbeResult, score_log_probabilities
from interaction_probes.probing.solver.path import fit_logistic

from .one_vs_rest import one_vs_rest_auc
from .resampling import percentile_intervals
from .result import LabelResult
from .rows import ProbedRows


def class_probe(
    rows: ProbedRows, penalties: Sequence[float], counts: np.ndarray | None = None
) -> LabelResult:
    """Fit multinomial logistic regression and score it once.

    It is the probe of :func:`interaction_probes.probing.linear.linear_probe`, with the validation
    rows as those that are held out. AUC of more than two classes is that of one class against the
    rest, the mean over the classes; it chooses a penalty of its own, as the other metrics do.
    Classes that no row has are left out.

    Args:
        rows: features, and labels int64 [n] and [m].
        penalties: λ to choose from, in mean cross-entropy + λ/2 ‖W‖².
        counts: [b, m] of a bootstrap over the test rows, for intervals.
    """
    train = rows.train
    present = np.unique(rows.labels[:train])
    codes = np.searchsorted(present, rows.labels)
    tested = np.searchsorted(present, rows.test_labels)
    path = fit_logistic(
        rows.fitted[:train],
        rows.variance,
        torch.from_numpy(codes[:train]).to(rows.fitted.device),
        len(present),
        penalties,
        tolerance=SELECTION_TOLERANCE,
    )
    candidates = []
    for k in range(len(penalties)):
        guess = path.select([k]).log_probabilities(rows.fitted[train:]).double().cpu().numpy()
        [candidate] = score_candidates(guess, codes[train:])
        if len(present) > 2 and len(np.unique(codes[train:])) > 1:
            candidate = replace(candidate, auc=float(one_vs_rest_auc(codes[train:], guess[0])[0]))
        candidates.append(candidate)
    best = best_candidates(candidates)
    selection = PenaltySelection(best, candidates[best["bits"]].cross_entropy, path)
    probes = refit(rows.fitted, rows.variance, codes, len(present), penalties, selection)
    tests = probes.log_probabilities(rows.test)
    found = score_log_probabilities(tests, tested, counts)
    found = replace(found, predicted=present[tests["accuracy"].argmax(1)])
    replicates: dict[str, np.ndarray] = {}
    if len(present) > 2:
        found = replace(found, auc=float(one_vs_rest_auc(tested, tests["auc"])[0]))
        if counts is not None:
            replicates["auc"] = one_vs_rest_auc(tested, tests["auc"], counts)
    result = _result(found, replicates)
    for metric in METRICS:
        if metric != "auc" or "auc" in result.scores:
            result.chosen[f"{metric}_strength"] = float(penalties[best[metric]])
    result.validation["accuracy"] = candidates[best["accuracy"]].accuracy
    if (auc := candidates[best["auc"]].auc) is not None:
        result.validation["auc"] = auc
    result.validation["cross_entropy"] = selection.cross_entropy
    result.validation["bits"] = column_entropy(codes[train:]) - selection.cross_entropy
    return result


def class_chance(
    labels: np.ndarray, test_labels: np.ndarray, counts: np.ndarray | None = None
) -> LabelResult:
    """The scores of a probe that is shown nothing.

    Args:
        labels: int64 [n], of the training and the validation rows.
        test_labels: int64 [m].
        counts: [b, m] of a bootstrap over the test rows, for intervals.
    """
    # AUC of several classes is known as that of two is.
    found = replace(
        chance_result(labels, test_labels, int(max(labels.max(), test_labels.max())) + 1), auc=0.5
    )
    if counts is None:
        return replace(_result(found, {}), collapsed=True)
    replicates = {
        str(name): np.full(len(counts), getattr(found, name), dtype=float) for name in METRICS
    }
    result = _result(found, replicates)
    return replace(result, collapsed=True)


def _result(found: ProbeResult, replicates: dict[str, np.ndarray]) -> LabelResult:
    """From the result of a probe, and replicates of metrics that it lacks."""
    names = ("accuracy", "auc", "cross_entropy", "bits")
    scores = {name: getattr(found, name) for name in names if getattr(found, name) is not None}
    intervals = found.intervals | percentile_intervals(scores, replicates, {})
    for name in METRICS:
        if (values := getattr(found.replicates, name, None)) is not None:
            replicates = {**replicates, str(name): values}
    return LabelResult(
        kind="classes",
        scores=scores,
        intervals=intervals,
        predicted=found.predicted,
        replicates=replicates,
    )

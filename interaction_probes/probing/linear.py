"""Linear probes: what a frozen representation exposes about each task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from .intervals import Interval
from .lbfgs import CLOSE
from .logistic import Fitted, fit_logistic
from .metrics import measure
from .model_selection import Places, check_split, choose, validate
from .pca_basis import PCABasis
from .splits import Split

#: Strengths are compared by solutions this close to their minima, which takes half the passes over
#: the data; what is scored is refitted to convergence.
_ENOUGH_TO_CHOOSE = 1e-5
#: Stronger penalties through which a refit comes to its weakest one: pairs that were held out can
#: be wrong with great confidence there, and a start from the solution without them is a bad one.
_LADDER = 2

#: Features [n, d] and labels int64 [n].
Examples = tuple[Tensor, np.ndarray]


@dataclass(frozen=True)
class Score:
    """One probe's result on the scoring pairs.

    Attributes:
        accuracy: macro (balanced) accuracy, in [0, 1]: the paper's number.
        auc: area under the ROC curve for two classes, else None.
        cross_entropy: of the probe, in bits.
        bits: V-usable information H(Y) − cross-entropy, in bits.
        intervals: metric → its interval, where weights of a bootstrap were given.
        chosen: what held-out fitting pairs chose, by name, such as ``accuracy_strength``, the L2
            strength whose accuracy is scored.
    """

    accuracy: float
    auc: float | None
    cross_entropy: float
    bits: float
    intervals: dict[str, Interval] = field(default_factory=dict)
    chosen: dict[str, float] = field(default_factory=dict)

    def metrics(self) -> Iterator[tuple[str, float]]:
        """(name, value) of each metric, of the ends of its interval, and of what was chosen."""
        for name in ("accuracy", "auc", "cross_entropy", "bits"):
            value = getattr(self, name)
            if value is not None:
                yield name, value
            if name in self.intervals:
                yield f"{name}_low", self.intervals[name].low
                yield f"{name}_high", self.intervals[name].high
        yield from self.chosen.items()

    def choosing(self, places: Places, candidates: Sequence[float], what: str) -> "Score":
        """The same score, with the candidates that were chosen: ``accuracy_strength`` and so on."""
        by_metric = zip(("accuracy", "auc", "bits"), places, strict=True)
        found = {f"{name}_{what}": float(candidates[place]) for name, place in by_metric}
        if self.auc is None:
            del found[f"auc_{what}"]
        return replace(self, chosen={**self.chosen, **found})


@dataclass(frozen=True)
class Chosen:
    """What validation chose among the solutions of k strengths.

    Attributes:
        places: of the strengths that were chosen.
        entropy: the calibrated one's cross-entropy on the pairs that were held out, in bits.
        tried: the solutions on the pairs that were not held out.
    """

    places: Places
    entropy: float
    tried: Fitted


def linear_probe(
    fit: Examples,
    score: Examples,
    classes: int,
    strengths: Sequence[float],
    split: Split,
    spectrum: PCABasis | None = None,
    weights: np.ndarray | None = None,
) -> Score:
    """Fit multinomial logistic regression on frozen features and score it once.

    Features are standardised with the statistics of the fitting pairs. The L2 strengths are chosen
    among the fitting pairs alone (:func:`choose_strengths`), then the probe is refitted on all of
    them.

    Args:
        fit: features [n, d] and labels int64 [n] to fit and to choose the strengths on.
        score: features [m, d] and labels [m] that are read once, at the very end.
        classes: number of classes.
        strengths: L2 strengths λ to choose from, for each metric its own.
        split: rows of the fitting pairs to fit and to validate on while strengths are chosen.
        spectrum: of the fitting features, where several tasks share them.
        weights: [b, m] of a bootstrap over the scoring pairs, for intervals.

    Raises:
        ValueError: labels outside 0..classes − 1, fewer pairs than classes, fewer than two classes
            among the fitting or the scoring pairs, too few fitting pairs to validate on, or
            features that are not finite or all constant.
    """
    check_examples(fit, score, classes)
    features, labels = fit
    spectrum = spectrum or PCABasis.of(features)
    rotated = spectrum.rotate(features)
    chosen = choose_strengths(rotated, spectrum.variance, labels, classes, strengths, split)
    final = refit(rotated, spectrum.variance, labels, classes, strengths, chosen)
    guesses = final.log_probabilities(spectrum.rotate(score[0])).double().cpu().numpy()
    return score_guesses(guesses, score[1], weights).choosing(chosen.places, strengths, "strength")


def choose_strengths(
    rotated: Tensor,
    variance: Tensor,
    labels: np.ndarray,
    classes: int,
    strengths: Sequence[float],
    split: Split,
) -> Chosen:
    """Choose L2 strengths on held-out fitting pairs.

    Args:
        rotated: features [n, d] of the fitting pairs, rotated by a PCABasis.
        variance: [d], the spectrum's.
        labels: int64 [n].
        classes: number of classes.
        strengths: λ to choose from.
        split: rows to fit and rows to validate on.

    Raises:
        ValueError: too few pairs to fit or to validate on.
    """
    kept, held_out = split
    check_split(labels, split)
    device = rotated.device
    tried = fit_logistic(
        rotated[torch.from_numpy(kept).to(device)],
        variance,
        torch.from_numpy(labels[kept]).to(device),
        classes,
        strengths,
        tolerance=_ENOUGH_TO_CHOOSE,
    )
    guesses = tried.log_probabilities(rotated[torch.from_numpy(held_out).to(device)])
    validated = validate(guesses.double().cpu().numpy(), labels[held_out])
    places = choose(validated)
    return Chosen(places, validated[places.calibrated].entropy, tried)


def refit(
    rotated: Tensor,
    variance: Tensor,
    labels: np.ndarray,
    classes: int,
    strengths: Sequence[float],
    chosen: Chosen,
) -> Fitted:
    """The accurate, the ranked and the calibrated probe, fitted to all fitting pairs: in order."""
    places = [*chosen.places]
    descending = sorted(range(len(strengths)), key=lambda place: -strengths[place])
    weakest = max(descending.index(place) for place in places)
    ladder = list(dict.fromkeys([*places, *descending[max(0, weakest - _LADDER) : weakest]]))
    found = fit_logistic(
        rotated,
        variance,
        torch.from_numpy(labels).to(rotated.device),
        classes,
        [strengths[place] for place in ladder],
        chosen.tried.select(ladder),
        [CLOSE if place in places else _ENOUGH_TO_CHOOSE for place in ladder],
    )
    return found.select([ladder.index(place) for place in places])


def score_guesses(
    guesses: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> Score:
    """Score an accurate, a ranked and a calibrated probe's log-probabilities, in nats.

    Args:
        guesses: [3, m, classes], of the probe for accuracy, of that for AUC, and of that for
            cross-entropy and bits (:class:`interaction_probes.probing.model_selection.Places`).
        labels: int64 [m].
        weights: [b, m] of a bootstrap, for intervals.

    Raises:
        ValueError: two classes of which only one is present.
    """
    found = measure(guesses, labels)
    intervals = {}
    if weights is not None:
        replicates = measure(guesses, labels, weights)
        intervals = {
            name: Interval.of(values)
            for name in ("accuracy", "auc", "bits")
            if (values := getattr(replicates, name)) is not None
        }
    return Score(
        accuracy=float(found.accuracy[0]),
        auc=None if found.auc is None else float(found.auc[0]),
        cross_entropy=float(found.cross_entropy[0]),
        bits=float(found.bits[0]),
        intervals=intervals,
    )


def check_examples(fit: Examples, score: Examples, classes: int) -> None:
    """Refuse what cannot be probed, in a line that says which pairs are at fault.

    Raises:
        ValueError: as :func:`linear_probe` lists.
    """
    for name, (features, labels) in (("fitting", fit), ("scoring", score)):
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} {name} features have {len(labels)} labels")
        found = np.unique(labels)
        if len(found) < 2:
            raise ValueError(
                f"all {len(labels)} {name} pairs are of one class: nothing to probe; more pairs "
                "or more factor values may help"
            )
        if found[0] < 0 or found[-1] >= classes:
            raise ValueError(f"labels of the {name} pairs lie outside 0..{classes - 1}")
        if len(labels) < classes:
            raise ValueError(f"{len(labels)} {name} pairs are fewer than the {classes} classes")
        if not torch.isfinite(features).all():
            raise ValueError(f"the features of the {name} pairs are not finite")

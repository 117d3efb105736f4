"""Published linear-probe accuracies on Trifeature, to stand beside a measurement.

They are the table that figures draw: percent, at the paper's scale (224 pixels, AlexNet, 100
epochs, 5 seeds); U1 and U2 both hold the published mean of the two. R and U were learnt from
unbiased pairs, S from biased ones.
"""

from dataclasses import dataclass

from interaction_probes.figures.published import read_published
from trifeature import PairDesign
from trifeature.factors import FactorCounts

from .config import RunConfig
from .registry import find_method
from .terms import term_weights


@dataclass(frozen=True)
class Published:
    """One row of a published table.

    Attributes:
        accuracy: task → percent.
        pairs: task → the pairs that it was learnt from; empty where any teach it.
        scale: of the experiment.
        source: where the numbers stand.
        note: what a reader must know to compare with them; empty where nothing is known.
    """

    accuracy: dict[str, float]
    pairs: dict[str, str]
    scale: str
    source: str
    note: str


def _rows() -> dict[str, Published]:
    by_method = read_published().groupby("method", sort=False)
    return {
        str(name): Published(
            {str(k): float(v) for k, v in zip(rows["task"], rows["accuracy"], strict=True)},
            {str(k): str(v) for k, v in zip(rows["task"], rows["pairs"], strict=True)},
            str(rows["scale"].iloc[0]),
            str(rows["source"].iloc[0]),
            str(rows["note"].iloc[0]),
        )
        for name, rows in by_method
    }


#: method name → its published row.
PUBLISHED: dict[str, Published] = _rows()


def published_of(config: RunConfig) -> Published | None:
    """What was published of what a run measures, at whatever scale; None where nothing was.

    Numbers of a method are of its whole loss, of ten values per factor, of the published pairs and
    of the place that is probed by default: they say nothing of a run that differs in one of these.

    Raises:
        ValueError: the config names no method, loss term or place.
    """
    method = find_method(config.method)
    same = (
        term_weights(method, config.weights) == method.terms
        and method.find_place(config.probe.features) == method.find_place("default")
        and config.images.counts == FactorCounts()
        and config.design.unbiased == PairDesign()
        and config.design.shared_strength == 1
        and config.design.mapping_strength in (0, 1)
    )
    return PUBLISHED.get(config.method) if same else None

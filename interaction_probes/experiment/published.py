"""Which published numbers are about what a run measures."""

from interaction_probes.analysis.published import PUBLISHED, Published
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import term_weights
from trifeature import PairDesign
from trifeature.images.factors import FactorCounts


def published_for(config: RunConfig) -> Published | None:
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

"""Published scores that are comparable with those of a run."""

from interaction_probes.analysis.published import PUBLISHED, Published
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import term_weights
from trifeature import PairDesign
from trifeature.images.factors import FactorCounts


def published_for(config: RunConfig) -> Published | None:
    """Published scores of the method of a run, at any scale; None if there are none to compare.

    A run is comparable if it is on images and has the method's default loss weights, ten values per
    factor, the published pair design, and the default probed representation or one of the places
    that the published row names.

    Raises:
        ValueError: the method, a loss term or the representation of the config is unknown.
    """
    method = find_method(config.method)
    comparable = (
        config.modalities == 2
        and config.kind == "images"
        and term_weights(method, config.weights) == method.terms
        and config.images.counts == FactorCounts()
        and config.design.unbiased == PairDesign()
        and config.design.shared_strength == 1
        and config.design.mapping_strength in (0, 1)
    )
    published = PUBLISHED.get(config.method)
    if published is None or not comparable:
        return None
    places = {method.find_place(name) for name in ("default", *published.places)}
    return published if method.find_place(config.probe.features) in places else None

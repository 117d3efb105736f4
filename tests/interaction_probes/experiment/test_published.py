"""Published numbers stand beside runs that they are about, and beside no others."""

from dataclasses import replace

import pytest

from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.experiment.published import published_for
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import find_preset
from interaction_probes.settings.probe_config import ProbeConfig
from interaction_probes.settings.registry import find_method
from trifeature import PairDesign
from trifeature.images.factors import FactorCounts

QUICK = find_preset("quick")


@pytest.mark.parametrize(
    "config",
    [
        QUICK,
        find_preset("paper"),
        replace(QUICK, design=PairDesign(mapping_strength=1.0)),
        replace(QUICK, weights={"joint": find_method("comm").terms["joint"]}),
        replace(QUICK, probe=ProbeConfig(features="fused")),
    ],
)
def test_a_run_of_the_published_question_has_them(config: RunConfig):
    assert published_for(config) is PUBLISHED["comm"]


@pytest.mark.parametrize("place", ["heads", "encoder"])
def test_factorcl_is_compared_at_its_encoders_too(place):
    """The quick preset probes it there, and its published row names the place."""
    factorcl = preset_for_method(QUICK, "factorcl")
    assert factorcl.probe.features == "encoder"
    config = replace(factorcl, probe=ProbeConfig(features=place))
    assert published_for(config) is PUBLISHED["factorcl"]


@pytest.mark.parametrize(
    "config",
    [
        replace(QUICK, weights={"joint": 0.0}),
        replace(QUICK, probe=ProbeConfig(features="projection")),
        replace(QUICK, images=replace(QUICK.images, counts=FactorCounts(texture=5))),
        replace(QUICK, design=PairDesign(mapping_strength=0.5)),
        replace(QUICK, design=PairDesign(shared_strength=0.5)),
        replace(QUICK, design=PairDesign(shared="colour")),
        replace(QUICK, method="simclr"),
        replace(QUICK, method="tiny_method:Tiny"),
        find_preset("smoke"),
    ],
)
def test_a_run_of_another_question_has_none(config: RunConfig):
    assert published_for(config) is None

"""The named strengths: distinct, and the ones that presets and the mild crop say."""

from dataclasses import fields

from interaction_probes.contrast.views.config import AUGMENTATIONS, MILD_CROP, ViewConfig
from interaction_probes.settings.presets import PRESETS, find_preset


def test_presets_take_named_strengths():
    named = {preset: config.views for preset, config in PRESETS.items()}
    assert AUGMENTATIONS["paper"] == find_preset("paper", 2).views == ViewConfig()
    assert named["paper"] == AUGMENTATIONS["released"] == ViewConfig(jitter="torchvision")
    assert named["paper-112"] == find_preset("quick", 1).views == AUGMENTATIONS["soft"]
    assert named["quick"] == named["quick-3"] == AUGMENTATIONS["large_crops"]
    assert set(named.values()) == set(AUGMENTATIONS.values())


def test_soft_is_softer_than_the_paper():
    soft, paper = AUGMENTATIONS["soft"], AUGMENTATIONS["paper"]
    assert soft.crop_scale[0] > paper.crop_scale[0]
    for field in fields(ViewConfig):
        if isinstance(field.default, float):
            assert getattr(soft, field.name) <= getattr(paper, field.name)


def test_large_crops_have_the_papers_colours():
    large, paper = AUGMENTATIONS["large_crops"], AUGMENTATIONS["paper"]
    differ = {
        f.name for f in fields(ViewConfig) if getattr(large, f.name) != getattr(paper, f.name)
    }
    assert differ == {"crop_scale", "blur_probability"}


def test_the_mild_crop_does_nothing_but_crop():
    assert MILD_CROP.crop_scale == (0.5, 1.0)
    probabilities = [f.name for f in fields(ViewConfig) if f.name.endswith("_probability")]
    assert len(probabilities) == 4
    assert all(getattr(MILD_CROP, name) == 0 for name in probabilities)

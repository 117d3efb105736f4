import pytest
import torch

from interaction_probes.contrast.encoders import build_encoder, feature_shape
from interaction_probes.presets import PRESETS, find_preset
from trifeature import PAPER


@pytest.mark.parametrize("name", PRESETS)
def test_presets_know_their_name(name):
    assert find_preset(name) is PRESETS[name]
    assert find_preset(name).preset == name


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_together(name):
    config = PRESETS[name]
    with torch.device("meta"):
        encoder = build_encoder(config.model.encoder)
    encoder = encoder.to_empty(device="cpu")
    assert min(feature_shape(encoder, config.model.size)) >= 1
    assert config.model.dim % config.model.heads == 0
    assert config.optim.batch <= config.n_pairs


def test_paper_preset_is_the_papers_scale():
    paper = PRESETS["paper"]
    assert paper.images.geometry == PAPER
    assert (paper.model.size, paper.model.encoder.name, paper.model.dim) == (224, "alexnet", 512)
    assert (paper.optim.epochs, paper.optim.batch, paper.optim.lr) == (100, 64, 3e-4)
    assert paper.n_pairs == 10_000


def test_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="no preset 'qick'; did you mean 'quick'") as caught:
        find_preset("qick")
    assert all(name in str(caught.value) for name in PRESETS)


def test_unknown_preset_like_no_other_lists_them():
    with pytest.raises(ValueError, match="no preset 'zzz'; the presets are quick"):
        find_preset("zzz")

"""The reference implementations do the same work as the toolkit."""

import numpy as np
import pytest
import torch
from PIL import Image
from small_views import STILL

from benchmarks.reference.comm import ReferenceCoMM, reference_nce
from benchmarks.reference.probes import reference_probe
from benchmarks.reference.views import reference_view
from interaction_probes.contrast.losses import nce
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.presets import PRESETS


def picture(side=12, seed=0):
    return np.random.default_rng(seed).integers(256, size=(side, side, 3), dtype=np.uint8)


def test_a_reference_view_without_augmentation_is_the_image():
    pixels = picture()
    view = reference_view(Image.fromarray(pixels), STILL, 12, np.random.default_rng(0))
    expected = eval_transform(torch.from_numpy(pixels).permute(2, 0, 1)[None], 12)[0]
    torch.testing.assert_close(torch.from_numpy(view), expected)


@pytest.mark.parametrize("seed", range(5))
def test_two_reference_views_differ(seed):
    rng = np.random.default_rng(seed)
    image = Image.fromarray(picture(30))
    first, second = (reference_view(image, ViewConfig(), 16, rng) for _ in range(2))
    assert first.shape == (3, 16, 16)
    assert first.dtype == np.float32
    assert np.abs(first - second).max() > 0.1
    assert np.isfinite(first).all()


def test_the_reference_loss_is_the_loss():
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(7, 5, generator=generator) for _ in range(2))
    torch.testing.assert_close(reference_nce(a, b, 0.1), nce(a, b, 0.1))


def test_the_reference_model_has_as_many_parameters():
    """Except for the bias of the attention keys, which the toolkit leaves out."""
    config = PRESETS["smoke"].model
    from interaction_probes.comm.method import CoMM

    ours, theirs = (sum(p.numel() for p in m(config).parameters()) for m in (CoMM, ReferenceCoMM))
    assert theirs == ours + config.dim


def test_a_reference_probe_scores_as_the_probe_does():
    rng = np.random.default_rng(0)
    centres, labels = 1.5 * rng.normal(size=(3, 4)), rng.integers(3, size=300)
    features = (centres[labels] + rng.normal(size=(300, 4))).astype(np.float32)
    fit, score = (features[:200], labels[:200]), (features[200:], labels[200:])
    split = stratified_split(fit[1], np.random.default_rng(1))
    strengths = (1e-1, 1e-3)
    as_tensors = [(torch.from_numpy(x), y) for x, y in (fit, score)]
    expected = linear_probe(*as_tensors, 3, strengths, split).accuracy
    assert 0.5 < expected < 0.98
    assert reference_probe(fit, score, strengths, split, 1000) == pytest.approx(expected, abs=0.021)

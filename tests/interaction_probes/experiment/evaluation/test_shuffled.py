"""Shuffled labels must read chance, whatever a representation holds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_method import Untrained
from torch.nn import functional as F

from interaction_probes.analysis.conclusions.verdict import EXPOSED, synergy_in_words
from interaction_probes.contrast.views.augment import MEAN, STD
from interaction_probes.experiment.evaluation.epoch import probe_epoch
from interaction_probes.experiment.evaluation.representations import pixels
from trifeature import FactorCounts, ImageSet, PairDesign
from trifeature.dataset.paired_images import pair_images
from trifeature.images.image_sets import split_combinations

COUNTS = FactorCounts()


class Knowing(Untrained):
    """Its images are their factors, and it knows the mapping: S is a direction of its own."""

    mapping: torch.Tensor

    def encode(self, modality, images):
        colours = images.mean((2, 3)) * torch.tensor(STD) + torch.tensor(MEAN)
        return torch.cat([F.one_hot(part, 10) for part in (255 * colours).round().long().T], 1)

    def combine(self, encoded):
        first, second = encoded
        obeys = (self.mapping[first[:, 10:20].argmax(1)] == second[:, 20:].argmax(1)).float()
        return torch.cat([first, second, obeys[:, None]], dim=1)


def of_factors(factors):
    """Images that show their factors as red, green and blue."""
    images = np.tile(factors[:, None, None].astype(np.uint8), (1, 4, 4, 1))
    return ImageSet(images, factors)


@pytest.mark.parametrize("seed", range(8))
def test_of_a_perfect_code_too(smoke, seed):
    parts = [of_factors(part) for part in split_combinations(COUNTS, seed)]
    data = pair_images(*parts, COUNTS, PairDesign(), seed, 2000)
    probe = replace(smoke.probe, controls=("shuffled",), strengths=(1e-3,))
    method = Knowing(smoke.model)
    method.mapping = torch.from_numpy(data.mapping)
    images = [pixels(part.images) for part in parts]
    rows = probe_epoch(method, data, *images, replace(smoke, seed=seed, probe=probe), final=True)
    low = {row.probe: row.value for row in rows if (row.task, row.metric) == ("S", "auc_low")}
    assert set(low) == {"linear", "shuffled"}
    assert synergy_in_words(low) == EXPOSED

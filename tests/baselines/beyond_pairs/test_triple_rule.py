"""Three factors of which every pair is independent, and two give the third: who can learn it."""

import itertools
import math

import pytest
import torch
from torch import nn

from interaction_probes.baselines.beyond_pairs import (
    confu_loss,
    gram_loss,
    symile_loss,
    triangle_loss,
)
from interaction_probes.baselines.clip import pairwise_clip_loss

#: Every sample of the rule a + b + c = 0 (mod 3), once.
RULE = torch.tensor([(a, b, -(a + b) % 3) for a, b in itertools.product(range(3), repeat=2)])
PAIRS = ((0, 1), (0, 2), (1, 2))


class Codes(nn.Module):
    """A vector for each value of each factor, and a fusion of each pair of factors."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(3, 8) for _ in range(3))
        self.fusions = nn.ModuleList(
            nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 8)) for _ in PAIRS
        )

    def forward(self):
        z = [table(RULE[:, m]) for m, table in enumerate(self.tables)]
        fused = {
            pair: fusion(torch.cat([z[m] for m in pair], dim=1))
            for pair, fusion in zip(PAIRS, self.fusions, strict=True)
        }
        return z, fused


LOSSES = {
    "symile": lambda z, _: symile_loss(z),
    "gram": lambda z, _: gram_loss(z[0], z[1:], label_smoothing=0.0),
    "triangle": lambda z, _: triangle_loss(*z),
    "confu": confu_loss,
}
#: What a loss is where nothing is known of the sample.
CHANCE = {
    "symile": 2 * math.log(9),
    "gram": math.log(9),
    "triangle": math.log(9),
    "confu": math.log(9) / 2,
}


def trained(loss, steps=300):
    torch.manual_seed(0)
    codes = Codes().double()
    optimizer = torch.optim.Adam(codes.parameters(), lr=2e-2)
    for _ in range(steps):
        value = loss(*codes())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return loss(*codes()).item()


@pytest.mark.parametrize("name", LOSSES)
def test_what_compares_three_at_once_learns_it(name):
    assert trained(LOSSES[name]) < CHANCE[name] - 0.15


def test_clip_on_pairs_has_nothing_to_learn():
    """Each value of one factor meets each value of another once: no codes are better than chance.

    For an anchor's nine candidates, three of each value, the loss is least at log 9.
    """
    torch.manual_seed(0)
    for _ in range(20):
        assert pairwise_clip_loss(Codes().double()()[0]).item() >= math.log(9) - 1e-12
    assert trained(lambda z, _: pairwise_clip_loss(z)) >= math.log(9) - 1e-12

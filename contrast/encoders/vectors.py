"""The encoder of vectors."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Perceptron(nn.Module):
    """A perceptron whose outputs are cut into k tokens: [n, d] → [n, c, 1, k].

    Linear layers with a ReLU between them. With k as large as the last layer, every token is a
    number (CoMM's encoder of MIMIC's static features: 5-10-10, 10 tokens).

    Args:
        inputs: d.
        widths: of every layer; the last is k · c.
        tokens: k.
    """

    def __init__(self, inputs: int, widths: Sequence[int], tokens: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in pairwise((inputs, *widths)):
            layers += [nn.Linear(before, width), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers[:-1])
        self.tokens = tokens

    def forward(self, vectors: Tensor) -> Tensor:
        tokens: Tensor = self.layers(vectors).unflatten(1, (self.tokens, -1))
        return tokens.mT[:, :, None]

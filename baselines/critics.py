"""Critics: networks that score how well two representations belong together."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

_EPSILON = 1e-5  # BatchNorm's


class Critic(nn.Module):
    """A perceptron with one hidden layer on concatenated pairs, applied to all N² of them.

    It reads x and y standardised by the mean and variance of the batch, feature by feature, as a
    BatchNorm without parameters would over all N² pairs. Fresh heads give every image nearly the
    same output; a critic that reads it as it is scores all pairs alike, and both bounds and their
    gradients stay near 0 for hundreds of steps.

    The first layer is linear, so W [x; y] = W_x x + W_y y: N products for each side instead of N²
    for the pairs, and no pair is ever concatenated (a test holds it to the plain form). It is
    computed in float32 or finer, also under autocast: the bounds exponentiate its scores.

    Args:
        width: of x and of y.
        hidden: of the hidden layer.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.pair = nn.Linear(2 * width, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)  # a bias would cancel in every bound

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """f(x_i, y_j) for all i and j: [N, width] twice → [N, N]."""
        fine = torch.promote_types(x.dtype, torch.float32)
        left, right = self.pair.weight.chunk(2, dim=1)
        with torch.autocast(x.device.type, enabled=False):
            rows = F.linear(standardise(x.to(fine)), left, self.pair.bias)
            columns = F.linear(standardise(y.to(fine)), right)
            scores: Tensor = self.score(F.relu(rows[:, None] + columns)).squeeze(2)
        return scores

    def frozen(self, x: Tensor, y: Tensor) -> Tensor:
        """The same scores, with a gradient for x and y alone."""
        fixed: Mapping[str, Tensor] = {k: p.detach() for k, p in self.named_parameters()}
        scores: Tensor = functional_call(self, dict(fixed), (x, y))
        return scores


def standardise(x: Tensor) -> Tensor:
    """Features [N, width] with mean 0 and variance 1 over the batch; constant ones become 0."""
    variance, mean = torch.var_mean(x, 0, correction=0)
    return (x - mean) * torch.rsqrt(variance + _EPSILON)

"""The position code against its formula, entry by entry."""

import itertools
import math

import pytest
import torch

from interaction_probes.comm.positions import position_code


def slow_position(i, j, k, dim):
    """Entry k of the code of row i and column j."""
    quarter = dim // 4
    position = i if k < dim // 2 else j
    within = k % (dim // 2)
    angle = position / 10_000 ** ((within % quarter) / quarter)
    return math.sin(angle) if within < quarter else math.cos(angle)


@pytest.mark.parametrize(("height", "width", "dim"), [(6, 6, 16), (2, 5, 8), (1, 1, 4), (3, 1, 12)])
def test_position_code_entry_by_entry(height, width, dim):
    code = position_code((height, width), dim)
    places = itertools.product(range(height), range(width))
    expected = [[slow_position(i, j, k, dim) for k in range(dim)] for i, j in places]
    torch.testing.assert_close(code, torch.tensor(expected), rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("grid", "trained"), [((4, 6), (2, 3)), ((3, 2), (2, 3)), ((5, 5), (4, 1))]
)
def test_positions_of_another_grid_are_those_of_the_same_places(grid, trained):
    code = position_code(grid, 8, trained)
    for i, j in itertools.product(range(grid[0]), range(grid[1])):
        # Centres of cells, in the cells of the grid of training.
        row = (i + 0.5) * trained[0] / grid[0] - 0.5
        column = (j + 0.5) * trained[1] / grid[1] - 0.5
        expected = torch.tensor([slow_position(row, column, k, 8) for k in range(8)])
        torch.testing.assert_close(code[i * grid[1] + j], expected, rtol=0, atol=1e-6)


def test_position_code_tells_positions_apart():
    code = position_code((6, 6), 64)
    torch.testing.assert_close(code.square().sum(1), torch.full((36,), 32.0))
    distance = torch.cdist(code, code) + 9 * torch.eye(36)
    assert distance.min() > 0.5
    transposed = code.unflatten(0, (6, 6)).mT.mT.transpose(0, 1).flatten(0, 1)
    assert torch.equal(transposed[:, :32], code[:, 32:])  # rows and columns are alike

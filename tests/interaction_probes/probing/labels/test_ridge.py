import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from interaction_probes.probing.labels import ridge
from interaction_probes.probing.labels.ridge import ridge_path

PENALTIES = (1e2, 1.0, 1e-2, 1e-5)


def problem(rows, width, columns=3):
    rng = np.random.default_rng(width)
    x = rng.normal(size=(rows, width)) * np.logspace(0, -2, width) + 1
    y = x @ rng.normal(size=(width, columns)) + rng.normal(size=(rows, columns)) + 10
    return torch.from_numpy(x), torch.from_numpy(y)


@pytest.mark.parametrize(("rows", "width"), [(200, 7), (20, 50)])
def test_every_solution_is_scikit_learns(rows, width):
    x, y = problem(rows, width)
    path = ridge_path(x, y, PENALTIES)
    for k, penalty in enumerate(PENALTIES):
        oracle = Ridge(alpha=penalty * rows).fit(x.numpy(), y.numpy())
        np.testing.assert_allclose(path.weight[k], oracle.coef_, atol=1e-7)
        np.testing.assert_allclose(path.predict(x, k), oracle.predict(x.numpy()), atol=1e-7)


def test_rows_in_blocks_make_no_difference(monkeypatch):
    x, y = problem(200, 7)
    whole = ridge_path(x, y, PENALTIES)
    monkeypatch.setattr(ridge, "ROWS_AT_A_TIME", 64)
    blocks = ridge_path(x, y, PENALTIES)
    torch.testing.assert_close(blocks.weight, whole.weight, rtol=0, atol=1e-12)
    torch.testing.assert_close(blocks.predict(x, 1), whole.predict(x, 1), rtol=0, atol=1e-11)


def test_directions_without_variance_get_no_weight():
    x, y = problem(100, 3)
    doubled = torch.cat([x, x, torch.full((100, 1), 0.7)], dim=1)
    weight = ridge_path(doubled, y, [1e-30]).weight[0]
    exact = np.linalg.lstsq(x - x.mean(0), y - y.mean(0), rcond=None)[0].T
    np.testing.assert_allclose(weight[:, :3], exact / 2, atol=1e-8)
    np.testing.assert_allclose(weight[:, 3:6], exact / 2, atol=1e-8)
    np.testing.assert_allclose(weight[:, 6], 0, atol=1e-8)

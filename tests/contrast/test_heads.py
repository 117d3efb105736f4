import pytest
import torch
from torch import nn

from interaction_probes.contrast.heads import project_groups, projection_head


def test_the_papers_head():
    head = projection_head((512, 512, 512, 256))
    hidden = [nn.Linear, nn.BatchNorm1d, nn.ReLU]
    assert [type(layer) for layer in head] == [*hidden, *hidden, nn.Linear]
    assert [layer.out_features for layer in head if isinstance(layer, nn.Linear)] == [512, 512, 256]
    assert all(layer.bias is not None for layer in head if isinstance(layer, nn.Linear))
    assert head(torch.randn(4, 512)).shape == (4, 256)


def test_two_widths_are_one_linear_layer():
    head = projection_head((5, 3))
    assert [type(layer) for layer in head] == [nn.Linear]
    assert head[0].weight.shape == (3, 5)


def test_widths_between():
    linears = [layer for layer in projection_head((5, 7, 3)) if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linears] == [(5, 7), (7, 3)]


@pytest.mark.parametrize("widths", [(), (5,)])
def test_too_few_widths_are_refused(widths):
    with pytest.raises(ValueError, match="a head maps one width to another"):
        projection_head(widths)


def test_a_batch_norm_of_one_sample_is_refused_in_training_only():
    head = projection_head((6, 6, 3))
    with pytest.raises(ValueError, match="trains on 2 samples or more, not on 1"):
        project_groups(head, torch.randn(4, 1, 6))
    assert project_groups(head.eval(), torch.randn(4, 1, 6)).shape == (4, 1, 3)
    assert project_groups(projection_head((6, 3)), torch.randn(4, 1, 6)).shape == (4, 1, 3)
    with pytest.raises(ValueError, match=r"groups \[g, n, d\], not \[4, 6\]"):
        project_groups(head, torch.randn(4, 6))


def test_groups_are_projected_as_if_apart():
    torch.manual_seed(0)
    together = projection_head((6, 6, 6, 3)).double()
    apart = projection_head((6, 6, 6, 3)).double()
    apart.load_state_dict(together.state_dict())
    groups = torch.randn(4, 5, 6, dtype=torch.float64)
    found = project_groups(together, groups)
    expected = torch.stack([apart(group) for group in groups])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(together[1].running_mean, apart[1].running_mean)

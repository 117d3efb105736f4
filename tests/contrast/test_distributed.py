import pytest
import shared_batch
import torch
from torch import nn

from interaction_probes.contrast import distributed
from interaction_probes.contrast.distributed import (
    PeerLostError,
    answers,
    average,
    gather,
    local_shard,
    rank,
    world_size,
)
from interaction_probes.contrast.sync_batchnorm import synchronise

NAMES = [
    f"{shape}, {setting}" for shape in shared_batch.SHAPES for setting in shared_batch.SETTINGS
]
NAMES += ["bfloat16", "head", "fine", "labels", "loss", "means"]


@pytest.fixture(scope="module")
def shared(in_two_processes, tmp_path_factory):
    """What each of two processes saw of its half of the batch, and what it refused."""
    out = tmp_path_factory.mktemp("shared")
    in_two_processes(shared_batch.__file__, out)
    return [torch.load(out / f"{k}.pt") for k in range(2)]


@pytest.fixture(scope="module")
def alone():
    return shared_batch.everything()


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_on_halves_are_one_on_the_whole_batch(shared, alone, name):
    assert set(NAMES) == set(alone)
    for found, _ in shared:
        assert found[name].keys() == alone[name].keys()
        for part, expected in alone[name].items():
            value = found[name][part]
            assert value.dtype == expected.dtype
            rough = name == "bfloat16" or expected.dtype != torch.float64
            tolerance = {"rtol": 1e-2, "atol": 1e-2} if rough else {"rtol": 1e-12, "atol": 1e-12}
            torch.testing.assert_close(value, expected, **tolerance, msg=f"{name}: {part}")


def test_both_processes_see_the_very_same_numbers(shared):
    (first, _), (second, _) = shared
    for name in NAMES:
        if name == "bfloat16":
            continue
        for part, value in first[name].items():
            assert torch.equal(value, second[name][part]), (name, part)


def test_a_batch_that_cannot_be_shared_evenly_is_refused(shared):
    for _, refused in shared:
        assert (
            refused == "2 processes share a batch evenly, which 7 pairs cannot be; a batch of 8 can"
        )


def test_alone_nothing_is_done():
    x = torch.ones(3, 2, requires_grad=True)
    assert gather(x) is x
    assert (rank(), world_size()) == (0, 1)
    assert local_shard(7, 2) == slice(None)
    average([x])
    assert torch.equal(x, torch.ones(3, 2))


def test_synchronised_layers_stay_what_they_were():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(nn.BatchNorm2d(3)))
    parameters, state = list(model.parameters()), model.state_dict()
    parts = list(model.modules())
    synchronise(model)
    assert list(model.modules()) == parts
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    assert model.state_dict().keys() == state.keys()
    assert isinstance(model[1], nn.BatchNorm1d)
    assert type(model[1]) is not nn.BatchNorm1d
    assert type(model[2][0]) is not nn.BatchNorm2d
    x = torch.randn(4, 3)
    plain = nn.BatchNorm1d(3)
    assert torch.equal(model[1](x), plain(x))  # alone, it is what it was
    kinds = [type(part) for part in model.modules()]
    synchronise(model)
    assert [type(part) for part in model.modules()] == kinds


def test_what_fails_between_processes_is_told_from_what_fails_in_one():
    with pytest.raises(PeerLostError, match="closed by peer"), answers():
        raise RuntimeError("connection closed by peer")
    with pytest.raises(torch.OutOfMemoryError), answers():
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_own_rows_answers_still():
    with pytest.warns(DeprecationWarning, match="local_shard"):
        assert distributed.own_rows(4) == distributed.local_shard(4)

import os

import pytest
import torch

from interaction_probes.runtime.devices import Resources, allocate


@pytest.fixture(autouse=True)
def _no_number_of_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")  # the suite's own


@pytest.mark.parametrize(
    ("asked", "threads"), [("1", 1), ("6", 6), ("6,2", 6), ("0", 4), ("", 4), ("many", 4)]
)
def test_the_users_number_of_threads_is_taken(monkeypatch, asked, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert allocate("cpu", 0, 2).threads == threads
    assert allocate("cpu", 3, 2).threads == 3


def test_cores_are_shared_among_runs(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert allocate("cpu", 0, 2) == Resources(torch.device("cpu"), 4, 2)
    assert allocate("cpu", 0, 1) == Resources(torch.device("cpu"), 8, 1)
    assert allocate("cpu", 0, 16) == Resources(torch.device("cpu"), 1, 8)
    assert allocate("cpu", 3, 2).threads == 3


def test_the_last_runs_get_the_cores_that_would_be_idle(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    three = allocate("cpu", 0, 3)
    assert three == Resources(torch.device("cpu"), 1, 2, 2)
    assert [three.threads_of(k, 3) for k in range(3)] == [1, 1, 2]
    assert [allocate("cpu", 0, 4).threads_of(k, 4) for k in range(4)] == [1, 1, 1, 1]
    asked = allocate("cpu", 1, 3)
    assert [asked.threads_of(k, 3) for k in range(3)] == [1, 1, 1]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    many = allocate("cpu", 0, 11)
    assert [many.threads_of(k, 11) for k in range(11)] == [1] * 8 + [2] * 3


def test_a_run_of_more_threads_waits_for_the_cores_that_it_needs(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    three = allocate("cpu", 0, 3)
    assert three.may_start(0, [], 3)
    assert three.may_start(1, [0], 3)
    assert not three.may_start(2, [0, 1], 3)
    assert not three.may_start(2, [1], 3)  # two threads beside one busy core
    assert three.may_start(2, [], 3)
    asked = allocate("cpu", 1, 3)
    assert asked.may_start(2, [1], 3)
    assert not asked.may_start(2, [0, 1], 3)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    many = allocate("cpu", 0, 11)
    assert not many.may_start(8, range(7), 11)
    assert many.may_start(8, range(6), 11)
    assert not many.may_start(9, [0, 1, 2, 3, 4, 8], 11)
    assert many.may_start(9, [0, 1, 2, 3, 8], 11)


def test_one_core_runs_one_at_a_time(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert allocate("cpu", 0, 2) == Resources(torch.device("cpu"), 1, 1)


def test_a_gpu_runs_in_turn(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert allocate("auto", 0, 2).device == torch.device("cuda")
    assert allocate("cuda:1", 0, 2).processes == 1
    with pytest.raises(ValueError, match="the number of CUDA devices is 2"):
        allocate("cuda:2", 0, 1)
    with pytest.raises(ValueError, match="no device 'cuda:256'; PyTorch parses it as cuda:0"):
        allocate("cuda:256", 0, 1)


@pytest.mark.parametrize(
    ("device", "message"),
    [("gpu", "no device 'gpu'"), ("mps", "runs use cpu or cuda"), ("meta", "runs use cpu or cuda")],
)
def test_devices_that_cannot_be_used_are_refused(device, message):
    with pytest.raises(ValueError, match=message):
        allocate(device, 0, 1)


def test_cuda_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert allocate("auto", 0, 1).device == torch.device("cpu")
    with pytest.raises(ValueError, match="--device cpu works everywhere"):
        allocate("cuda", 0, 1)


def test_negative_threads_are_refused():
    with pytest.raises(ValueError, match="threads is 0"):
        allocate("cpu", -1, 1)

"""Which steps may be replayed; tests/cuda has that they are the same."""

import pytest
import torch
from shared_training import CLASSES, LEARNING, MODEL, PAIRS

from interaction_probes.contrast.method import Batch
from interaction_probes.registry import METHODS, find_method
from interaction_probes.replay import Told, recordable

STEADY = [name for name in METHODS if vars(find_method(name)).get("steady")]


def build(kind):
    torch.manual_seed(0)
    return kind.build(MODEL, CLASSES)


def terms(name, progress, generator):
    method = build(find_method(name))
    drawing = torch.Generator().manual_seed(1)
    shape = (method.n_views, PAIRS, 3, MODEL.size, MODEL.size)
    views = [torch.randn(shape, generator=drawing) for _ in range(2)]
    labels = {task: torch.randint(k, (PAIRS,), generator=drawing) for task, k in CLASSES.items()}
    values = method.loss(Batch(views, labels, progress, generator), list(method.terms))
    return {term: value.item() for term, value in values.items()}


@pytest.mark.parametrize("name", STEADY)
def test_a_steady_loss_needs_neither_progress_nor_generator(name):
    assert terms(name, float("nan"), None) == terms(name, 0.5, torch.Generator().manual_seed(2))


def test_all_that_learn_are_steady_but_infmasking():
    assert set(LEARNING) - set(STEADY) == {"infmasking"}


def test_a_recording_needs_a_gpu_and_a_class_that_says_so_itself():
    comm = find_method("comm")

    class Own(comm):
        """As CoMM."""

    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    assert recordable(build(comm), gpu)
    assert not recordable(build(comm), cpu)
    assert not recordable(build(Own), gpu)
    assert not recordable(build(find_method("infmasking")), gpu)


def test_numbers_that_are_here_are_told_at_once():
    assert Told(torch.tensor([1.0, 2.5])).read() == [1.0, 2.5]

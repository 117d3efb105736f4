"""Which steps are captured as CUDA graphs; tests/cuda compares replayed with eager training."""

import random

import numpy as np
import pytest
import torch
from shared_training import CLASSES, LEARNING, MODEL, PAIRS, fresh
from stateful_methods import Counting, Queueing
from tiny_method import Tiny
from unreadable_methods import Growing

from interaction_probes.contrast.method import Batch
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.training.cuda_graphs import (
    AsyncHostCopy,
    _StaticBatch,
    can_capture,
    check_in_place,
    check_no_cpu_random,
)
from interaction_probes.training.loss_terms import preserve_state

CAPTURABLE = [name for name in METHODS if vars(find_method(name)).get("capturable")]


def build(kind):
    torch.manual_seed(0)
    return kind.build(MODEL, CLASSES)


def terms(name, progress, generator):
    method = fresh(name)
    drawing = torch.Generator().manual_seed(1)
    shape = (method.n_views, PAIRS, 3, MODEL.size, MODEL.size)
    views = [torch.randn(shape, generator=drawing) for _ in range(method.modalities)]
    labels = {task: torch.randint(k, (PAIRS,), generator=drawing) for task, k in CLASSES.items()}
    values = method.loss(Batch(views, labels, progress, generator), list(method.terms))
    return {term: value.item() for term, value in values.items()}


@pytest.mark.parametrize("name", CAPTURABLE)
def test_a_capturable_loss_needs_neither_progress_nor_generator(name):
    assert terms(name, float("nan"), None) == terms(name, 0.5, torch.Generator().manual_seed(2))


def test_all_that_learn_are_capturable_but_those_that_draw_or_wait():
    """Masks, and shuffles of the negatives; a GPU waits for singular values."""
    others = {"infmasking", "symile", "hril", "coral", "disentangled", "mae"}
    assert set(LEARNING) - set(CAPTURABLE) == others


def test_capture_needs_a_gpu_and_a_class_that_declares_it_itself():
    comm = find_method("comm")

    class Own(comm):
        """As CoMM."""

    class Steady(comm):
        """The attribute's name up to 0.1."""

        steady = True

    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    assert can_capture(build(comm), gpu)
    assert not can_capture(build(comm), cpu)
    assert not can_capture(build(Own), gpu)
    assert can_capture(build(Steady), gpu)
    assert not can_capture(build(find_method("infmasking")), gpu)


def test_a_copy_of_values_on_the_cpu_is_available_at_once():
    assert AsyncHostCopy(torch.tensor([1.0, 2.5])).result() == [1.0, 2.5]


@pytest.mark.parametrize("name", CAPTURABLE)
def test_a_capturable_loss_reads_only_what_a_recording_has(name):
    method = fresh(name)
    shape = (method.n_views, PAIRS, 3, MODEL.size, MODEL.size)
    labels = {task: torch.zeros(PAIRS, dtype=torch.int64) for task in CLASSES}
    batch = _StaticBatch([torch.randn(shape) for _ in range(method.modalities)], labels)
    check_no_cpu_random(lambda: method.loss(batch, list(method.terms)))
    check_in_place(method, lambda: method.loss(batch, list(method.terms)))


@pytest.mark.parametrize("name", ["progress", "generator"])
def test_what_differs_from_step_to_step_is_refused(name):
    batch = _StaticBatch([torch.zeros(2)], {})
    assert torch.equal(batch.views[0], torch.zeros(2))
    with pytest.raises(
        ValueError, match=f"cannot be captured as a CUDA graph: it reads the batch's {name}"
    ):
        getattr(batch, name)


@pytest.mark.parametrize(
    ("whose", "draw"),
    [
        ("torch", lambda: torch.rand(())),
        ("NumPy", lambda: np.random.rand()),
        ("Python", lambda: random.random()),
    ],
)
def test_what_is_drawn_on_the_cpu_is_refused(whose, draw):
    with pytest.raises(ValueError, match=f"it draws from the random state of {whose} on the CPU"):
        check_no_cpu_random(draw)
    check_no_cpu_random(lambda: torch.rand((), generator=torch.Generator()))


def test_a_method_is_as_it_was_whatever_a_loss_did_to_it():
    method = build(find_method("comm"))
    before = {name: value.clone() for name, value in method.state_dict().items()}
    with preserve_state(method), torch.no_grad():
        for value in method.state_dict().values():
            value.add_(1)
    for name, value in method.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("kind", [Counting, Queueing, Growing])
def test_what_a_replay_would_not_repeat_is_refused(kind):
    method = kind(MODEL)
    with pytest.raises(ValueError, match=r"cannot be captured.* from step to step"):
        check_in_place(method, lambda: torch.tensor(method.weight()))


def test_buffers_that_are_changed_in_place_are_replayed():
    method = Tiny(MODEL)
    method.register_buffer("mean", torch.ones(2), persistent=False)
    assert check_in_place(method, lambda: method.mean.add_(1)).tolist() == [2, 2]

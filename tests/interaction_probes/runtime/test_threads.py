import threading
import time
from functools import partial

import pytest
import torch

from interaction_probes.runtime.threads import ThreadRunner, run_in_threads, threads_for


@pytest.mark.parametrize(("elements", "inside"), [(100, 1), (10**7, 2)])
def test_small_computations_use_one_thread(elements, inside):
    torch.set_num_threads(2)
    with threads_for(elements):
        assert torch.get_num_threads() == inside
    assert torch.get_num_threads() == 2


CPU = torch.device("cpu")


def gather(threads, functions):
    torch.set_num_threads(threads)
    return run_in_threads(functions, CPU)


@pytest.mark.parametrize(("threads", "each"), [(1, 1), (2, 1), (3, 1), (4, 2)])
def test_functions_divide_the_threads(threads, each):
    found = gather(threads, [torch.get_num_threads] * 2)
    assert found == [each, each]
    assert torch.get_num_threads() == threads


def test_functions_run_together_and_their_results_keep_their_order():
    both = threading.Barrier(2, timeout=20)

    def work(k):
        both.wait()  # passes only where two wait at the same time
        return k

    assert gather(2, [partial(work, k) for k in range(4)]) == [0, 1, 2, 3]


def test_the_first_failure_in_order_is_raised_and_threads_are_restored():
    def fail(message):
        raise ValueError(message)

    with pytest.raises(ValueError, match="one"):
        gather(2, [lambda: 0, partial(fail, "one"), partial(fail, "two")])
    assert torch.get_num_threads() == 2


def test_a_failure_is_raised_when_the_others_have_ended():
    ended = threading.Event()

    def work():
        time.sleep(0.2)
        ended.set()

    torch.set_num_threads(2)
    with ThreadRunner(CPU) as runner:
        with pytest.raises(ZeroDivisionError):
            runner([lambda: 1 / 0, work])
        assert ended.is_set()


def test_a_runner_can_be_called_again():
    torch.set_num_threads(4)
    with ThreadRunner(CPU) as runner:
        assert runner([torch.get_num_threads] * 3) == [1, 1, 1]
        assert runner([torch.get_num_threads] * 2) == [2, 2]
        assert runner([torch.get_num_threads]) == [4]
        here = {threading.get_ident()}
        assert runner([threading.get_ident] * 2) != [*here, *here]


def test_a_gpu_is_given_one_after_another():
    torch.set_num_threads(2)
    assert (
        run_in_threads([threading.get_ident] * 2, torch.device("cuda"))
        == [threading.get_ident()] * 2
    )


def test_gradients_are_recorded_as_outside():
    with torch.no_grad():
        assert gather(2, [torch.is_grad_enabled] * 2) == [False, False]
    assert gather(2, [torch.is_grad_enabled] * 2) == [True, True]

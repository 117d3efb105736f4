import pytest
import torch

from interaction_probes.threads import threads_for


@pytest.mark.parametrize(("numbers", "inside"), [(100, 1), (10**7, 2)])
def test_small_work_takes_one_thread(numbers, inside):
    torch.set_num_threads(2)
    with threads_for(numbers):
        assert torch.get_num_threads() == inside
    assert torch.get_num_threads() == 2

"""The global random states of torch, NumPy and Python: seeded in a block, and restored after it.

The toolkit itself draws from named streams only. Layers such as dropout, and methods of a user's
own, draw from the global states; seeded by purpose and epoch, these draws repeat too.
"""

import contextlib
import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from interaction_probes.common.streams import seed_sequence

from .torch_streams import torch_stream


@contextlib.contextmanager
def seeded_global_state(seed: int, *names: str | int, device: torch.device) -> Iterator[None]:
    """Seed the global random states in the block by a purpose, and restore them afterwards.

    Args:
        seed: of the run.
        names: the purpose, as of a stream.
        device: whose generator is seeded too, beside that of the CPU.
    """
    state = torch_stream(seed, *names).initial_seed()
    on_gpu = device.type == "cuda"
    with preserved_global_state([device] if on_gpu else []):
        # Not torch.manual_seed, which would also seed the other GPUs.
        torch.default_generator.manual_seed(state)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(state)
        numpy_seeds = seed_sequence(seed, *names, "NumPy").generate_state(8)
        np.random.seed(numpy_seeds.tolist())
        random.seed(int(seed_sequence(seed, *names, "Python").generate_state(1, "uint64")[0]))
        yield


@contextlib.contextmanager
def preserved_global_state(devices: Sequence[torch.device] = ()) -> Iterator[None]:
    """Restore the global random states of torch, NumPy and Python after the block.

    Args:
        devices: GPUs whose states are restored too.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(list(devices)):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)

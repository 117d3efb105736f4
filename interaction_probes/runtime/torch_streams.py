"""Named random streams for torch: one independent generator per purpose."""

import torch

from interaction_probes.common.streams import seed_sequence


def torch_stream(seed: int, *names: str | int) -> torch.Generator:
    """A CPU generator for a purpose, independent of every other purpose's."""
    state = seed_sequence(seed, *names).generate_state(1, dtype="uint64")
    return torch.Generator().manual_seed(int(state[0]) >> 1)

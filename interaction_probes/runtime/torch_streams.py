"""Named random streams for torch: one independent generator per purpose."""

import torch

from interaction_probes.common.streams import seed_sequence


def torch_stream(seed: int, *names: str | int) -> torch.Generator:
    """A CPU generator for one purpose, independent of the generators of all other names."""
    state = seed_sequence(seed, *names).generate_state(1, dtype="uint64")
    return torch.Generator().manual_seed(int(state[0]) >> 1)

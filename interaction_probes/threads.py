"""How many threads a computation is worth."""

import contextlib
from collections.abc import Iterator

import torch

#: Numbers per pass over the data below which threads mostly wait for one another: where cores are
#: busy with other work, each wait costs about a millisecond, and a fit has tens of thousands.
_WORTH_SHARING = 1 << 20


@contextlib.contextmanager
def threads_for(numbers: int) -> Iterator[None]:
    """Run the block on one CPU thread if each of its passes reads few numbers."""
    before = torch.get_num_threads()
    if numbers < _WORTH_SHARING:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

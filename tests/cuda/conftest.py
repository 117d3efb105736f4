"""What only a GPU can show; without one these tests are skipped.

Elsewhere in the suite a device that holds no numbers stands in for it, and stubs of torch.cuda.
"""

import pytest
import torch


@pytest.fixture
def gpu():
    """The first GPU, whose products are those of plain float32, as in runs."""
    from interaction_probes.runtime.precision import full_float32

    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    with full_float32():
        yield torch.device("cuda:0")

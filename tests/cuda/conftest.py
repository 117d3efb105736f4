"""What only a GPU can show; without one these tests are skipped.

Elsewhere in the suite a device that holds no numbers stands in for it, and stubs of torch.cuda.
"""

import sys
from pathlib import Path

import pytest
import torch

# Where small methods and problems lie that other tests have, too.
for _folder in ("baselines", "interaction_probes"):
    sys.path.insert(0, str(Path(__file__).parent.parent / _folder))


@pytest.fixture
def gpu():
    """The first GPU, whose products are those of plain float32, as in runs."""
    from interaction_probes.precision import plain_float32

    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    with plain_float32():
        yield torch.device("cuda:0")

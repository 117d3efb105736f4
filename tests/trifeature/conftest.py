import pytest
from small_pairs import DESIGN, PAIRS

from trifeature import generate


@pytest.fixture(scope="session")
def data():
    """What the commands make of the options of ``small_pairs.SMALL``."""
    return generate(DESIGN, PAIRS, 4, 60)

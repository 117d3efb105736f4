"""Published linear-probe accuracies on Trifeature, to stand beside a measurement.

Percent, at the paper's scale (224 pixels, AlexNet, 100 epochs, 5 seeds); U is the mean of U1 and
U2. R and U were learnt from unbiased pairs, S from biased ones.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One row of a published table.

    Attributes:
        accuracy: task → percent.
        source: where the numbers stand.
    """

    accuracy: dict[str, float]
    source: str


_COMM_PAPER = "CoMM, ICLR 2025, arXiv 2409.07402"


def _row(r: float, u: float, s: float, source: str) -> Published:
    return Published({"R": r, "U1": u, "U2": u, "S": s}, source)


#: method name → its published row.
PUBLISHED: dict[str, Published] = {
    "comm": _row(99.9, 87.8, 71.9, _COMM_PAPER),
}

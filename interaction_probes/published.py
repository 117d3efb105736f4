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
_INFMASKING_PAPER = "InfMasking, NeurIPS 2025, arXiv 2509.25270"


def _row(r: float, u: float, s: float, source: str) -> Published:
    return Published({"R": r, "U1": u, "U2": u, "S": s}, source)


#: method name → its published row.
PUBLISHED: dict[str, Published] = {
    "comm": _row(99.9, 87.8, 71.9, _COMM_PAPER),
    "infmasking": _row(99.9, 90.6, 77.0, f"{_INFMASKING_PAPER} (its epoch was selected on test)"),
    "factorcl": _row(
        99.8, 62.5, 46.5, f"{_COMM_PAPER} (its S is macro precision: 46.5 means chance)"
    ),
    "cross_self": _row(99.7, 86.9, 50.0, _COMM_PAPER),
    "clip": _row(100.0, 11.6, 50.0, _COMM_PAPER),
    "supervised": _row(99.9, 95.2, 92.3, "the supervised ceiling of the S2MLVM paper"),
}

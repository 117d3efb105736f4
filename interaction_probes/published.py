"""Published linear-probe accuracies on Trifeature, to stand beside a measurement.

They are the table that figures draw: percent, at the paper's scale (224 pixels, AlexNet, 100
epochs, 5 seeds); U1 and U2 both hold the published mean of the two. R and U were learnt from
unbiased pairs, S from biased ones.
"""

from dataclasses import dataclass

from interaction_probes.figures.published import read_published


@dataclass(frozen=True)
class Published:
    """One row of a published table.

    Attributes:
        accuracy: task → percent.
        source: where the numbers stand.
        note: what a reader must know to compare with them; empty where nothing is known.
    """

    accuracy: dict[str, float]
    source: str
    note: str


def _rows() -> dict[str, Published]:
    by_method = read_published().groupby("method", sort=False)
    return {
        str(name): Published(
            {str(k): float(v) for k, v in zip(rows["task"], rows["accuracy"], strict=True)},
            str(rows["source"].iloc[0]),
            str(rows["note"].iloc[0]),
        )
        for name, rows in by_method
    }


#: method name → its published row.
PUBLISHED: dict[str, Published] = _rows()

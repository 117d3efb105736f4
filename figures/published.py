"""Published linear-probe accuracies on Trifeature, to be drawn beside measured ones.

Percent, at the paper's scale (224 pixels, AlexNet, 100 epochs, 5 seeds); U1 and U2 both hold the
published mean of the two. R and U were learnt from unbiased pairs, S from biased ones.
"""

from pathlib import Path

import pandas as pd

from .table import read_csv

#: The numbers that ship with the toolkit: method, task, accuracy, std (over seeds), source, and a
#: note of what a reader must know to compare with them.
SHIPPED = Path(__file__).with_name("published.csv")


def read_published(path: Path = SHIPPED) -> pd.DataFrame:
    """Read published accuracies: method, task, accuracy in percent, and any further columns.

    Raises:
        ValueError: a damaged or empty file, or missing columns.
        OSError: the file cannot be read.
    """
    table = read_csv(path, ("method", "task", "accuracy"), ("accuracy",))
    wrong = ~table["accuracy"].between(0, 100)
    if wrong.any():
        value = table.loc[wrong, "accuracy"].iloc[0]
        raise ValueError(f"{path}: a published accuracy is in percent, 0 to 100, not {value:g}")
    return table


def notes(published: pd.DataFrame) -> dict[str, str]:
    """Method → what a reader must know to compare with its published numbers, if anything."""
    if "note" not in published:
        return {}
    told = published[published["note"] != ""].drop_duplicates("method")
    return dict(zip(told["method"], told["note"], strict=True))

"""What a method reads before its first step: towers pass much through that they never learnt."""

import pandas as pd

from .table import last_epoch


def untrained(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of epoch 0 of runs that were probed later too: what training started from.

    A floor, which is never trained, has none: its only epoch is its result.

    Args:
        rows: of one metric of one probe.
    """
    rows = rows.reset_index(drop=True)
    return rows[(rows["epoch"] == 0) & ~rows.index.isin(last_epoch(rows).index)]

"""The rows of a table that a control left after the last epoch, or what to run to have them."""

from collections.abc import Collection

import pandas as pd

from interaction_probes.analysis.agreement import check_comparable, check_same_settings
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import default_loss_rows, usual_design_rows
from interaction_probes.analysis.schema import METRIC_COLUMNS
from interaction_probes.analysis.table_files import MissingRows, require_columns


def control_rows(table: pd.DataFrame, control: str, probes: Collection[str]) -> pd.DataFrame:
    """Rows of a control of runs on the usual designs with their method's own loss weights.

    Args:
        table: tidy results.
        control: its name after ``--controls``, for the error.
        probes: the names that metrics.csv has for its probes.

    Raises:
        MissingRows: there are none.
        ValueError: mixed presets, or runs that cannot be shown together
            (:mod:`interaction_probes.analysis.agreement`).
    """
    require_columns(table, METRIC_COLUMNS)
    check_one_preset(table)
    rows = table[table["probe"].isin(list(probes))]
    if rows.empty:
        raise MissingRows(
            f"the table has no rows of the control {control}: make the runs with run --controls "
            f"{control} or sweep --grid controls {control} (all leaves it out)"
        )
    rows = usual_design_rows(default_loss_rows(rows))
    if rows.empty:
        raise MissingRows(
            f"the table has rows of the control {control}, but none of runs on unbiased or biased "
            "pairs with a plain loss"
        )
    check_same_settings(rows, ["method"])
    check_comparable(rows, table=table)
    return rows

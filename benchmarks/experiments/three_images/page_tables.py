"""The tables of three images in RESULTS.md that ``interaction_probes.tables`` does not print.

Run with ``python benchmarks/experiments/three_images/page_tables.py``: means over seeds ± standard
deviation, from results/three_images/critics.csv and results/three_images/confirmed.csv.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.three_images.critic_auc import TABLE as CRITICS
from benchmarks.experiments.three_images.trials import RESULTS
from interaction_probes.analysis.cell_values import short_weights
from interaction_probes.analysis.names import loss_label, method_label, number
from interaction_probes.common.cli import friendly_errors

#: Column of critics.csv and the design that teaches its task → its heading.
_CRITIC_COLUMNS = {
    ("S123", "triple-biased"): "S123, held out",
    ("S123_untrained", "triple-biased"): "before training",
    ("S123_seen", "triple-biased"): "seen combinations",
    ("S13", "pair-biased"): "S13, held out",
    ("S13_untrained", "pair-biased"): "before training",
    ("S13_seen", "pair-biased"): "seen combinations",
}
#: Column of confirmed.csv, its design, digits after the point → its heading.
_TRIAL_COLUMNS = {
    ("U", "triple-biased", 1): "U, %",
    ("S123", "triple-biased", 1): "S123, %",
    ("AUC_S123", "triple-biased", 3): "AUC",
    ("S12to3", "triple-biased", 1): "S12to3, %",
    ("S12to3", "unbiased", 1): "without the rule",
    ("critic_AUC", "triple-biased", 3): "critic",
    ("critic_AUC_untrained", "triple-biased", 3): "before training",
}


def critic_table(critics: pd.DataFrame) -> list[str]:
    """AUC of the critics after the design that teaches each rule: a line of Markdown per loss.

    Args:
        critics: results/three_images/critics.csv.
    """
    lines = _head(["method, loss", "n", *_CRITIC_COLUMNS.values()])
    for (method, weights), rows in critics.groupby(["method", "weights"], sort=False):
        n = rows["seed"].nunique()
        cells = [_spread(rows, column, pairs, 3, n) for column, pairs in _CRITIC_COLUMNS]
        lines.append(_line([_name(method, weights), f"{n}", *cells]))
    return lines


def trial_table(confirmed: pd.DataFrame) -> list[str]:
    """What the repeated trials read: a line of Markdown per trial.

    Args:
        confirmed: results/three_images/confirmed.csv.
    """
    lines = _head(["method, loss", "changes", "n", *_TRIAL_COLUMNS.values()])
    for (method, _), rows in confirmed.groupby(["method", "trial"], sort=False):
        first, n = rows.iloc[0], rows["seed"].nunique()
        cells = [
            _spread(rows, column, pairs, digits, n) for column, pairs, digits in _TRIAL_COLUMNS
        ]
        changes = json.loads(first["changes"]).items()
        said = ", ".join(f"{field.split('.')[-1]} {value}" for field, value in changes) or "–"
        lines.append(_line([_name(method, first["weights"]), said, f"{n}", *cells]))
    return lines


def _name(method: str, weights: str) -> str:
    label, short = method_label(method), short_weights(weights)
    return f"{label}, {loss_label(method, short)}" if short else label


def _spread(rows: pd.DataFrame, column: str, pairs: str, digits: int, n: int) -> str:
    """Mean ± standard deviation over the seeds of a design; how many, if fewer than the row's n.

    Raises:
        ValueError: a seed that counts twice.
    """
    own = rows[rows["pairs"] == pairs]
    if own["seed"].duplicated().any():
        raise ValueError(f"{column}: a seed counts twice in the {pairs} runs of one loss")
    values = own[column].dropna()
    if values.empty:
        return "–"
    deviation = f" ± {number(values.std(), digits)}" if len(values) > 1 else ""
    fewer = f" (n = {len(values)})" if len(values) < n else ""
    return f"{number(values.mean(), digits)}{deviation}{fewer}"


def _head(names: Sequence[str]) -> list[str]:
    return [_line(names), _line(["---"] * len(names))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print both tables."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with friendly_errors():
        for path, table in (
            (CRITICS, critic_table),
            (RESULTS / "confirmed.csv", trial_table),
        ):
            print("\n".join(table(pd.read_csv(path).fillna({"weights": ""}))))
            print()


if __name__ == "__main__":
    main()

"""The tables of three images in RESULTS.md that ``interaction_probes.tables`` does not print.

Run with ``python benchmarks/experiments/three_images/page_tables.py``: means over seeds ± standard
deviation, from critics.csv, confirmed.csv and strengths.csv in results/three_images.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.three_images.critic_auc import TABLE as CRITICS
from benchmarks.experiments.three_images.run_trials import RESULTS
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
    ("U", "unbiased", 1): "U, %",
    ("S123", "triple-biased", 1): "S123, %",
    ("AUC_S123", "triple-biased", 3): "AUC",
    ("S12to3", "triple-biased", 1): "S12to3, %",
    ("S12to3", "unbiased", 1): "without the rule",
    ("critic_AUC", "triple-biased", 3): "critic",
    ("critic_AUC_untrained", "triple-biased", 3): "before training",
}

#: Column, digits after the point → its heading in the table of strengths, for every method.
_STRENGTH_COLUMNS = {
    ("S12to3", 1): "S12to3, %",
    ("S123", 1): "S123, %",
    ("critic_AUC", 3): "critic",
}
#: Designs of the repeated trials → how often the triple rule holds in them.
_WHOLE_DESIGNS = {"unbiased": 0.0, "triple-biased": 1.0}


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


def strength_table(confirmed: pd.DataFrame, strengths: pd.DataFrame) -> list[str]:
    """What a method reads as the rule holds in more of the samples: a line per method and strength.

    Args:
        confirmed: results/three_images/confirmed.csv, with the strengths 0 and 1.
        strengths: results/three_images/strengths.csv, with those between.

    Raises:
        ValueError: a design of neither.
    """
    lines = _head(["method, loss", "ρ", "n", *_STRENGTH_COLUMNS.values()])
    for (method, trial), between in strengths.groupby(["method", "trial"], sort=False):
        ends = confirmed[(confirmed["method"] == method) & (confirmed["trial"] == trial)]
        rows = pd.concat([ends, between])
        for strength, own in rows.groupby(rows["pairs"].map(_strength)):
            cells = [
                _spread(own, column, own["pairs"].iloc[0], digits, own["seed"].nunique())
                for column, digits in _STRENGTH_COLUMNS
            ]
            first = _name(method, own["weights"].iloc[0])
            lines.append(_line([first, f"{strength:g}", f"{own['seed'].nunique()}", *cells]))
    return lines


def _strength(pairs: str) -> float:
    if pairs in _WHOLE_DESIGNS:
        return _WHOLE_DESIGNS[pairs]
    return float(pairs.removeprefix("triple"))


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
    """Print the tables."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with friendly_errors():
        critics, confirmed, strengths = (
            pd.read_csv(path).fillna({"weights": ""})
            for path in (CRITICS, RESULTS / "confirmed.csv", RESULTS / "strengths.csv")
        )
        for table in (
            critic_table(critics),
            trial_table(confirmed),
            strength_table(confirmed, strengths),
        ):
            print("\n".join(table))
            print()


if __name__ == "__main__":
    main()

"""Which trial of each method is nearest to its published accuracies.

Run with ``python benchmarks/experiments/trial_ranking.py [TABLE]``; it reads the table of
tuning.py and trains nothing. A trial's distance is the mean of |ours − published| over R, U (the
mean of U1 and U2, or U1 where it alone is published) and, where the trial learnt from biased pairs,
S, in points. A method of which nothing is published on these tasks is measured against 100 in R, U
and S instead: its nearest trial is the one that reads the most. R and U are read from unbiased
pairs where the trial has them. So what a preset takes from here is fitted to the published numbers,
on the seeds of the trials: the fidelity of a study of other seeds (benchmarks/fidelity.py) says how
far it generalises.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.experiments.tuning import TABLE
from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.common.cli import friendly_errors

#: What a method is measured against that has no published accuracies, in percent.
_MOST = {"R": 100.0, "U1": 100.0, "U2": 100.0, "S": 100.0}


def ranking(table: pd.DataFrame) -> pd.DataFrame:
    """A row per method and trial, the nearest first: R, U, S in percent and the distance.

    Args:
        table: rows of tuning.py, of one seed.

    Raises:
        ValueError: rows of several seeds.
    """
    if table["seed"].nunique() > 1:
        raise ValueError("the table has trials of several seeds: rank each seed by itself")
    found = []
    for (method, trial), rows in table.groupby(["method", "trial"], sort=False):
        by_pairs = rows.set_index("pairs")
        of_r = by_pairs.loc["unbiased" if "unbiased" in by_pairs.index else "biased"]
        published = PUBLISHED[method].accuracy if method in PUBLISHED else _MOST
        unique = [task for task in ("U1", "U2") if task in published]
        scores = {"R": of_r["R"], "U": sum(of_r[task] for task in unique) / len(unique)}
        if "biased" in by_pairs.index:
            scores["S"] = by_pairs.loc["biased", "S"]
        aims = {"R": published["R"], "U": published["U1"], "S": published["S"]}
        distance = sum(abs(scores[task] - aims[task]) for task in scores) / len(scores)
        changes = ", ".join(f"{k} {v}" for k, v in json.loads(rows["changes"].iloc[0]).items())
        row = {"method": method, "trial": trial, **scores, "distance": distance}
        found.append({**row, "changes": changes})
    columns = ["method", "trial", "R", "U", "S", "distance", "changes"]
    result = pd.DataFrame(found, columns=columns)
    order = {name: k for k, name in enumerate(dict.fromkeys(table["method"]))}
    return result.sort_values(
        ["method", "distance"], key=lambda c: c.map(order) if c.name == "method" else c
    ).reset_index(drop=True)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path, nargs="?", default=TABLE, help="a table of tuning.py")
    arguments = parser.parse_args(argv)
    with friendly_errors():
        for row in ranking(pd.read_csv(arguments.table)).itertuples(index=False):
            scores = f"R{row.R:6.1f}  U{row.U:6.1f}  S{row.S:6.1f}".replace("nan", "  –")
            start = f"{row.method:<12}{row.trial:>3}  {scores}"
            print(f"{start}  distance{row.distance:5.1f}  {row.changes}")


if __name__ == "__main__":
    main()

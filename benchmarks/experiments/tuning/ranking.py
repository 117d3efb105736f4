"""Which trial of each method comes first: the nearest to what is published, or what reads the most.

Run with ``python benchmarks/experiments/tuning/ranking.py [TABLE]``; it reads the table of
run_trials.py and trains nothing. Of the methods of CoMM's comparison a trial's distance is the mean
of |ours − published| over R, U (the mean of U1 and U2) and, where the trial learnt from biased
pairs, S, in points. R and U are read from unbiased pairs where the trial has them. So what a preset
takes from here is fitted to the published numbers, on the seeds of the trials: the fidelity of a
study of other seeds (benchmarks/fidelity.py) says how far it generalises.

The methods since CoMM are measured against 100 in R, U and S: the trial that reads the most comes
first. The epochs of the published values of HRIL and MAE were selected on test images, COrAL's
probe was fitted on them, and of the others nothing is published.

A line ends with the versions of the preset that have its trial. Nearly all were set by one rule:
the usual trial (``USUAL`` of trials.py), unless another of the version's is more than `MARGIN`
nearer, and then the nearest. What was set otherwise in version 4 is ``SET_OTHERWISE``; the line of
the trial that the rule takes says so. The trial of a method since CoMM must have CoMM's number of
epochs and CoMM's temperature, which by itself moves S of CoMM from 67 to 85, so that the methods
differ from CoMM in what is their own.
Version 3 chose CoMM's comparison by another rule (docs/quick-preset.md).
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.tuning import since_comm
from benchmarks.experiments.tuning.changes import VERSION_4
from benchmarks.experiments.tuning.run_trials import TABLE, designs_of, is_of_today
from benchmarks.experiments.tuning.trials import TAKEN, TRIALS, USUAL
from interaction_probes.analysis.published import PUBLISHED
from interaction_probes.common.cli import friendly_errors

#: Points by which single runs of one setting differ: a trial must be nearer by more.
MARGIN = 2.0
#: What the methods since CoMM are measured against, in percent.
_MOST = {"R": 100.0, "U1": 100.0, "U2": 100.0, "S": 100.0}


def ranking(table: pd.DataFrame) -> pd.DataFrame:
    """A row per method and trial, the nearest first: R, U, S in percent and the distance.

    Args:
        table: rows of run_trials.py, of one seed.

    Raises:
        ValueError: rows of several seeds.
    """
    if table["seed"].nunique() > 1:
        raise ValueError("the table has trials of several seeds: rank each seed by itself")
    found = []
    for (method, trial), rows in table.groupby(["method", "trial"], sort=False):
        by_pairs = rows.set_index("pairs")
        of_r = by_pairs.loc["unbiased" if "unbiased" in by_pairs.index else "biased"]
        published = _MOST if method in since_comm.TRIALS else PUBLISHED[method].accuracy
        scores = {"R": of_r["R"], "U": (of_r["U1"] + of_r["U2"]) / 2}
        if "biased" in by_pairs.index:
            scores["S"] = by_pairs.loc["biased", "S"]
        aims = {"R": published["R"], "U": published["U1"], "S": published["S"]}
        distance = sum(abs(scores[task] - aims[task]) for task in scores) / len(scores)
        changes = ", ".join(f"{k} {v}" for k, v in json.loads(rows["changes"].iloc[0]).items())
        row = {"method": method, "trial": trial, **scores, "distance": distance}
        row["designs"] = len(rows)
        found.append({**row, "changes": changes})
    columns = ["method", "trial", "R", "U", "S", "distance", "designs", "changes"]
    result = pd.DataFrame(found, columns=columns)
    order = {name: k for k, name in enumerate(dict.fromkeys(table["method"]))}
    return result.sort_values(
        ["method", "distance"], key=lambda c: c.map(order) if c.name == "method" else c
    ).reset_index(drop=True)


def chosen(ranked: pd.DataFrame, version: int) -> dict[str, int]:
    """Method → the trial that a version of the preset takes, where all of its trials are there.

    Args:
        ranked: as of :func:`ranking`.
        version: of the quick preset, 3 or 4.
    """
    found = {}
    for method, usual in USUAL[version].items():
        of_method = ranked[ranked["method"] == method].set_index("trial")
        numbers = [k for k in range(1, len(TRIALS[method]) + 1) if version_of(method, k) == version]
        whole = of_method.index[of_method["designs"] == len(designs_of(method))]
        if not set(numbers) <= set(whole):
            continue
        distances = of_method["distance"]
        alike = [k for k in numbers if _is_alike(method, k, usual)]
        nearest = int(distances[alike].idxmin())
        clearly = distances[usual] - distances[nearest] > MARGIN + 1e-9  # scores have one decimal
        found[method] = nearest if clearly else usual
    return found


def version_of(method: str, trial: int) -> int:
    """The version of the preset that a trial is for: 4 by its towers, or 3."""
    kernels = "model.encoder.kernels"
    return 4 if TRIALS[method][trial - 1].get(kernels) == VERSION_4[kernels] else 3


def _is_alike(method: str, trial: int, usual: int) -> bool:
    """Of a method since CoMM, whether a trial has CoMM's temperature and epochs; else True."""
    first, second = (TRIALS[method][number - 1] for number in (usual, trial))
    shared = ("model.temperature", "optim.epochs") if method in since_comm.TRIALS else ()
    return all(first.get(name) == second.get(name) for name in shared)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "table", type=Path, nargs="?", default=TABLE, help="a table of run_trials.py"
    )
    arguments = parser.parse_args(argv)
    with friendly_errors():
        table = pd.read_csv(arguments.table)
        ranked = ranking(table[[*map(is_of_today, table.to_dict("records"))]])
        by_rule = {version: chosen(ranked, version) for version in USUAL}
        for row in ranked.itertuples(index=False):
            scores = f"R{row.R:6.1f}  U{row.U:6.1f}  S{row.S:6.1f}".replace("nan", "  –")
            start = f"{row.method:<12}{row.trial:>3}  {scores}"
            of = [f"version {k}" for k in TAKEN if TAKEN[k][row.method] == row.trial]
            others = [k for k in USUAL if by_rule[k].get(row.method) == row.trial]
            of += [f"version {k} by the rule" for k in others if f"version {k}" not in of]
            end = f"  <- {', '.join(of)}" if of else ""
            print(f"{start}  distance{row.distance:5.1f}  {row.changes}{end}")


if __name__ == "__main__":
    main()

"""Is it the objective or the schedule? Eleven settings per method, of three images under one rule.

Run with ``python benchmarks/experiments/three_images/run_trials.py --out FOLDER``: seven methods
learn from triple-biased samples of vectors with five values per attribute, on seed 1000, which no
table of scores reports. Eight settings of the training are the same for all, three are of a
method's own loss, width or budget. The table is results/three_images/tuning.csv; besides what
linear probes read it has the AUC of each loss's critic, where critic_auc.py has one. ``--confirm``
repeats some trials on seeds 10 to 12, into results/three_images/confirmed.csv: of every method the
one that reads S12to3 best, and CoMM's own loss for 40 epochs; they learn from unbiased samples as
well, which show the rule by chance only. ``--strengths`` has the two of these that read the rule
learn it where it holds in a part of the samples, into results/three_images/strengths.csv. Two runs
at a time; finished ones are skipped when the command is repeated, and ``--read`` only reads them.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.three_images.critic_auc import COLUMNS as CRITIC_COLUMNS
from benchmarks.experiments.three_images.critic_auc import CRITICS, critic_auc
from benchmarks.experiments.three_images.trials import (
    Run,
    confirming_runs,
    strength_runs,
    trial_runs,
)
from benchmarks.experiments.unfinished_runs import finish
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.fields import format_weights
from interaction_probes.storage.run_folder import RunFolder, state_of

RESULTS = Path(__file__).parents[3] / "results" / "three_images"
TABLE = RESULTS / "tuning.csv"
COLUMNS = (
    *(
        "method",
        "trial",
        "weights",
        "changes",
        "pairs",
        "seed",
        "R123",
        "U",
        "S123",
        "AUC_S123",
        "S12to3",
    ),
    *("critic_AUC", "critic_AUC_low", "critic_AUC_high", "critic_AUC_seen"),
    *("critic_AUC_untrained", "seconds"),
)


def row(run: Run, path: Path) -> list[object]:
    """`COLUMNS` of a finished run, accuracies in percent."""
    config, model, data = load_run(path, "cpu")
    known = config.method in CRITICS
    critic = critic_auc(model, data, config) if known else dict.fromkeys(CRITIC_COLUMNS, None)
    folder = RunFolder(path)
    metrics = folder.read_metrics()
    scores = last_epoch_rows(metrics[metrics["probe"] == "linear"])
    values = scores.set_index(["task", "metric"])["value"]
    unique = sum(values[f"U{m}", "accuracy"] for m in (1, 2, 3)) / 3
    status = folder.read_json("run.json") or {}
    return [
        *(run.method, run.number, format_weights(config.weights)),
        *(json.dumps(dict(run.trial.changes)), config.pairs, config.seed),
        *(f"{100 * values['R123', 'accuracy']:.1f}", f"{100 * unique:.1f}"),
        *(f"{100 * values['S123', 'accuracy']:.1f}", f"{values['S123', 'auc']:.3f}"),
        f"{100 * values['S12to3', 'accuracy']:.1f}",
        *(_cell(critic[f"S123{end}"]) for end in ("", "_low", "_high", "_seen", "_untrained")),
        f"{status.get('seconds', float('nan')):.0f}",
    ]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def is_of_today(row: Mapping[str, Any]) -> bool:
    """Whether a row of the table of trials is of the trial as it is by now."""
    trial = Run(row["method"], int(row["trial"])).trial
    same = format_weights(trial.weights)
    return row["weights"] == same and row["changes"] == json.dumps(dict(trial.changes))


def rows(runs: Sequence[Run], out: Path) -> Iterator[list[object]]:
    """A row per finished run in a folder."""
    for run in runs:
        path = out / folder_name(run.config())
        if state_of(path).name == "finished":
            yield row(run, path)


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--table", type=Path, help="by default in results/three_images")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--confirm", action="store_true", help="repeat some on seeds 10 to 12")
    which.add_argument("--strengths", action="store_true", help="a rule of a part of the samples")
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, a thread each")
    parser.add_argument("--read", action="store_true", help="read finished runs only")
    words = parser.parse_args()
    with friendly_errors("stopped; run the same command again to resume"):
        if words.processes < 1:
            raise ValueError(f"the number of processes is 1 or more, not {words.processes}")
        if words.confirm:
            runs, table = confirming_runs(pd.read_csv(TABLE)), RESULTS / "confirmed.csv"
        elif words.strengths:
            runs, table = strength_runs(), RESULTS / "strengths.csv"
        else:
            runs, table = trial_runs(), TABLE
        table = words.table or table
        if not words.read:
            finish([run.config() for run in runs], words.out, words.processes)
        found = list(rows(runs, words.out))
        if not found:
            raise ValueError(
                f"{words.out} has no finished run of these, so {table} is left as it is"
            )
        table.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(table, as_csv(COLUMNS, found))


if __name__ == "__main__":
    main()

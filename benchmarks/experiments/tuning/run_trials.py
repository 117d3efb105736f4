"""Tune the methods: the same number of trials for each, on seeds that no table reports.

Run with ``python benchmarks/experiments/tuning/run_trials.py --out FOLDER``. The trials are in
trials.py; each is a run per design of the pretraining pairs, with one thread, two at a time on two
cores. Finished runs are skipped when the command is repeated, and their scores are written to the
table as those of a method end: results/quick/tuning.csv, a row per trial and design. ``--method``
chooses methods, ``--trial`` the first trials alone, ``--read`` only reads finished runs.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.tuning.changes import COMMON, Setting
from benchmarks.experiments.tuning.trials import PAIRS, TRIALS
from benchmarks.experiments.unfinished_runs import finish
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import table_as_csv, write_atomically
from interaction_probes.execution.grid import configs_for_pairs
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.presets import find_preset
from interaction_probes.storage.run_folder import RunFolder, state_of

TABLE = Path(__file__).parents[3] / "results" / "quick" / "tuning.csv"
#: The least seed of trials: reported seeds lie below.
FIRST_SEED = 1000
#: Version 1 of the quick preset, whose changes the trials are.
PRESET = ("quick", 1)
_COLUMNS = ("method", "trial", "changes", "pairs", "seed", "R", "U1", "U2", "S", "AUC_S", "seconds")


def trial_configs(method: str, number: int, seed: int = FIRST_SEED) -> list[RunConfig]:
    """The runs of a trial, one per design of the pretraining pairs.

    Args:
        method: the method's name.
        number: of the trial, from 1.
        seed: of the runs.

    Raises:
        ValueError: a seed below 1000, which tables may report.
    """
    if seed < FIRST_SEED:
        raise ValueError(f"trials are on seeds from {FIRST_SEED} on, not {seed}")
    setting: Setting = {**COMMON, **TRIALS[method][number - 1]}
    config = with_fields(find_preset(*PRESET), {"method": method, "seed": seed, **setting})
    return configs_for_pairs(config, PAIRS[method])


def row(method: str, number: int, config: RunConfig, folder: RunFolder) -> dict[str, object]:
    """The scores of one run of a trial, accuracies in percent."""
    metrics = folder.read_metrics()
    last = last_epoch_rows(metrics[metrics["probe"] == "linear"])
    scores = last.set_index(["task", "metric"])["value"]
    status = folder.read_json("run.json") or {}
    return {
        "method": method,
        "trial": number,
        "changes": _changes(method, number),
        "pairs": config.pairs,
        "seed": config.seed,
        **{task: f"{100 * scores[task, 'accuracy']:.1f}" for task in ("R", "U1", "U2", "S")},
        "AUC_S": f"{scores['S', 'auc']:.3f}",
        "seconds": f"{status.get('seconds', float('nan')):.0f}",
    }


def is_of_today(row: Mapping[str, Any]) -> bool:
    """Whether a row of the table is of a trial as it is by now, and of a design that it has."""
    method, number, pairs = row["method"], int(row["trial"]), row["pairs"]
    if method not in TRIALS or not 1 <= number <= len(TRIALS[method]):
        return False
    return row["changes"] == _changes(method, number) and pairs in designs_of(method)


def designs_of(method: str) -> tuple[str, ...]:
    """The designs of the pairs that a method's trials learn from."""
    return ("unbiased", "biased") if PAIRS[method] == "both" else (PAIRS[method],)


def _changes(method: str, number: int) -> str:
    """What a trial changes, as in the table."""
    return json.dumps(dict(TRIALS[method][number - 1]))


def rows(out: Path, seed: int) -> Iterator[dict[str, object]]:
    """A row per finished run of all trials in a folder."""
    for method, settings in TRIALS.items():
        for number in range(1, len(settings) + 1):
            for config in trial_configs(method, number, seed):
                path = out / folder_name(config)
                if state_of(path).name == "finished":
                    yield row(method, number, config, RunFolder(path))


def write(table: Path, found: Sequence[Mapping[str, object]]) -> None:
    """Write rows into the table, in place of those of the same trial, design and seed.

    A row of a trial that is another by now (:func:`is_of_today`) is dropped.
    """
    key = ["method", "trial", "pairs", "seed"]
    new = pd.DataFrame(found, columns=_COLUMNS).astype(str)
    if table.exists():
        new = pd.concat([pd.read_csv(table, dtype=str, keep_default_na=False), new])
        new = new.drop_duplicates(key, keep="last")
    new = new[[*map(is_of_today, new.to_dict("records"))]]
    order = {name: k for k, name in enumerate(TRIALS)}
    new["trial"] = new["trial"].astype(int)
    new = new.sort_values(
        key, key=lambda c: c.map(order) if c.name == "method" else c, kind="stable"
    )
    write_atomically(table, table_as_csv(new))


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--method", nargs="+", choices=list(TRIALS), default=list(TRIALS))
    parser.add_argument("--trial", nargs="+", type=int, help="numbers of trials, from 1")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--read", action="store_true", help="read finished runs only")
    words = parser.parse_args()
    with friendly_errors("stopped; run the same command again to resume"):
        for method in words.method if not words.read else ():
            numbers = words.trial or range(1, len(TRIALS[method]) + 1)
            configs = [c for k in numbers for c in trial_configs(method, k, words.seed)]
            finish(configs, words.out, words.processes)
            write(words.table, list(rows(words.out, words.seed)))
        write(words.table, list(rows(words.out, words.seed)))


if __name__ == "__main__":
    main()

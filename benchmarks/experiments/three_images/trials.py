"""Is it the objective or the schedule? Eleven settings per method, of three images under one rule.

Run with ``python benchmarks/experiments/three_images/trials.py --out FOLDER``: six methods learn
from triple-biased samples of vectors with five values per attribute, on seed 1000, which no table
of scores reports. Eight settings of the training are the same for all, three are of a method's own
loss, width or budget. The table is results/three_images/tuning.csv; besides what linear probes read
it has the AUC of each loss's critic (critic_auc.py). ``--confirm`` repeats some trials on seeds 10
to 12, into results/three_images/confirmed.csv: of every method the one that reads S12to3 best, and
CoMM's own loss for 40 epochs; they learn from unbiased samples as well, which never show the rule.
Two runs at a time; finished ones are skipped when the command is repeated, and ``--read`` only
reads them.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.three_images.critic_auc import critic_auc
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.execution.backends import worker_pool
from interaction_probes.execution.grid import Pairs, grid
from interaction_probes.execution.sweep_executor import ExecutionSettings, execute_runs
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import format_weights
from interaction_probes.settings.presets import find_preset
from interaction_probes.storage.run_folder import RunFolder, state_of

RESULTS = Path(__file__).parents[3] / "results" / "three_images"
TABLE = RESULTS / "tuning.csv"
SEED = 1000
#: Seeds that no trial saw.
FRESH_SEEDS = (10, 11, 12)
#: Epochs of a trial that says nothing of them.
_EPOCHS = "12"
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


@dataclass(frozen=True)
class Trial:
    """Term weights, where they differ from the method's, and fields → values."""

    weights: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)


_LONG = {"optim.epochs": "40"}
_LONGEST = {"optim.epochs": "120"}
_ADAMW = {"optim.optimizer": "adamw", "optim.lr": "0.003"}
_TRAINING = (
    Trial(),
    Trial(changes={"optim.lr": "0.02"}),
    Trial(changes={"optim.lr": "0.08"}),
    Trial(changes={"optim.batch": "64"}),
    Trial(changes=_LONG),
    Trial(changes=_LONGEST),
    Trial(changes=_ADAMW),
    Trial(changes={**_ADAMW, **_LONG}),
)
_PAIR_MASKS = {"joint": 0.0, "unimodal": 0.0, "partial": 1.0}
_ALL_NEGATIVES = {"shuffled": 0.0, "all": 1.0}
_FUSED_ALONE = {"pair": 0.0}
_NARROW = {"model.dim": "32"}
_NARROWER = (Trial(changes=_NARROW), Trial(changes={**_NARROW, **_LONG}))

#: Method → its trials.
TRIALS: Mapping[str, Sequence[Trial]] = {
    "comm": (
        *_TRAINING,
        Trial({"partial": 0.25}),
        Trial({"partial": 0.25}, _LONG),
        Trial(_PAIR_MASKS),
    ),
    "clip": (*_TRAINING, *_NARROWER, Trial(changes={"model.dim": "8"})),
    "symile": (
        *_TRAINING,
        Trial(_ALL_NEGATIVES),
        Trial(_ALL_NEGATIVES, _LONG),
        Trial(changes=_NARROW),
    ),
    "gram": (*_TRAINING, *_NARROWER, Trial(changes={**_ADAMW, **_LONGEST})),
    "triangle": (*_TRAINING, *_NARROWER, Trial(changes={**_ADAMW, **_LONGEST})),
    "confu": (
        *_TRAINING,
        Trial(_FUSED_ALONE),
        Trial(_FUSED_ALONE, _LONG),
        Trial(_FUSED_ALONE, _ADAMW),
    ),
}
#: What a method's trials have that its preset has not: CLIP's width is that of the others, and
#: ConFu's fused pairs are probed.
_OWN: Mapping[str, Mapping[str, str]] = {
    "clip": {"model.dim": "192"},
    "confu": {"probe.features": "fused"},
}


@dataclass(frozen=True)
class Run:
    """A trial's number, from 1, and what it learns from."""

    method: str
    number: int
    seed: int = SEED
    pairs: Pairs = "triple-biased"

    @property
    def trial(self) -> Trial:
        """Weights and changes."""
        return TRIALS[self.method][self.number - 1]

    def config(self) -> RunConfig:
        """The run."""
        preset = find_preset("vectors")
        fields = {
            "modalities": "3",
            "images.counts.texture": "5",
            "images.counts.colour": "5",
            "optim.epochs": _EPOCHS,
            **_OWN.get(self.method, {}),
            **self.trial.changes,
        }
        fields["probe.every"] = fields["optim.epochs"]
        base = replace(preset, probe=replace(preset.probe, controls=()))
        lists = {name: [value] for name, value in fields.items()}
        weights = [self.trial.weights]
        (config,) = grid(base, [self.method], [self.seed], weights, lists, pairs=self.pairs)
        return config


def trial_runs() -> list[Run]:
    """Every trial."""
    return [Run(name, k + 1) for name, trials in TRIALS.items() for k in range(len(trials))]


#: CoMM's own loss for 40 epochs.
_OWN_LOSS_OF_COMM = ("comm", 5)


def confirming_runs(tuning: pd.DataFrame) -> list[Run]:
    """The trials that are repeated on seeds that no trial saw, seed by seed.

    Args:
        tuning: the table of all trials.
    """
    best = tuning.loc[tuning.groupby("method", sort=False)["S12to3"].idxmax()]
    numbered = [_OWN_LOSS_OF_COMM, *zip(best["method"], best["trial"], strict=True)]
    designs: tuple[Pairs, ...] = ("triple-biased", "unbiased")
    return [
        Run(name, int(number), seed, pairs)
        for seed in FRESH_SEEDS
        for name, number in dict.fromkeys(numbered)
        for pairs in designs
    ]


def row(run: Run, path: Path) -> list[object]:
    """`COLUMNS` of a finished run, accuracies in percent."""
    config, model, data = load_run(path, "cpu")
    critic = critic_auc(model, data, config)
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
        *(f"{critic[f'S123{end}']:.3f}" for end in ("", "_low", "_high", "_seen", "_untrained")),
        f"{status.get('seconds', float('nan')):.0f}",
    ]


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
    parser.add_argument("--confirm", action="store_true", help="repeat some on seeds 10 to 12")
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, a thread each")
    parser.add_argument("--read", action="store_true", help="read finished runs only")
    words = parser.parse_args()
    with friendly_errors("stopped; run the same command again to resume"):
        if words.processes < 1:
            raise ValueError(f"the number of processes is 1 or more, not {words.processes}")
        runs = confirming_runs(pd.read_csv(TABLE)) if words.confirm else trial_runs()
        table = words.table or (RESULTS / "confirmed.csv" if words.confirm else TABLE)
        configs = [run.config() for run in runs]
        pending = [c for c in configs if state_of(words.out / folder_name(c)).name != "finished"]
        failed = 0
        if pending and not words.read:
            settings = ExecutionSettings(words.out, "cpu", 1, None, None)
            with worker_pool(words.processes, None):
                failed = sum(execute_runs(settings, pending, [40.0] * len(pending)))
        found = list(rows(runs, words.out))
        if not found:
            raise ValueError(
                f"{words.out} has no finished run of these, so {table} is left as it is"
            )
        table.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(table, as_csv(COLUMNS, found))
    if failed:
        print(f"error: {failed} runs are unfinished; repeat the command", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

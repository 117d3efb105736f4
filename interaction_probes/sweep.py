"""``python -m interaction_probes.sweep``: many runs, on this machine or on a cluster."""

import contextlib
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import tyro

from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.common.number_texts import read_number
from interaction_probes.common.spelling import option_name
from interaction_probes.common.writing import check_folder
from interaction_probes.execution.backends import worker_pool
from interaction_probes.execution.grid import Pairs, grid, parse_grid, parse_weights
from interaction_probes.execution.grid_hints import check_no_option_of_run
from interaction_probes.execution.sweep_executor import (
    ExecutionSettings,
    estimate_seconds,
    execute_runs,
)
from interaction_probes.experiment.data import design_note, pairs_note, purity_lines
from interaction_probes.experiment.initialisation import batch_note
from interaction_probes.experiment.own_dataset import dataset_lines
from interaction_probes.experiment.runner import folder_name
from interaction_probes.runtime.devices import allocate, parse_device
from interaction_probes.runtime.distributed import torchrun_world_size
from interaction_probes.runtime.process_env import ignored_threads_note
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import as_options, find_field
from interaction_probes.settings.presets import default_preset, find_preset, for_datasets
from interaction_probes.settings.registry import changed_source
from interaction_probes.storage.reuse import to_do
from interaction_probes.storage.run_folder import FAILURE, STATES, RunFolder, State, state_of

_PROG = "python -m interaction_probes.sweep"
_DESCRIPTION = """Execute many runs: every combination of the lists below. The plan and an estimate
of the time are printed first. Run the same command again to resume: finished runs are skipped,
interrupted ones resume from their checkpoints, failed ones are tried again. A failed run does not
stop the others."""

_STRENGTH_OR_PAIRS = "--mapping-strength sets the design of the pairs: omit --pairs"
_LISTS = ("--method", "--seed", "--weights", "--mapping-strength", "--shared-strength", "--grid")


@dataclass(frozen=True)
class Sweep:
    """The command line.

    Attributes:
        method: names of methods (interaction_probes.run --list prints them), or
            package.module:Class for a class of your own, which runs that module's code.
        seed: seeds of the random streams.
        weights: alternatives of the loss weights, each "term=number,term=number"; "" stands for the
            method's default weights.
        mapping_strength: fractions of the pretraining pairs in which the texture → colour rule
            holds, 0 to 1; instead of --pairs.
        shared_strength: fractions of the pretraining pairs that share the shared attribute, by
            default the shape, 0 to 1.
        grid: a field of the configuration and its values, with commas between the elements of a
            list; a single value sets the field in every run.
        data: a dataset of your own that all runs learn from, in place of generated images, as of
            run.
        pairs: design of the pretraining pairs. unbiased: only the shape is shared; biased: the
            texture → colour rule holds in every pair, too; both: one run with each; design: the
            preset's design.
        preset: preset that all runs start from; by default quick, quick-3 where --grid modalities
            asks for 3 images or more, and version 1 of quick on --data.
        preset_version: which version of that preset, for repeating runs of an earlier one; 0: the
            present one.
        out: folder of the run folders, one per run; on a cluster, a folder that all machines share.
        processes: number of parallel runs on this machine; 0 uses all cores, or executes one run
            after another on a GPU.
        threads: CPU threads of each run.
        device: device of every run: cpu, cuda, cuda:N, or auto for a GPU if there is one.
        cache: folder in which rendered images are stored, with checksums, and reused by later runs.
        scheduler: address of a Dask scheduler, like tcp://host:8786, whose workers execute the
            runs.
        plan: print the plan and the estimate of the time, and exit.
        print_commands: print one command line per run, for job arrays or GNU parallel, and exit.
    """

    method: tuple[str, ...] = ("comm",)
    seed: tuple[int, ...] = (0,)
    weights: tuple[str, ...] = ("",)
    mapping_strength: tuple[float, ...] = ()
    shared_strength: tuple[float, ...] = ()
    grid: Annotated[
        tuple[tuple[str, ...], ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(metavar="FIELD VALUE [VALUE ...]"),
    ] = ()
    data: str = ""
    pairs: Pairs = "both"
    preset: str = ""
    preset_version: int = 0
    out: Path = Path("runs")
    processes: int = 0
    threads: int = 1
    device: str = "auto"
    cache: Path | None = None
    scheduler: str | None = None
    plan: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    print_commands: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False

    def __post_init__(self) -> None:
        if self.mapping_strength and self.pairs not in ("both", "design"):
            raise ValueError(_STRENGTH_OR_PAIRS)
        if self.threads < 1:
            raise ValueError(f"the number of threads is 1 or more, not {self.threads}")
        if self.processes < 0:
            raise ValueError(
                f"the number of processes is 0 (automatic) or more, not {self.processes}"
            )
        if self.scheduler and self.processes:
            raise ValueError("--scheduler uses the workers of the cluster: omit --processes")
        if self.print_commands and (self.scheduler or self.processes):
            option = "--scheduler" if self.scheduler else "--processes"
            raise ValueError(f"--print-commands executes no run: omit {option}")
        parse_device(self.device)

    @property
    def configs(self) -> list[RunConfig]:
        """Configurations of the runs.

        Raises:
            ValueError: a name is unknown, or a value is out of its range.
        """
        fields = self._fields()
        return grid(
            self._preset(fields),
            self.method,
            self.seed,
            [parse_weights(text) for text in self.weights],
            fields,
            self.shared_strength,
            self.mapping_strength,
            self.pairs,
        )

    def _preset(self, fields: Mapping[str, Sequence[str]]) -> RunConfig:
        version, own_data = self.preset_version or None, any(fields.get("data.path", ()))
        if self.preset:
            preset = find_preset(self.preset, version)
            return for_datasets(preset) if own_data else preset
        if version is None and not own_data:
            _check_one_default(fields)
        return default_preset(max(_images(fields), default=2), own_data, version)

    def _fields(self) -> dict[str, Sequence[str]]:
        """Field → its values, of --grid and of --data."""
        fields = parse_grid(self.grid)
        if self.data and "data.path" in fields:
            raise ValueError("--data and --grid data are both given: give one of them")
        return {**fields, "data.path": [self.data]} if self.data else fields


def _check_one_default(fields: Mapping[str, Sequence[str]]) -> None:
    """Refuse runs of two and of more images, which have different default presets."""
    if len({images > 2 for images in _images(fields)}) > 1:
        raise ValueError(
            "runs of 2 images start from the preset quick, runs of more from quick-3: sweep each "
            "number of images by itself, or give --preset"
        )


def _images(fields: Mapping[str, Sequence[str]]) -> list[int]:
    """The numbers of images that --grid asks for; what is no number is refused with its field."""
    found = []
    for text in fields.get("modalities", ()):
        with contextlib.suppress(ValueError):
            found.append(read_number(int, text))
    return found


def read(words: Sequence[str]) -> Sweep:
    """Parse the words of a command line.

    Raises:
        ValueError: a list has no values, a field is given as an option, or --pairs beside
            --mapping-strength.
        SystemExit: :func:`interaction_probes.common.cli.parse` has printed an error or the help.
    """
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if option_name(word) in _LISTS and "=" not in word and following.startswith("--"):
            raise ValueError(f"{word} needs one or more values")
    check_no_option_of_run(words, own=[field.name for field in fields(Sweep)])
    sweep: Sweep = parse(Sweep, words, prog=_PROG, description=_DESCRIPTION)
    named = any(option_name(word) == "--pairs" for word in words)
    if sweep.mapping_strength and sweep.pairs == "both" and named:
        raise ValueError(_STRENGTH_OR_PAIRS)
    return sweep


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command; exit code 2 for a mistake of the user, 1 for failed runs."""
    stopped = "stopped; run the same command again to resume from the last checkpoints"
    with friendly_errors(stopped):
        command = read(sys.argv[1:] if arguments is None else arguments)
        failed, busy = _execute(command)
    errors = []
    if failed:
        errors.append(
            f"{failed} run{'s' if failed > 1 else ''} failed; the reason is in {FAILURE} in the "
            "run folder; run the same command again to retry"
        )
    if busy:
        errors.append(
            f"{busy} run{'s' if busy > 1 else ''} skipped, since another process executes "
            f"{'them' if busy > 1 else 'it'}; run the same command again to execute unfinished runs"
        )
    if errors:
        print(f"error: {'; '.join(errors)}", file=sys.stderr)
        sys.exit(1)


def _execute(command: Sweep) -> tuple[int, int]:
    """Plan and execute the runs; returns the numbers of failed and of skipped, locked runs."""
    if torchrun_world_size() > 1:
        raise ValueError("a sweep starts one process per run: start it without torchrun")
    check_folder("--out", command.out)
    configs = command.configs
    designs = {(c.images.counts, c.design.unbiased): c for c in configs}
    folders = {config.folder.path: config for config in configs}
    notes = [*filter(None, map(pairs_note, folders.values()))]
    notes += filter(None, map(design_note, configs))
    notes += [line for config in designs.values() for line in purity_lines(config)]
    datasets = {config.data.sha256: config for config in configs if config.data.path}
    notes += [line for config in datasets.values() for line in dataset_lines(config)]
    if not any(find_field(words[0]) == "optim.batch" for words in command.grid):
        notes += filter(None, map(batch_note, configs))
    notes += filter(None, [ignored_threads_note(command.threads)])
    for note in dict.fromkeys(notes):
        print(note, file=sys.stderr)
    if command.print_commands:
        print("\n".join(_command_lines(command, configs)))
        return 0, 0
    states = [state_of(command.out / folder_name(config)) for config in configs]
    unfinished = to_do(configs, states, command.out)
    counts = [f"{sum(s.name == name for s in states)} {name}" for name in STATES]
    n_failed = sum(state.failure is not None for state in states)
    failed = f"; {n_failed} of them failed before" if n_failed else ""
    print(f"{len(configs)} runs in {command.out}: {', '.join(counts)}{failed}", flush=True)
    for file, count in _changed_files(command, configs, states).items():
        line = f"{count} finished before {file} changed: delete their folders to run them again"
        print(line, file=sys.stderr)
    if not unfinished:
        return 0, 0
    processes = _processes(command, len(unfinished))
    settings = ExecutionSettings(
        command.out, command.device, command.threads, command.cache, command.scheduler
    )
    with worker_pool(processes, command.scheduler) as n_parallel:
        where = command.scheduler or allocate(command.device, command.threads, 1).device
        threads = f"{command.threads} thread{'s' if command.threads > 1 else ''} each"
        print(f"{n_parallel} at a time on {where}, {threads}; measuring …", flush=True)
        seconds = estimate_seconds(settings, unfinished, n_parallel)
        if command.plan:
            return 0, 0
        return execute_runs(settings, [config for config, _ in unfinished], seconds)


def _changed_files(
    command: Sweep, configs: Sequence[RunConfig], states: Sequence[State]
) -> Counter[str]:
    """Source files of methods that changed after runs had finished → number of these runs."""
    changed: Counter[str] = Counter()
    for config, state in zip(configs, states, strict=True):
        if state.name == "finished":
            status = RunFolder(command.out / folder_name(config)).read_json("run.json") or {}
            changed[changed_source(status, config.method)] += 1
    del changed[""]
    return changed


def _command_lines(command: Sweep, configs: Sequence[RunConfig]) -> list[str]:
    """One command line of ``interaction_probes.run`` per run."""
    common = ["--out", str(command.out), "--threads", str(command.threads)]
    common += ["--device", command.device]
    common += ["--cache", str(command.cache)] if command.cache else []
    return [
        shlex.join(["python", "-m", "interaction_probes.run", *as_options(config), *common])
        for config in configs
    ]


def _processes(command: Sweep, runs: int) -> int:
    """Number of parallel runs on this machine; 0 on a cluster."""
    if command.scheduler:
        return 0
    resources = allocate(command.device, command.threads, sys.maxsize)
    return min(runs, command.processes or max(1, resources.processes // resources.threads))


if __name__ == "__main__":
    main()

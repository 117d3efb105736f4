"""``python -m interaction_probes.sweep``: many runs, on this machine or on a cluster."""

import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.execution.backends import worker_pool
from interaction_probes.execution.grid import Pairs, grid, parse_grid, parse_weights
from interaction_probes.execution.sweep_executor import (
    ExecutionSettings,
    estimate_seconds,
    execute_runs,
)
from interaction_probes.experiment.data import design_note
from interaction_probes.experiment.runner import folder_name
from interaction_probes.runtime.devices import allocate, parse_device
from interaction_probes.runtime.distributed import torchrun_world_size
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import as_options, find_field
from interaction_probes.settings.presets import find_preset
from interaction_probes.settings.registry import changed_source
from interaction_probes.storage.reuse import to_do
from interaction_probes.storage.run_folder import FAILURE, STATES, RunFolder, State, state_of

_PROG = "python -m interaction_probes.sweep"
_DESCRIPTION = """Many runs: every combination of the lists below. The plan comes first, with an
estimate of the time. Finished runs are skipped, half-done ones go on where they were, and a run
that fails leaves the others alone."""

_LISTS = ("--method", "--seed", "--weights", "--mapping-strength", "--shared-strength", "--grid")


@dataclass(frozen=True)
class Sweep:
    """The command line.

    Attributes:
        method: names of methods, or package.module:Class, which runs that module's code.
        seed: seeds.
        weights: variants of the loss weights, each "term=number,term=number"; "" is the method's
            own weights.
        mapping_strength: strengths of the mapping, 0 to 1, in place of --pairs.
        shared_strength: strengths of the shared attribute, 0 to 1.
        grid: a field of the configuration and its values, a list's parts between commas; one value
            sets the field in every run.
        pairs: pretrain on unbiased pairs, biased ones, both, or as the preset's design says.
        preset: the settings that all runs start from.
        out: folder that gets one folder per run; on a cluster, one that all its machines see.
        processes: runs at a time on this machine; 0 fills its cores, and does runs in turn on a
            GPU.
        threads: CPU threads of each run.
        device: auto, cpu, cuda or cuda:N.
        cache: folder that keeps rendered images, checked, for the next run.
        scheduler: address of a Dask scheduler, as tcp://host:8786, whose workers do the runs.
        plan: print the plan and the estimate, and stop.
        print_commands: print one command line per run, for job arrays or GNU parallel, and stop.
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
    pairs: Pairs = "both"
    preset: str = "quick"
    out: Path = Path("runs")
    processes: int = 0
    threads: int = 1
    device: str = "auto"
    cache: Path | None = None
    scheduler: str | None = None
    plan: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    print_commands: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False

    def __post_init__(self) -> None:
        if self.mapping_strength and self.pairs in ("unbiased", "biased"):
            raise ValueError("--mapping-strength says which pairs there are: leave --pairs out")
        if self.threads < 1:
            raise ValueError(f"a run has 1 thread or more, not {self.threads}")
        if self.processes < 0:
            raise ValueError(
                f"the number of processes is 0 (automatic) or more, not {self.processes}"
            )
        if self.scheduler and self.processes:
            raise ValueError("--scheduler has workers of its own: leave --processes out")
        if self.print_commands and (self.scheduler or self.processes):
            option = "--scheduler" if self.scheduler else "--processes"
            raise ValueError(f"--print-commands starts nothing: leave {option} out")
        parse_device(self.device)

    @property
    def configs(self) -> list[RunConfig]:
        """The runs that the command asks for.

        Raises:
            ValueError: an unknown name, or a value out of its range.
        """
        return grid(
            find_preset(self.preset),
            self.method,
            self.seed,
            [parse_weights(text) for text in self.weights],
            parse_grid(self.grid),
            self.shared_strength,
            self.mapping_strength,
            self.pairs,
        )


def read(words: Sequence[str]) -> Sweep:
    """A command line's words as a sweep.

    Raises:
        ValueError: a list without values, or a field that stands where an option should.
        SystemExit: what :func:`interaction_probes.common.cli.parse` has told already.
    """
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if word in _LISTS and following.startswith("--"):
            raise ValueError(f"{word} needs one or more values")
        if word.startswith("--") and "." in word.partition("=")[0]:
            field = find_field(word[2:].partition("=")[0])
            raise ValueError(f"no option {word}; a field follows --grid: --grid {field} VALUE")
    found: Sweep = parse(Sweep, words, prog=_PROG, description=_DESCRIPTION)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2, failed runs with 1."""
    with friendly_errors("stopped; the same command goes on after the last saved epochs"):
        command = read(sys.argv[1:] if arguments is None else arguments)
        failed, busy = _do(command)
    told = []
    if failed:
        told.append(
            f"{failed} run{'s' if failed > 1 else ''} failed; {FAILURE} in the run's folder "
            "says why, and the same command tries again"
        )
    if busy:
        told.append(
            f"{busy} run{'s' if busy > 1 else ''} left to another process that does "
            f"{'them' if busy > 1 else 'it'} already; the same command goes on with what is left"
        )
    if told:
        print(f"error: {'; '.join(told)}", file=sys.stderr)
        sys.exit(1)


def _do(command: Sweep) -> tuple[int, int]:
    """Plan and do the runs; returns how many failed, and how many another process does."""
    if torchrun_world_size() > 1:
        raise ValueError("a sweep starts processes of its own: start it without torchrun")
    configs = command.configs
    for note in dict.fromkeys(filter(None, map(design_note, configs))):
        print(note, file=sys.stderr)
    if command.print_commands:
        print("\n".join(_command_lines(command, configs)))
        return 0, 0
    states = [state_of(command.out / folder_name(config)) for config in configs]
    left = to_do(configs, states, command.out)
    counts = [f"{sum(s.name == name for s in states)} {name}" for name in STATES]
    again = sum(state.failure is not None for state in states)
    failed = f"; {again} of them failed before" if again else ""
    print(f"{len(configs)} runs in {command.out}: {', '.join(counts)}{failed}", flush=True)
    for own, count in _changed_files(command, configs, states).items():
        line = f"{count} finished when {own} was another: delete their folders to do them again"
        print(line, file=sys.stderr)
    if not left:
        return 0, 0
    processes = _processes(command, len(left))
    site = ExecutionSettings(
        command.out, command.device, command.threads, command.cache, command.scheduler
    )
    with worker_pool(processes, command.scheduler) as at_a_time:
        place = f"on {command.scheduler}" if command.scheduler else f"on {_device(command)}"
        threads = f"{command.threads} thread{'s' if command.threads > 1 else ''} each"
        print(f"{at_a_time} at a time {place}, {threads}; measuring …", flush=True)
        seconds = estimate_seconds(site, left, at_a_time)
        if command.plan:
            return 0, 0
        return execute_runs(site, [config for config, _ in left], seconds)


def _changed_files(
    command: Sweep, configs: Sequence[RunConfig], states: Sequence[State]
) -> Counter[str]:
    """Files of methods that have changed since runs were finished, and of how many runs."""
    changed: Counter[str] = Counter()
    for config, state in zip(configs, states, strict=True):
        if state.name == "finished":
            status = RunFolder(command.out / folder_name(config)).read_json("run.json") or {}
            changed[changed_source(status, config.method)] += 1
    del changed[""]
    return changed


def _command_lines(command: Sweep, configs: Sequence[RunConfig]) -> list[str]:
    common = ["--out", str(command.out), "--threads", str(command.threads)]
    common += ["--device", command.device]
    common += ["--cache", str(command.cache)] if command.cache else []
    return [
        shlex.join(["python", "-m", "interaction_probes.run", *as_options(config), *common])
        for config in configs
    ]


def _device(command: Sweep) -> str:
    return str(allocate(command.device, command.threads, 1).device)


def _processes(command: Sweep, runs: int) -> int:
    if command.scheduler:
        return 0
    machine = allocate(command.device, command.threads, sys.maxsize)
    return min(runs, command.processes or max(1, machine.processes // machine.threads))


if __name__ == "__main__":
    main()

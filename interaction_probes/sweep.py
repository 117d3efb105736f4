"""``python -m interaction_probes.sweep``: many runs, on this machine or on a cluster."""

import contextlib
import os
import secrets
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from trifeature.cli import friendly_errors, parse

from .config import RunConfig, as_plain
from .display import Tally
from .estimate import Cost, in_words, same_cost, seconds_left, wall_clock
from .experiment import folder_name
from .fields import as_options, find_field
from .grid import Pairs, grid, read_grid, read_weights
from .job import Answer, Job, do
from .lock import Busy, locked
from .machine import plan
from .pool import unordered, workers
from .presets import find_preset
from .processes import number
from .results import FAILURE, STATES, RunFolder, made_folder, state_of

_PROG = "python -m interaction_probes.sweep"
_DESCRIPTION = """Many runs: every combination of the lists below. The plan comes first, with an
estimate of the time. Finished runs are skipped, half-done ones go on where they were, and a run
that fails leaves the others alone."""

_LISTS = ("--method", "--seed", "--weights", "--mapping-strength", "--shared-strength", "--grid")
_WANTED = ".sweep-"
_UNKNOWN = 60.0  # seconds, of a run that could not be measured


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
            [read_weights(text) for text in self.weights],
            read_grid(self.grid),
            self.shared_strength,
            self.mapping_strength,
            self.pairs,
        )


def read(words: Sequence[str]) -> Sweep:
    """A command line's words as a sweep.

    Raises:
        ValueError: a list without values, or a field that stands where an option should.
        SystemExit: what :func:`trifeature.cli.parse` has told already.
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
    if number() > 1:
        raise ValueError("a sweep starts processes of its own: start it without torchrun")
    configs = command.configs
    if command.print_commands:
        print("\n".join(_command_lines(command, configs)))
        return 0, 0
    states = [state_of(command.out / folder_name(config)) for config in configs]
    left = [
        (config, state.epoch)
        for config, state in zip(configs, states, strict=True)
        if state.name != "finished"
    ]
    counts = [f"{sum(s.name == name for s in states)} {name}" for name in STATES]
    again = sum(state.failure is not None for state in states)
    failed = f"; {again} failed before" if again else ""
    print(f"{len(configs)} runs in {command.out}: {', '.join(counts)}{failed}", flush=True)
    if not left:
        return 0, 0
    processes = _processes(command, len(left))
    with workers(processes, command.scheduler) as at_a_time:
        place = f"on {command.scheduler}" if command.scheduler else f"on {_device(command)}"
        threads = f"{command.threads} thread{'s' if command.threads > 1 else ''} each"
        print(f"{at_a_time} at a time {place}, {threads}; measuring …", flush=True)
        seconds = _estimate(command, left, at_a_time)
        if command.plan:
            return 0, 0
        return _run(command, [config for config, _ in left], seconds)


def _command_lines(command: Sweep, configs: Sequence[RunConfig]) -> list[str]:
    common = ["--out", str(command.out), "--threads", str(command.threads)]
    common += ["--device", command.device]
    common += ["--cache", str(command.cache)] if command.cache else []
    return [
        shlex.join(["python", "-m", "interaction_probes.run", *as_options(config), *common])
        for config in configs
    ]


def _device(command: Sweep) -> str:
    return str(plan(command.device, command.threads, 1).device)


def _processes(command: Sweep, runs: int) -> int:
    if command.scheduler:
        return 0
    machine = plan(command.device, command.threads, sys.maxsize)
    return min(runs, command.processes or max(1, machine.processes // machine.threads))


def _estimate(
    command: Sweep, left: Sequence[tuple[RunConfig, int | None]], at_a_time: int
) -> list[float]:
    """Measure one run of each kind, say how long all take, and return the seconds of each."""
    kinds = {same_cost(config): config for config, _ in left}
    # As many at a time as there will be, since neighbours slow a run down; a cluster has room.
    here = 0 if command.scheduler else at_a_time
    repeated = [list(kinds)[k % len(kinds)] for k in range(max(len(kinds), here))]
    jobs = [_job(command, "measure", kinds[kind]) for kind in repeated]
    costs: dict[str, list[Cost]] = {}
    with contextlib.closing(unordered(do, enumerate(jobs))) as answers:
        for k, answer in answers:
            if answer.found is not None:
                costs.setdefault(repeated[k], []).append(Cost(**answer.found))
            else:
                name = kinds[repeated[k]].method
                print(f"{name} could not be measured: {answer.failure}", flush=True)
    seconds = [
        max(seconds_left(config, cost, done) for cost in costs[same_cost(config)])
        if same_cost(config) in costs
        else _UNKNOWN
        for config, done in left
    ]
    total, longest = wall_clock(seconds, at_a_time), max(seconds)
    known = "about" if len(costs) == len(kinds) else "at least"
    print(f"{known} {in_words(total)} in all, {in_words(longest)} the longest run", flush=True)
    return seconds


def _run(command: Sweep, configs: Sequence[RunConfig], seconds: Sequence[float]) -> tuple[int, int]:
    failures = busy = 0
    with made_folder(command.out), _wanted(command.out) as wanted:
        jobs = [_job(command, "run", config, wanted) for config in configs]
        with (
            contextlib.closing(unordered(do, enumerate(jobs))) as answers,
            Tally(seconds) as tally,
        ):
            for k, answer in answers:
                path = command.out / folder_name(configs[k])
                failed = answer.failure is not None
                if answer.busy:  # what comes of it, the other process tells
                    busy += 1
                else:
                    failures += failed
                    _record(path, configs[k], answer)
                end = "left alone" if answer.busy else "failed" if failed else "finished"
                how = f"{end} after {in_words(answer.seconds)}"
                line = f"{path.name} {how}"
                tally.tell(k, f"{line}: {answer.failure}" if failed else line, failed)
    return failures, busy


def _job(
    command: Sweep,
    kind: Literal["run", "measure"],
    config: RunConfig,
    wanted: str | None = None,
) -> Job:
    return Job(
        kind,
        as_plain(config),
        str(command.out.absolute()),
        command.device,
        command.threads,
        str(command.cache.absolute()) if command.cache else None,
        wanted,
        None if command.scheduler else os.getpid(),
    )


@contextlib.contextmanager
def _wanted(out: Path) -> Iterator[str]:
    """A file beside the runs while they are wanted: workers elsewhere see when it goes.

    It is locked, which tells it from one that a killed sweep left and that is taken away here.
    """
    for path in out.glob(f"{_WANTED}*"):
        with contextlib.suppress(Busy, OSError), locked(path, patience=0.0):
            pass
    path = out / f"{_WANTED}{secrets.token_hex(4)}"
    path.touch()
    try:
        with locked(path):
            yield str(path.absolute())
    finally:
        path.unlink(missing_ok=True)


def _record(path: Path, config: RunConfig, answer: Answer) -> None:
    """Write why a run failed into its folder, or take an earlier reason away."""
    if answer.failure is None:
        (path / FAILURE).unlink(missing_ok=True)
        return
    path.mkdir(exist_ok=True)
    content = {"reason": answer.failure, "log": answer.log, "config": as_plain(config)}
    RunFolder(path).write_json(FAILURE, content)


if __name__ == "__main__":
    main()

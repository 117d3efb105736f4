"""``python -m interaction_probes.run``: pretrain, probe along the way, compare with the truth."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.execution.grid import Pairs, configs_for_pairs, parse_weights
from interaction_probes.experiment.data import design_note, with_image_checksum
from interaction_probes.runtime import distributed
from interaction_probes.settings.config import RunConfig, from_dict
from interaction_probes.settings.presets import find_preset, preset_for_method
from interaction_probes.settings.registry import find_method, method_table
from interaction_probes.storage.run_folder import read_object

_DESCRIPTION = """Pretrain a multimodal method on Trifeature pairs and measure the redundancy,
uniqueness and synergy that it captures. By default it learns twice, side by side: from unbiased
pairs (for R, U1, U2) and from biased pairs, which obey the mapping (for S)."""


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        pairs: pretrain on unbiased pairs, biased ones, both, or exactly as --design.* says.
        out: folder that gets one folder per run.
        device: auto, cpu, cuda or cuda:N.
        threads: CPU threads of each run; 0 shares the cores among the runs.
        cache: folder that keeps rendered images, checked, for the next run.
        config: config.json of an earlier run, to repeat it.
        list: print the methods, their papers, objectives and representations, and stop.
        plan: measure a few steps, say what the runs will need in time and memory, and stop; a long
            run says so before it starts.
        tensorboard: keep event files of the same numbers in each run's folder, for TensorBoard.
    """

    settings: Annotated[RunConfig, tyro.conf.arg(name="")]
    list: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    plan: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    tensorboard: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    pairs: Pairs = "both"
    out: Path = Path("runs")
    device: str = "auto"
    threads: int = 0
    cache: Path | None = None
    config: Path | None = None

    @property
    def configs(self) -> Sequence[RunConfig]:
        """The runs that the command asks for; both designs where the method learns from both.

        Raises:
            ValueError: images of a folder that cannot be used.
        """
        return configs_for_pairs(with_image_checksum(self.settings), self.pairs)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    stopped = "stopped; the same command goes on after the last saved epoch"
    with distributed.rank0_output(), friendly_errors(stopped):
        words = _weights_apart(sys.argv[1:] if arguments is None else arguments)
        command: Command = parse(
            Command,
            words,
            prog="python -m interaction_probes.run",
            description=_DESCRIPTION,
            default=_defaults(words),
        )
        _check_design(words, command.pairs)
        _do(command)


def _weights_apart(words: Sequence[str]) -> list[str]:
    """A command line's words, with ``--weights term=number,…``, as sweep has it, one by one.

    Raises:
        ValueError: weights of another form, or two of one term.
    """
    found: list[str] = []
    weighed: list[str] = []
    option = ""
    joined = "--weights="
    split = [
        piece
        for word in words
        for piece in ([joined[:-1], word[len(joined) :]] if word.startswith(joined) else [word])
    ]
    for word in split:
        option = word if word.startswith("--") else option
        part = [word]
        if option == "--weights" and "=" in word and word != option:
            part = [piece for pair in parse_weights(word).items() for piece in map(str, pair)]
        found += part
        weighed += part if option == "--weights" and word != option else []
    terms = weighed[::2]
    if twice := next((term for term in terms if terms.count(term) > 1), None):
        raise ValueError(f"--weights: {twice} given twice")
    return found


def _check_design(words: Sequence[str], pairs: Pairs) -> None:
    """Refuse a mapping's strength that --pairs would overrule.

    Raises:
        ValueError: both are given, or the strength without --pairs design.
    """
    given = {word.partition("=")[0].replace("_", "-") for word in words}
    if "--design.mapping-strength" in given and pairs != "design":
        raise ValueError(
            f"--design.mapping-strength goes with --pairs design: --pairs {pairs} learns from "
            "pairs without the mapping or with all of it"
        )


def _do(command: Command) -> None:
    if command.list:
        print(method_table())
        return
    from interaction_probes.execution.forecast import print_forecast
    from interaction_probes.execution.launcher import launch
    from interaction_probes.experiment.published import published_for
    from interaction_probes.reporting.run_curves import (
        write_curves,  # these take a second to import: not before --help
    )
    from interaction_probes.reporting.summary import summary
    from interaction_probes.runtime.devices import allocate
    from interaction_probes.storage.tensorboard import check_tensorboard
    from interaction_probes.training.loss_terms import term_weights

    method = find_method(command.settings.method)
    term_weights(method, command.settings.weights)
    method.find_place(command.settings.probe.features)
    if command.tensorboard:
        check_tensorboard()
    started = time.perf_counter()
    configs = command.configs
    if distributed.is_rank0() and (note := design_note(configs[0])):
        print(note, file=sys.stderr)
    machine = allocate(command.device, command.threads, len(configs))
    names = " and ".join(config.pairs for config in configs)
    how = f"{machine.processes} at a time"
    if distributed.launched_by_torchrun():
        how = f"{distributed.torchrun_world_size()} processes together"
    print(
        f"{configs[0].method} on {names} pairs, preset {configs[0].preset}, "
        f"seed {configs[0].seed}: {how} on {machine.device}, "
        f"{machine.threads} thread{'s' if machine.threads > 1 else ''} each",
        flush=True,
    )
    print_forecast(configs, command.out, machine, command.cache, always=command.plan)
    if command.plan:
        return
    folders = launch(configs, command.out, machine, command.cache, command.tensorboard)
    if not distributed.is_rank0():
        return
    tables = [folder.read_metrics() for folder in folders]
    published = published_for(configs[0])
    print(f"\n{summary(tables, published, configs[0].probe.strengths)}\n")
    drawn = write_curves(folders, configs[0], command.out, published)
    for path in [*(folder.path for folder in folders), *drawn]:
        print(f"  {path}")
    print(f"done in {time.perf_counter() - started:.0f} s")


def _defaults(words: list[str]) -> Command:
    """The command's defaults: those of --config or --preset, wherever they stand in the line."""
    path, preset = _value(words, "--config"), _value(words, "--preset")
    if path is not None:
        if preset is not None:
            raise ValueError("--config already has all settings: leave --preset out")
        stored = read_object(Path(path))
        if stored is None:
            raise ValueError(f"no file {path}; --config takes the config.json of a run folder")
        try:
            settings = from_dict(stored)
            other = _value(words, "--method") or settings.method
            settings = preset_for_method(settings, other) if other != settings.method else settings
            return Command(settings, pairs="design", config=Path(path))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    settings = find_preset("quick" if preset is None else preset)
    return Command(preset_for_method(settings, _value(words, "--method") or settings.method))


def _value(words: list[str], option: str) -> str | None:
    """What a command line says of an option: at last, where it says it more than once."""
    found = None
    for k, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option:
            found = value if equals else next(iter(words[k + 1 : k + 2]), None)
    return found


if __name__ == "__main__":
    main()

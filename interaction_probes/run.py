"""``python -m interaction_probes.run``: pretrain, probe during training, compare with the truth."""

import sys
import time
from collections.abc import Sequence

from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import check_folder
from interaction_probes.experiment.data import design_note, pairs_note, purity_lines
from interaction_probes.experiment.initialisation import batch_note, check_method, weights_of_run
from interaction_probes.experiment.own_dataset import dataset_lines
from interaction_probes.runtime import distributed
from interaction_probes.runtime.devices import Resources
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.registry import find_method, method_table

from .run_options import Command, read_command


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command; a mistake of the user is one line on stderr and exit code 2."""
    stopped = "stopped; run the same command again to resume from the last checkpoint"
    with distributed.rank0_output(), friendly_errors(stopped):
        _execute(read_command(sys.argv[1:] if arguments is None else arguments))


def _execute(command: Command) -> None:
    if command.list:
        print(method_table())
        return
    # imported here: the imports take a second, which --help does not need
    from interaction_probes.execution.forecast import print_forecast
    from interaction_probes.execution.launcher import launch
    from interaction_probes.runtime.devices import allocate
    from interaction_probes.runtime.process_env import ignored_threads_note
    from interaction_probes.storage.tensorboard import check_tensorboard

    from .run_results import print_results

    check_folder("--out", command.out)
    method = find_method(command.settings.method)
    method.find_place(command.settings.probe.features)
    if not (command.settings.data.path or command.settings.folder.path):
        check_method(method, command.settings)
    if command.tensorboard:
        check_tensorboard()
    start = time.perf_counter()
    configs = command.configs
    if configs[0].data.path:
        check_method(method, configs[0])
    weights_of_run(method, configs[0])  # refused before anything is drawn
    if distributed.is_rank0():
        _print_notes(configs[0], command.own_batch)
    resources = allocate(command.device, command.threads, len(configs))
    if not distributed.launched_by_torchrun() and (note := ignored_threads_note(resources.threads)):
        print(note, file=sys.stderr)
    print(f"{_what_runs(configs)}: {_on_what(resources)}", flush=True)
    print_forecast(configs, command.out, resources, command.cache, always=command.plan)
    if command.plan:
        return
    folders = launch(configs, command.out, resources, command.cache, command.tensorboard)
    if not distributed.is_rank0():
        return
    figures = print_results(folders, configs[0], command.out)
    for path in [*(folder.path for folder in folders), *figures]:
        print(f"  {path}")
    print(f"done in {time.perf_counter() - start:.0f} s")


def _print_notes(config: RunConfig, own_batch: bool) -> None:
    """On stderr what is worth knowing of the data and of the batch before a run begins."""
    notes = [pairs_note(config), design_note(config), *purity_lines(config)]
    notes += dataset_lines(config) if config.data.path else []
    notes += [] if own_batch else [batch_note(config)]
    for note in filter(None, notes):
        print(note, file=sys.stderr)


def _what_runs(configs: Sequence[RunConfig]) -> str:
    """Method, data, preset and seed in words."""
    first = configs[0]
    *designs, last = (config.pairs for config in configs)
    names = f"{', '.join(designs)} and {last}" if designs else last
    what = "pairs" if first.modalities == 2 else f"samples of {first.modalities} images"
    if first.data.path:
        names = first.data.file_name
        modalities = ", ".join(first.data.modalities)
        what = f"({first.data.name}: {modalities}), {first.n_pairs:,} samples"
    return f"{first.method} on {names} {what}, preset {first.preset}, seed {first.seed}"


def _on_what(resources: Resources) -> str:
    """Processes, device and threads in words."""
    mode = f"{resources.processes} at a time"
    each = f"{resources.threads} thread{'s' if resources.threads > 1 else ''} each"
    if resources.last_threads:
        each += f", {resources.last_threads} in the last round"
    if distributed.launched_by_torchrun():
        mode = f"{distributed.torchrun_world_size()} processes together"
    return f"{mode} on {resources.device}, {each}"


if __name__ == "__main__":
    main()

"""``python -m interaction_probes.run``: pretrain, probe during training, compare with the truth."""

import sys
import time
from pathlib import Path

from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import check_folder
from interaction_probes.experiment.data import design_note, pairs_note, purity_lines
from interaction_probes.experiment.own_dataset import column_lines, dataset_lines
from interaction_probes.runtime import distributed
from interaction_probes.settings.registry import find_method, method_table
from interaction_probes.storage.representation_file import scores_and_ranks

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
    from interaction_probes.execution.forecast import print_forecast
    from interaction_probes.execution.launcher import launch
    from interaction_probes.experiment.initialisation import (
        batch_note,
        check_method,
        weights_of_run,
    )
    from interaction_probes.experiment.published import published_for
    from interaction_probes.experiment.supervised_reference import reference_of_run
    from interaction_probes.probing.labels.profile import MOST_MODALITIES
    from interaction_probes.reporting.dataset_summary import summary_of_dataset
    from interaction_probes.reporting.run_figures import (
        write_curves,  # imported here: the imports take a second, which --help does not need
        write_profiles,
    )
    from interaction_probes.reporting.run_labels import write_label_figures
    from interaction_probes.reporting.sample_summary import summary_of_samples
    from interaction_probes.reporting.summary import summary
    from interaction_probes.runtime.devices import allocate
    from interaction_probes.runtime.process_env import ignored_threads_note
    from interaction_probes.storage.tensorboard import check_tensorboard

    check_folder("--out", command.out)
    method = find_method(command.settings.method)
    method.find_place(command.settings.probe.features)
    if not (command.settings.data.path or command.settings.folder.path):
        check_method(method, command.settings)
    if command.tensorboard:
        check_tensorboard()
    start = time.perf_counter()
    configs = command.configs
    own = bool(configs[0].data.path)
    if own:
        check_method(method, configs[0])
    weights_of_run(method, configs[0])  # refused before anything is drawn
    if distributed.is_rank0():
        notes = [pairs_note(configs[0]), design_note(configs[0]), *purity_lines(configs[0])]
        notes += dataset_lines(configs[0]) if own else []
        notes += [] if command.own_batch else [batch_note(configs[0])]
        for note in filter(None, notes):
            print(note, file=sys.stderr)
    resources = allocate(command.device, command.threads, len(configs))
    if not distributed.launched_by_torchrun() and (note := ignored_threads_note(resources.threads)):
        print(note, file=sys.stderr)
    *designs, last = (config.pairs for config in configs)
    names = f"{', '.join(designs)} and {last}" if designs else last
    what = "pairs" if configs[0].modalities == 2 else f"samples of {configs[0].modalities} images"
    if own:
        data = configs[0].data
        names = data.file_name
        what = f"({data.name}: {', '.join(data.modalities)}), {configs[0].n_pairs:,} samples"
    mode = f"{resources.processes} at a time"
    each = f"{resources.threads} thread{'s' if resources.threads > 1 else ''} each"
    if resources.last_threads:
        each += f", {resources.last_threads} in the last round"
    if distributed.launched_by_torchrun():
        mode = f"{distributed.torchrun_world_size()} processes together"
    print(
        f"{configs[0].method} on {names} {what}, preset {configs[0].preset}, "
        f"seed {configs[0].seed}: {mode} on {resources.device}, {each}",
        flush=True,
    )
    print_forecast(configs, command.out, resources, command.cache, always=command.plan)
    if command.plan:
        return
    folders = launch(configs, command.out, resources, command.cache, command.tensorboard)
    if not distributed.is_rank0():
        return
    tables = [scores_and_ranks(folder) for folder in folders]
    figures: list[Path] = []
    if own:
        modalities, reference = configs[0].data.modalities, None
        if configs[0].probe.has("masks") and len(modalities) <= MOST_MODALITIES:
            reference = reference_of_run(configs[0], folders[0])
        probed = configs[0].probe.strengths, column_lines(configs[0])
        print(f"\n{summary_of_dataset(tables[0], modalities, reference, *probed)}\n")
        figures = write_label_figures(folders[0], modalities)
    elif configs[0].modalities > 2:
        print(f"\n{summary_of_samples(tables)}\n")
        figures = write_profiles(folders, configs[0], command.out)
        figures += write_curves(folders, configs[0], command.out, None)
    else:
        published = published_for(configs[0])
        print(f"\n{summary(tables, published, configs[0].probe.strengths)}\n")
        figures = write_curves(folders, configs[0], command.out, published)
    for path in [*(folder.path for folder in folders), *figures]:
        print(f"  {path}")
    print(f"done in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()

"""What ``python -m interaction_probes.run`` prints and draws of finished runs."""

from collections.abc import Sequence
from pathlib import Path

from interaction_probes.experiment.own_dataset import column_lines
from interaction_probes.experiment.published import published_for
from interaction_probes.experiment.supervised_reference import reference_of_run
from interaction_probes.probing.labels.profile import MOST_MODALITIES
from interaction_probes.reporting.dataset_summary import summary_of_dataset
from interaction_probes.reporting.run_figures import write_curves, write_profiles
from interaction_probes.reporting.run_labels import write_label_figures
from interaction_probes.reporting.sample_summary import summary_of_samples
from interaction_probes.reporting.summary import summary
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.representation_file import scores_and_ranks
from interaction_probes.storage.run_folder import RunFolder


def print_results(folders: Sequence[RunFolder], config: RunConfig, out: Path) -> list[Path]:
    """Print the summary, then draw the figures; return their paths.

    Args:
        folders: of finished runs of a method, one per design.
        config: of the first.
        out: the folder that they lie in.

    Raises:
        ValueError: a table is missing or damaged.
        OSError: a figure cannot be written.
    """
    tables = [scores_and_ranks(folder) for folder in folders]
    if config.data.path:
        modalities, reference = config.data.modalities, None
        if config.probe.has("masks") and len(modalities) <= MOST_MODALITIES:
            reference = reference_of_run(config, folders[0])
        probed = config.probe.strengths, column_lines(config)
        print(f"\n{summary_of_dataset(tables[0], modalities, reference, *probed)}\n")
        return write_label_figures(folders[0], modalities)
    if config.modalities > 2:
        print(f"\n{summary_of_samples(tables)}\n")
        profiles = write_profiles(folders, config, out)
        return profiles + write_curves(folders, config, out, None)
    published = published_for(config)
    print(f"\n{summary(tables, published, config.probe.strengths)}\n")
    return write_curves(folders, config, out, published)

"""The figures of a finished run on a dataset, drawn into its folder."""

import json
from collections.abc import Sequence
from pathlib import Path

from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.datasets.label_curves import label_dynamics
from interaction_probes.figures.datasets.subset_profile import subset_profile
from interaction_probes.storage.representation_file import scores_and_ranks
from interaction_probes.storage.run_folder import RunFolder

from .run_figures import write_png


def write_label_figures(folder: RunFolder, modalities: Sequence[str]) -> list[Path]:
    """Write curves.png and, where subsets of the modalities were probed, profile.png.

    Args:
        folder: of a finished run on a dataset.
        modalities: their names, in their order.

    Returns:
        The files.

    Raises:
        OSError: the folder cannot be written.
    """
    table = scores_and_ranks(folder).assign(**{"data.modalities": json.dumps([*modalities])})
    written = [write_png(label_dynamics(table), folder.path / "curves.png")]
    try:
        figure = subset_profile(table)
    except MissingRows:  # a method that needs all modalities, or no control masks
        return written
    return [*written, write_png(figure, folder.path / "profile.png")]

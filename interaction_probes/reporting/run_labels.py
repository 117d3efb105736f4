"""The figures of a finished run on a dataset, drawn into its folder."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.common.writing import write_atomically
from interaction_probes.figures.datasets.label_curves import label_dynamics
from interaction_probes.figures.datasets.subset_profile import subset_profile
from interaction_probes.storage.representation_file import scores_and_ranks
from interaction_probes.storage.run_folder import RunFolder


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
    written = [_write(label_dynamics(table), folder.path / "curves.png")]
    try:
        figure = subset_profile(table)
    except MissingRows:  # a method that needs all modalities, or no control masks
        return written
    return [*written, _write(figure, folder.path / "profile.png")]


def _write(figure: Figure, path: Path) -> Path:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=200)
    write_atomically(path, picture.getvalue())
    return path

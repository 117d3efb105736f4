"""The curves of finished runs, drawn into their folders and, for a pair of runs, beside them."""

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.published import Published
from interaction_probes.common.writing import write_atomically
from interaction_probes.figures.curves import curves
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.representation_file import scores_and_ranks
from interaction_probes.storage.run_folder import RunFolder


def write_curves(
    folders: Sequence[RunFolder], config: RunConfig, out: Path, published: Published | None
) -> list[Path]:
    """Write curves.png into each folder and one figure of all into `out`; return the latter.

    Args:
        folders: of finished runs of a method, one per design.
        config: of the first.
        out: the folder that they lie in.
        published: numbers to mark, if any are about such runs.

    Raises:
        OSError: a folder cannot be written.
    """
    tables = [scores_and_ranks(folder) for folder in folders]
    for folder, table in zip(folders, tables, strict=True):
        _draw(table, folder.path / "curves.png", published)
    if len(folders) == 1:
        return [folders[0].path / "curves.png"]
    # Named after both hashes, so that another config never overwrites it; and by the config alone,
    # since what a table of a stranger's holds may lead out of the folder.
    hashes = "-".join(folder.path.name.rsplit("-", 1)[1][:4] for folder in folders)
    method = config.method.replace(":", ".")
    path = out / f"{method}-{config.preset}-s{config.seed}-{hashes}-curves.png"
    _draw(pd.concat(tables), path, published)
    return [path]


def _draw(table: pd.DataFrame, path: Path, published: Published | None) -> None:
    picture = io.BytesIO()
    figure = curves(table, published.accuracy if published else None, emergence(table))
    figure.savefig(picture, format="png", dpi=200)
    write_atomically(path, picture.getvalue())

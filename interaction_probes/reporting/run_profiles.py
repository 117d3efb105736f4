"""The information profile of finished runs on three images and more, drawn into their folder."""

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from interaction_probes.common.writing import write_atomically
from interaction_probes.figures.profile import profile
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.representation_file import scores_and_ranks
from interaction_probes.storage.run_folder import RunFolder


def write_profiles(folders: Sequence[RunFolder], config: RunConfig, out: Path) -> list[Path]:
    """Write profile.png into each folder and one figure of all into `out`; return the latter.

    Args:
        folders: of finished runs of a method, one per design.
        config: of the first.
        out: the folder that they lie in.

    Raises:
        OSError: a folder cannot be written.
    """
    tables = [scores_and_ranks(folder) for folder in folders]
    for folder, table in zip(folders, tables, strict=True):
        _draw(table, folder.path / "profile.png")
    if len(folders) == 1:
        return [folders[0].path / "profile.png"]
    hashes = "-".join(folder.path.name.rsplit("-", 1)[1][:4] for folder in folders)
    method = config.method.replace(":", ".")
    path = out / f"{method}-{config.preset}-s{config.seed}-{hashes}-profile.png"
    _draw(pd.concat(tables), path)
    return [path]


def _draw(table: pd.DataFrame, path: Path) -> None:
    picture = io.BytesIO()
    profile(table.assign(weights="")).savefig(picture, format="png", dpi=200)
    write_atomically(path, picture.getvalue())

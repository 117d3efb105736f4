"""Figures of finished runs, drawn into their folders and, for several designs, beside them."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.published import Published
from interaction_probes.common.writing import write_atomically
from interaction_probes.figures.curves import curves
from interaction_probes.figures.profile import profile
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

    def draw(table: pd.DataFrame) -> Figure:
        marked = {}
        if published:  # of every design, or of one that is drawn
            designs = {"", *table["pairs"]}
            told = published.accuracy
            marked = {task: told[task] for task in told if published.pairs.get(task) in designs}
        return curves(table, marked, emergence(table))

    return _write_each_and_all("curves", draw, folders, config, out)


def write_profiles(folders: Sequence[RunFolder], config: RunConfig, out: Path) -> list[Path]:
    """The same of the information profile of runs on three images and more: profile.png.

    Args:
        folders: of finished runs of a method, one per design.
        config: of the first.
        out: the folder that they lie in.

    Raises:
        OSError: a folder cannot be written.
    """
    return _write_each_and_all(
        "profile", lambda table: profile(table.assign(weights="")), folders, config, out
    )


def write_png(figure: Figure, path: Path) -> Path:
    """Write a figure in the resolution of a screen; return its path.

    Raises:
        OSError: the file cannot be written.
    """
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=200)
    write_atomically(path, picture.getvalue())
    return path


def _write_each_and_all(
    name: str,
    draw: Callable[[pd.DataFrame], Figure],
    folders: Sequence[RunFolder],
    config: RunConfig,
    out: Path,
) -> list[Path]:
    tables = [scores_and_ranks(folder).assign(kind=config.kind) for folder in folders]
    written = [
        write_png(draw(table), folder.path / f"{name}.png")
        for folder, table in zip(folders, tables, strict=True)
    ]
    if len(written) == 1:
        return written
    # Named after both hashes, so that another config never overwrites it; and by the config alone,
    # since what a table of a stranger's holds may lead out of the folder.
    hashes = "-".join(folder.path.name.rsplit("-", 1)[1][:4] for folder in folders)
    method = config.method.replace(":", ".")
    path = out / f"{method}-{config.preset}-s{config.seed}-{hashes}-{name}.png"
    return [write_png(draw(pd.concat(tables)), path)]

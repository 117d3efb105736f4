"""The panels of figures of learning: tasks of pairs, or of three images and more."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from interaction_probes.analysis.row_filters import additive_limit, exact_value
from interaction_probes.analysis.subset_profiles import (
    check_one_number_of_images,
    is_of_samples,
)
from interaction_probes.analysis.table_files import MissingRows

from .style import DESIGNS, DESIGNS_OF_SAMPLES

_LIMITS = ("additive", "pairwise")


@dataclass(frozen=True)
class TaskPanels:
    """Which tasks each panel shows, and how.

    Attributes:
        tasks: panel → the tasks whose mean it shows.
        titles: panel → its title.
        weights: task → its weight in a mean.
        across: panels side by side in a wide figure.
        designs: which design each task is read from, a sentence of the caption.
        limits: panel → name → accuracy (%) of scores without the interaction.
    """

    tasks: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]
    weights: Mapping[str, float]
    across: int
    designs: str
    limits: Mapping[str, Mapping[str, float]]

    @property
    def unique(self) -> str:
        """The tasks of U in words: "U1 and U2"."""
        *others, last = self.tasks["U"]
        return f"{', '.join(others)} and {last}"


def task_panels(table: pd.DataFrame) -> TaskPanels:
    """The panels of a table: R, U, S and their mean, or of three images R, U and each task of S.

    Raises:
        ValueError: runs of different numbers of images.
    """
    check_one_number_of_images(table)
    return _of_samples(table) if is_of_samples(table) else _of_pairs(table)


def _of_pairs(table: pd.DataFrame) -> TaskPanels:
    return TaskPanels(
        {"R": ("R",), "U": ("U1", "U2"), "S": ("S",), "mean": ("R", "U1", "U2", "S")},
        {
            "R": "R  redundancy",
            "U": "U  uniqueness",
            "S": "S  synergy",
            "mean": "mean  R, U, S",
        },
        # U counts once in the mean of R, U and S, as in published tables.
        {"R": 1.0, "U1": 0.5, "U2": 0.5, "S": 1.0},
        4,
        DESIGNS,
        {"S": {"additive\nlimit": additive_limit(table)}},
    )


def _of_samples(table: pd.DataFrame) -> TaskPanels:
    """Without the Latin symbols (S13-10), of which training teaches the match bit alone."""
    names = [str(task) for task in table.loc[table["probe"] == "exact", "task"].unique()]
    unique = tuple(name for name in names if re.fullmatch(r"U\d", name))
    redundant = [name for name in names if re.fullmatch(r"R\d+", name)]
    synergies = [name for name in names if re.fullmatch(r"S\d+(to\d)?", name)]
    tasks = {name: (name,) for name in redundant} | {"U": unique}
    tasks |= {name: (name,) for name in synergies}
    kinds = {"R": "redundancy", "U": "uniqueness", "S": "synergy"}
    return TaskPanels(
        tasks,
        {panel: f"{panel}  {kinds[panel[0]]}" for panel in tasks},
        {task: 1.0 for of_panel in tasks.values() for task in of_panel},
        3,
        DESIGNS_OF_SAMPLES,
        {task: _limits(table, task) for task in synergies},
    )


def _limits(table: pd.DataFrame, task: str) -> dict[str, float]:
    """The limits of a match bit; a limit of 100 % is none."""
    found = {}
    for name in _LIMITS:
        try:
            limit = 100 * exact_value(table, task, name)
        except MissingRows:
            continue
        if limit < 100:
            found[f"{name}\nlimit"] = limit
    return found

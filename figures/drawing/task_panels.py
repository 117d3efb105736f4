"""The panels of figures of learning: tasks of pairs, or of three images and more."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from interaction_probes.analysis.published import on_vectors
from interaction_probes.analysis.row_filters import LIMITS, additive_limit, limits_of
from interaction_probes.analysis.subset_profiles import (
    check_one_number_of_images,
    is_of_samples,
)

_ACROSS = 5  # curves side by side, of more tasks than pairs have
_TITLES = {
    "R": "R  redundancy",
    "U1": "U1  unique to image 1",
    "U2": "U2  unique to image 2",
    "S": "S  synergy",
}


@dataclass(frozen=True)
class TaskPanels:
    """Which tasks each panel shows, and how.

    Attributes:
        tasks: panel → the tasks whose mean it shows.
        titles: panel → its title.
        weights: task → its weight in a mean.
        across: panels side by side in a wide figure.
        of_samples: whether they are of three images and more.
        limits: panel → name → accuracy (%) of scores without the interaction.
    """

    tasks: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]
    weights: Mapping[str, float]
    across: int
    of_samples: bool
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
        False,
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
        True,
        {
            task: {f"{name}\nlimit": limit for name, limit in limits_of(table, task).items()}
            for task in synergies
        },
    )


@dataclass(frozen=True)
class CurveTasks:
    """The tasks of the learning curves of one method, a column each.

    Attributes:
        titles: task → its title.
        noun: what runs are pretrained on, "pairs" or "samples".
        suffix: what follows the name of a design, where it is named over a panel.
        additive: the additive limit (%) of S of pairs; None of three images and more, whose limits
            are among their exact values.
    """

    titles: Mapping[str, str]
    noun: str
    suffix: str
    additive: float | None

    @property
    def across(self) -> int:
        """Columns side by side."""
        return min(len(self.titles), _ACROSS)

    def has_two_classes(self, task: str, truth: "pd.Series[float]") -> bool:
        """Whether the axis of accuracy begins near one half.

        Args:
            task: its name.
            truth: metric → its exact value.
        """
        return task == "S" or (self.additive is None and truth.get("chance") == 0.5)

    def levels(self, task: str, truth: "pd.Series[float]") -> list[tuple[float, str]]:
        """Level lines of accuracy (%), with their names: chance, and limits where they apply.

        Args:
            task: its name.
            truth: metric → its exact value.
        """
        found = []
        if "chance" in truth:
            found.append((100 * float(truth["chance"]), "chance"))
        limits = {}
        if self.additive is None:
            limits = {name: 100 * float(truth[name]) for name in LIMITS if truth.get(name, 1) < 1}
        elif task == "S":
            limits = {"additive": self.additive}
        return found + [(at, f"{name} limit,\n{at:.0f} %") for name, at in limits.items()]


def curve_tasks(table: pd.DataFrame) -> CurveTasks:
    """R, U1, U2 and S of pairs; all tasks of three images and more, in rows of five."""
    if not is_of_samples(table):
        titles = _TITLES
        if on_vectors(table).all():
            titles = {task: said.replace("image", "vector") for task, said in titles.items()}
        return CurveTasks(titles, "pairs", " pairs", additive_limit(table))
    names = table.loc[table["probe"] == "exact", "task"].unique()
    return CurveTasks({str(task): str(task) for task in names}, "samples", "", None)

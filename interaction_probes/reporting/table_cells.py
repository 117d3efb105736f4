"""Cells of the report's tables, as values; ``templates/table.html`` makes HTML of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from interaction_probes.analysis.cell_values import short_number
from interaction_probes.analysis.footnotes import seeds_with_marks
from interaction_probes.analysis.names import number
from interaction_probes.analysis.seeds import OverSeeds


@dataclass(frozen=True)
class ReportColumn:
    """A column of scores: a task and a metric, how it is headed and printed.

    Attributes:
        heading: its name.
        task: of the score.
        metric: of the score.
        scale: factor of printed values.
        digits: of printed values after the point.
        untrained: whether the score is of epoch 0, before training.
    """

    heading: str
    task: str
    metric: str
    scale: float
    digits: int
    untrained: bool = False

    @property
    def before_training(self) -> "ReportColumn":
        """The column of the same score at epoch 0."""
        return replace(self, heading=f"{self.heading} untrained", untrained=True)


@dataclass(frozen=True)
class MethodCell:
    """A method's label, with the colour that figures draw it in."""

    kind: ClassVar[str] = "method"
    label: str
    colour: str


@dataclass(frozen=True)
class SettingCell:
    """A setting or a fact about a run; an empty text is shown as a dash."""

    kind: ClassVar[str] = "setting"
    text: str
    is_number: bool = False


@dataclass(frozen=True)
class ScoreCell:
    """A mean over seeds.

    Attributes:
        sort: the mean with more digits than are shown, to sort by.
        share: how far the mean is from chance to the exact limit, between 0 and 1.
        seeds: the value of each seed.
        mean: as shown.
        interval: 95 % interval; None of one seed.
        n: the number of seeds, where it is not that of the row; otherwise None.
        published: a published value, if any is comparable.
    """

    kind: ClassVar[str] = "score"
    sort: str
    share: str
    seeds: str
    mean: str
    interval: str | None
    n: int | None
    published: str | None


Cell = MethodCell | SettingCell | ScoreCell


@dataclass(frozen=True)
class ReportTable:
    """A table for ``templates/table.html``.

    Attributes:
        name: its HTML id.
        title: its caption.
        headings: one per column.
        rows: the name of the row's method, and a cell per column.
    """

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Each heading, and whether numbers stand below it, by the first row."""
        first = self.rows[0][1]
        return [
            (heading, isinstance(cell, SettingCell) and cell.is_number)
            for heading, cell in zip(self.headings, first, strict=True)
        ]


def setting_cell(value: object) -> SettingCell:
    """A cell of a setting or of a fact about a run; empty where a number is missing."""
    if isinstance(value, int | float | np.integer | np.floating):
        known = np.isfinite(float(value))
        return SettingCell(short_number(value), True) if known else SettingCell("")
    return SettingCell(str(value))


def seeds_cell(rows: pd.DataFrame) -> SettingCell:
    """The number of seeds of a row, and what must be known of its runs: half done, collapsed."""
    text = seeds_with_marks(rows)
    return SettingCell(text, text.isdecimal())


def score_cell(
    rows: pd.DataFrame,
    column: ReportColumn,
    limits: tuple[float, float],
    row_seeds: int,
    published: float | None = None,
) -> Cell:
    """A cell of a score over seeds; empty without rows.

    Args:
        rows: a row per seed.
        column: the score.
        limits: chance and the exact limit, before scaling.
        row_seeds: how many seeds the whole row of the table has.
        published: a value to show beside it.
    """
    if rows.empty:
        return SettingCell("")
    values = rows["value"].to_numpy()
    over = OverSeeds.of(values[:, None])
    mean, low, high = (column.scale * float(part[0]) for part in (over.mean, over.low, over.high))
    share = np.clip((over.mean[0] - limits[0]) / (limits[1] - limits[0]), 0, 1)
    each = [
        f"seed {short_number(seed)}: {number(column.scale * value, column.digits)}"
        for seed, value in sorted(zip(rows["seed"], values, strict=True))
    ]
    ends = f"{number(low, column.digits)} to {number(high, column.digits)}"
    return ScoreCell(
        sort=f"{mean:.6g}",
        share=f"{share:.3f}",
        seeds=", ".join(each),
        mean=number(mean, column.digits),
        interval=ends if over.n > 1 else None,
        n=over.n if over.n != row_seeds else None,
        published=None if published is None else f"{published:.1f}",
    )

"""Published scores beside the rows of a table, and the notes that they need."""

from collections.abc import Mapping

import pandas as pd

from interaction_probes.analysis.published import (
    comparable_published,
    read_published,
    why_none_published,
)

from .columns import published_as_numbers, published_as_text
from .comparison import Key


class PublishedCells:
    """The published scores that may stand beside the rows of one table.

    Args:
        table: tidy results.
        numbers: whether cells are numbers; else notes are marks, told of below the table.
    """

    def __init__(self, table: pd.DataFrame, numbers: bool) -> None:
        self._table, self._numbers = table, numbers
        self._published = read_published()
        self._comparable = comparable_published(self._published, table)
        self._marks: dict[str, str] = {}
        self._shown = 0

    def cells(self, key: Key, part: pd.DataFrame) -> dict[str, str]:
        """The cells of a row: empty ones where nothing published is comparable with it.

        Args:
            key: of the row; nothing published is of an ablated loss.
            part: the row's rows of results.
        """
        method, weights, *_ = key
        own = self._comparable[self._comparable["method"] == method]
        found = own[:0] if weights else comparable_published(own, part)
        self._shown += len(found)
        return (
            published_as_numbers(found) if self._numbers else published_as_text(found, self._marks)
        )

    def notes(self, parts: Mapping[Key, pd.DataFrame]) -> list[str]:
        """What the marks mean, and why nothing is shown where that is so, after all rows.

        Args:
            parts: key → its rows of results, of all rows of the table.
        """
        notes = [f"{mark} {note}" for note, mark in self._marks.items()]
        if not self._shown:
            notes.append(f"no published values are shown: {self._why_none(parts)}")
        return notes

    def _why_none(self, parts: Mapping[Key, pd.DataFrame]) -> str:
        reasons: dict[str, None] = {}
        ablated = False
        for (method, weights, *_), part in parts.items():
            own = self._published[self._published["method"] == method]
            if weights:
                ablated |= not own.empty
            elif why := why_none_published(own, self._table) or why_none_published(own, part):
                reasons[why] = None
        if not reasons and ablated:
            return "they are of whole losses"
        return "; ".join(reasons) or "of these methods there are none"

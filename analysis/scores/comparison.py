"""Differences of all methods' scores from those of one method, paired by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from interaction_probes.analysis.cell_values import short_number
from interaction_probes.common.spelling import did_you_mean

#: What identifies a row of the table: method, loss weights, and the values of further columns.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Baseline:
    """The method that others are compared with.

    Attributes:
        method: its name.
        labels: method → its name in print, of all that are compared.
        rows: of its default loss weights, by the values of the further columns.
    """

    method: str
    labels: Mapping[str, str]
    rows: Mapping[Key, pd.DataFrame]

    @classmethod
    def of(
        cls, parts: Mapping[Key, pd.DataFrame], method: str, labels: Mapping[str, str]
    ) -> "Baseline":
        """From all rows of the table, by their keys.

        Args:
            parts: key → its rows.
            method: the method that others are compared with.
            labels: method → its name in print.

        Raises:
            ValueError: there are none of the method's whole loss, or no others.
        """
        rows = {key[2:]: part for key, part in parts.items() if key[:2] == (method, "")}
        if not rows:
            names = sorted({str(key[0]) for key in parts if not key[1]})
            has = f"; {did_you_mean(method, names)}it has {', '.join(names)}" if names else ""
            raise ValueError(
                f"the table has no runs of {method!r} with its whole loss to compare with{has}"
            )
        if len(rows) == len(parts):
            raise ValueError(f"the table has nothing but {method!r} with its whole loss to compare")
        return cls(method, labels, rows)

    @property
    def label(self) -> str:
        """Its name in print."""
        return self.labels[self.method]

    def is_own(self, key: Key) -> bool:
        """Whether a row is the baseline's own."""
        return key[:2] == (self.method, "")

    def matching_rows(self, key: Key, part: pd.DataFrame) -> pd.DataFrame:
        """The baseline's rows to compare the rows of a key with; empty where it has none."""
        return self.rows.get(key[2:], part[:0])

    def notes(self, parts: Mapping[Key, pd.DataFrame]) -> list[str]:
        """Notes below a table of differences."""
        others = {key: part for key, part in parts.items() if not self.is_own(key)}
        said = [
            f"scores of {self.label}; of the others, differences from them in the same seed: mean "
            "± standard deviation, and in how many seeds above (+) and below (−)"
        ]
        fewer, apart_from, of_other_seeds = [], [], []
        for key, part in others.items():
            if key[2:] in self.rows:
                if not set(part["seed"]) & set(self.rows[key[2:]]["seed"]):
                    of_other_seeds.append(self._row_name(key))
                designs, own = set(part["mapping"]), set(self.rows[key[2:]]["mapping"])
                if designs < own:
                    fewer.append(self._row_name(key))
                elif designs != own:
                    apart_from.append(self._row_name(key))
        if fewer:
            said.append(f"on fewer designs than {self.label}: {', '.join(fewer)}")
        if apart_from:
            said.append(f"on designs that {self.label} has no runs of: {', '.join(apart_from)}")
        if of_other_seeds:
            said.append(f"on none of {self.label}'s seeds: {', '.join(of_other_seeds)}")
        apart = {
            self._row_name(key): self._of_other_precision(key, part) for key, part in others.items()
        }
        told = [f"{name} ({', '.join(seeds)})" for name, seeds in apart.items() if seeds]
        if told:
            said.append(f"in other arithmetic than {self.label} in some seeds: {', '.join(told)}")
        lone = [self._row_name(key) for key in others if key[2:] not in self.rows]
        if lone:
            said.append(f"without runs of {self.label} to compare with: {', '.join(lone)}")
        return said

    def _row_name(self, key: Key) -> str:
        """A row as a note names it."""
        return " ".join(filter(None, [self.labels[key[0]], *map(str, key[1:])]))

    def _of_other_precision(self, key: Key, part: pd.DataFrame) -> list[str]:
        """Seeds whose runs have another precision than the baseline's, where both are known."""
        if "precision" not in part or key[2:] not in self.rows:
            return []
        mine, own = (
            rows[rows["precision"].notna() & (rows["precision"] != "")]
            .groupby("seed")["precision"]
            .agg(lambda told: tuple(sorted(set(told))))
            for rows in (part, self.rows[key[2:]])
        )
        return [
            short_number(seed)
            for seed in sorted(set(mine.index) & set(own.index))
            if mine[seed] != own[seed]
        ]

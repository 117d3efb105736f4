"""The pairs that lie in a folder of images beside them: pairs_SET.csv and the manifest's design."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trifeature.images.factors import NAMES, FactorCounts, column
from trifeature.images.image_sets import ImageSet
from trifeature.pairs.design import PairDesign
from trifeature.pairs.draw import PairSet, label_pairs

from .folders import FolderImages
from .manifest import SPLIT_OF_SET
from .rule_rates import chances_of_pairs, check_rate
from .sample_tables import has_tables, read_table, tables_checksum


@dataclass(frozen=True)
class FolderPairs:
    """The pairs of a folder of images.

    Attributes:
        design: how the pretraining pairs were constrained.
        mapping: M, int64 [values of the first mapped attribute].
        pretrain: pairs of train images, to learn from.
        probe_train: unbiased pairs of train images, to fit probes.
        probe_test: unbiased pairs of test images, to score probes.
    """

    design: PairDesign
    mapping: np.ndarray
    pretrain: PairSet
    probe_train: PairSet
    probe_test: PairSet

    def sha256(self, images: FolderImages) -> str:
        """The checksum of images, design, mapping and pairs."""
        sets = (self.pretrain, self.probe_train, self.probe_test)
        return tables_checksum(images, self.design, [self.mapping], sets)


def has_pairs(folder: Path | str) -> bool:
    """Whether a folder has a manifest and a table of each set of pairs.

    Raises:
        ValueError: it has some of the tables only.
    """
    return has_tables(folder, "pairs")


def read_pairs(folder: Path | str, images: FolderImages) -> FolderPairs:
    """Read and check the pairs of a folder, as ``generate --format folders`` writes them.

    Args:
        folder: it has manifest.json, pairs_pretrain.csv, pairs_fit.csv and pairs_score.csv.
        images: the images of the folder.

    Raises:
        ValueError: a damaged manifest, a mapping of other values, a file that the split lacks,
            labels that do not follow from the images, tables that are not those of the manifest,
            probing pairs that do not share the attribute, or strengths that are not those of the
            pairs.
        OSError: a file that cannot be read.
    """
    folder = Path(folder)
    design, mapping = _read_manifest(folder / "manifest.json", images.counts)
    sets = {
        name: _read_set(folder / f"pairs_{name}.csv", name, images, design, mapping)
        for name in SPLIT_OF_SET
    }
    for name, split in SPLIT_OF_SET.items():
        rules = design if name == "pretrain" else design.unbiased
        path = folder / f"pairs_{name}.csv"
        _check_strengths(path, rules, sets[name], getattr(images, split), mapping)
    return FolderPairs(design, mapping, sets["pretrain"], sets["fit"], sets["score"])


def _check_strengths(
    path: Path, design: PairDesign, pairs: PairSet, images: ImageSet, mapping: np.ndarray
) -> None:
    """Refuse strengths of a manifest that are not those of the pairs beside it.

    Raises:
        ValueError: fewer or more pairs obey a rule than its strength says.
    """
    shared = images.factors[:, column(design.shared)]
    first, second = (images.factors[:, column(factor)] for factor in design.mapped)
    left, right = pairs.index.T
    shares, maps = chances_of_pairs(images.factors, design, mapping)
    same = shared[left] == shared[right]
    check_rate(path, f"the sharing of {design.shared}", same, design.shared_strength, shares)
    obeys = mapping[first[left]] == second[right]
    check_rate(path, "the mapping", obeys, design.mapping_strength, maps)


def _read_set(
    path: Path, name: str, images: FolderImages, design: PairDesign, mapping: np.ndarray
) -> PairSet:
    """One set of pairs, its labels compared with what they follow from."""
    pairs, factors = read_table(
        path,
        images,
        SPLIT_OF_SET[name],
        2,
        lambda factors: label_pairs(factors[:, 0], factors[:, 1], design, mapping),
        "the mapping of manifest.json",
    )
    shared = column(design.shared)
    differing = np.flatnonzero(factors[:, 0, shared] != factors[:, 1, shared])
    if name != "pretrain" and len(differing):
        raise ValueError(
            f"{path}, line {differing[0] + 2}: the images differ in {design.shared}, which "
            "probing pairs share"
        )
    return pairs


def _read_manifest(path: Path, counts: FactorCounts) -> tuple[PairDesign, np.ndarray]:
    """The design of the pretraining pairs and the mapping."""
    try:
        manifest: Mapping[str, Any] = json.loads(path.read_text())
        plain = {**manifest["pairs"], "mapped": tuple(manifest["pairs"]["mapped"])}
        design = PairDesign(**plain)
        named = dict(manifest["mapping"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is damaged: it does not name the design of the pairs and the mapping"
        ) from error
    names_from, names_to = (NAMES[factor][: counts[factor]] for factor in design.mapped)
    if set(named) != set(names_from) or not all(to in names_to for to in named.values()):
        raise ValueError(
            f"{path}: the mapping leads from each {design.mapped[0]} of the images to one "
            f"{design.mapped[1]} of theirs"
        )
    return design, np.array([names_to.index(named[name]) for name in names_from], dtype=np.int64)

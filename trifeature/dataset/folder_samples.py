"""The samples of n images that lie in a folder beside them: samples_SET.csv and the manifest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from trifeature.images.factors import FactorCounts, column
from trifeature.information.design_profiles import check_design
from trifeature.pairs.draw import PairSet
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray, obeying
from trifeature.samples.tasks import label_samples, labels_of

from .folders import FolderImages
from .manifest import SPLIT_OF_SET, latin_arrays
from .rule_rates import chances_of_samples, check_rate
from .sample_tables import has_tables, read_table, tables_checksum


@dataclass(frozen=True)
class FolderSamples:
    """The samples of a folder of images.

    Attributes:
        design: the rules of the pretraining samples.
        arrays: the Latin array of each Latin rule.
        pretrain: samples of train images, to learn from.
        probe_train: samples of train images without Latin rules, to fit probes.
        probe_test: samples of test images without Latin rules, to score probes.
    """

    design: SampleDesign
    arrays: tuple[LatinArray, ...]
    pretrain: PairSet
    probe_train: PairSet
    probe_test: PairSet

    def sha256(self, images: FolderImages) -> str:
        """The checksum of images, design, Latin arrays and samples."""
        sets = (self.pretrain, self.probe_train, self.probe_test)
        rules = [part for array in self.arrays for part in (*array.shifts, array.symbols)]
        return tables_checksum(images, self.design, rules, sets)


def has_samples(folder: Path | str) -> bool:
    """Whether a folder has a manifest and a table of each set of samples.

    Raises:
        ValueError: it has some of the tables only.
    """
    return has_tables(folder, "samples")


def read_samples(folder: Path | str, images: FolderImages) -> FolderSamples:
    """Read and check the samples of a folder, as ``generate --modalities N`` writes them.

    Args:
        folder: it has manifest.json, samples_pretrain.csv, samples_fit.csv and samples_score.csv.
        images: the images of the folder.

    Raises:
        ValueError: a damaged manifest, rules that contradict each other or give a label away, a
            file that the split lacks, labels that do not follow from the images, tables that are
            not those of the manifest, or strengths that are not those of the samples.
        OSError: a file that cannot be read.
    """
    folder = Path(folder)
    design, arrays = _read_manifest(folder / "manifest.json", images.counts)
    labels = labels_of(design, images.counts, arrays)
    sets = {}
    for name, split in SPLIT_OF_SET.items():
        path = folder / f"samples_{name}.csv"
        sets[name], factors = read_table(
            path,
            images,
            split,
            design.images,
            partial(label_samples, labels=labels),
            "the Latin arrays of manifest.json",
        )
        rules = design if name == "pretrain" else design.unbiased
        chances = chances_of_samples(getattr(images, split).factors, images.counts, rules, arrays)
        _check_strengths(path, rules, arrays, factors, chances)
    return FolderSamples(design, arrays, sets["pretrain"], sets["fit"], sets["score"])


def _check_strengths(
    path: Path,
    design: SampleDesign,
    arrays: tuple[LatinArray, ...],
    factors: np.ndarray,
    chances: Sequence[float],
) -> None:
    """Refuse strengths of a manifest that are not those of the samples beside it.

    Raises:
        ValueError: fewer or more samples obey a rule than its strength says.
    """
    of_rule: dict[object, LatinArray] = dict(zip(design.latin, arrays, strict=True))
    for rule, chance in zip(design.rules, chances, strict=True):
        values = [factors[:, each.image - 1, column(each.factor)] for each in rule.factors]
        obeys = obeying(values, of_rule.get(rule))
        check_rate(path, str(rule), obeys, rule.strength, chance)


def _read_manifest(path: Path, counts: FactorCounts) -> tuple[SampleDesign, tuple[LatinArray, ...]]:
    """The design of the pretraining samples and the Latin arrays."""
    try:
        manifest = json.loads(path.read_text())
        design = SampleDesign.from_dict(manifest["samples"])
        arrays = latin_arrays(manifest["latin"], design)
    except (ValueError, KeyError, TypeError) as error:
        reason = "it lacks an entry" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{path} is damaged: it does not name the design of the samples and the Latin arrays "
            f"({reason})"
        ) from error
    try:
        check_design(design, counts, arrays)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return design, arrays

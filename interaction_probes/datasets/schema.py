"""What a multimodal dataset consists of: modalities, labels, a split, units."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["vectors", "sequences", "images"]
LabelKind = Literal["classes", "multilabel", "real"]
#: The parts that every split has, in the order in which they are used.
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Standardisation:
    """How features were standardised: (x − mean) / std.

    Attributes:
        mean: float64 [d], of each feature.
        std: float64 [d], its standard deviation; infinite where it is constant.
    """

    mean: np.ndarray
    std: np.ndarray


@dataclass(frozen=True, eq=False)
class Modality:
    """One modality of all samples.

    Attributes:
        name: its name.
        kind: what a sample of it is.
        values: vectors float32 [N, d]; sequences float32 [N, T, d]; images [N, h, w, c], uint8 or
            float32 from 0 to 1. It may be a memory map, of which only the rows that are indexed are
            read.
        lengths: sequences only, int64 [N] from 1 to T: how many steps of each are valid; these come
            first. None where all T are.
        scale: how a reader standardised the values; None where they are as they were stored.
    """

    name: str
    kind: Kind
    values: np.ndarray
    lengths: np.ndarray | None = None
    scale: Standardisation | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def on_disk(self) -> bool:
        """Whether its values are read from a file as they are needed."""
        base: object = self.values
        while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
            base = base.base
        return isinstance(base, np.memmap)


@dataclass(frozen=True, eq=False)
class Label:
    """One label of all samples.

    Attributes:
        name: its name.
        kind: classes (one of several), multilabel (any of several) or real numbers.
        values: int64 [N], the number of each sample's class in `classes`; bool [N, K], one column
            per class; or float64 [N] or [N, K].
        classes: the classes' names; none for real numbers.
    """

    name: str
    kind: LabelKind
    values: np.ndarray
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers, int64, of each part; no row is in two. Rows in none are not used.

    Attributes:
        train: the rows to fit probes on, and to pretrain on where `pretrain` is None.
        validation: the rows to choose on.
        test: the rows to score once.
        pretrain: the rows to pretrain on where these are others than `train`, of which some may be
            among them: more rows, or rows that are drawn otherwise.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    pretrain: np.ndarray | None = None

    @property
    def pretraining(self) -> np.ndarray:
        """The rows to pretrain on."""
        return self.train if self.pretrain is None else self.pretrain

    @property
    def learnt_from(self) -> np.ndarray:
        """The rows of `pretraining` and of `train`, sorted."""
        return np.union1d(self.train, self.pretraining)

    def parts(self) -> dict[str, np.ndarray]:
        """Name of a part → its rows; ``pretrain`` only where these are rows of its own."""
        found = {} if self.pretrain is None else {"pretrain": self.pretrain}
        return found | {part: getattr(self, part) for part in PARTS}


@dataclass(frozen=True, eq=False)
class MultimodalDataset:
    """Aligned modalities with labels and a split: row k of every array is sample k.

    Attributes:
        modalities: two or more.
        labels: one or more.
        split: the rows of each part.
        units: int64 [N], the number of the independent unit (patient, speaker, document) behind
            each sample; None where samples are independent. No unit is in two parts.
        notes: what was changed or made in reading, in sentences.
    """

    modalities: tuple[Modality, ...]
    labels: tuple[Label, ...]
    split: Split
    units: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.modalities[0]) if self.modalities else 0

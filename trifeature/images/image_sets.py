"""The image sets: renders of factor combinations, split so that test combinations stay unseen.

Images live in memory; a cache on disk is only a shortcut with a checksum, and reading it leaves
every random stream where drawing afresh would.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from interaction_probes.common.files import replacing
from interaction_probes.common.streams import stream, whole_seed
from interaction_probes.common.values.scalars import plain_whole

from .factors import FACTORS, FactorCounts, combinations
from .render import QUICK, Geometry, render

#: Raised whenever the same seed would give other pixels: a number in a paper names its data by it.
GENERATOR_VERSION = 2
_TEST_SHARE = 0.2


@dataclass(frozen=True)
class ImageDesign:
    """What the images are, besides their seed.

    Attributes:
        geometry: lengths in pixels.
        counts: how many values each factor has.
        renders: images of each training combination (a test combination has one).

    Raises:
        ValueError: fewer than one render.
    """

    geometry: Geometry = QUICK
    counts: FactorCounts = field(default_factory=FactorCounts)
    renders: int = 3

    def __post_init__(self) -> None:
        object.__setattr__(self, "renders", plain_whole(self.renders, "the number of renders"))
        if self.renders < 1:
            raise ValueError(f"each combination needs at least 1 render, not {self.renders}")


@dataclass(frozen=True)
class ImageSet:
    """Images of one split and their factors.

    Attributes:
        images: uint8 [n, h, w, 3].
        factors: int64 [n, 3], columns (shape, texture, colour).

    Raises:
        ValueError: arrays of other forms or different lengths.
    """

    images: np.ndarray
    factors: np.ndarray

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.factors.shape != (len(self.images), 3):
            raise ValueError(
                "an image set is images [n, h, w, 3] and factors [n, 3], "
                f"not {list(self.images.shape)} and {list(self.factors.shape)}"
            )

    def __len__(self) -> int:
        return len(self.factors)


def split_combinations(counts: FactorCounts, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Train and test combinations: int64 [n, 3] each, disjoint, in table order.

    A fifth is for testing, or as many as the largest factor has values where that is more, so that
    both parts hold every value of every factor: no task lacks a class. A random split
    with that property is kept; otherwise the test set starts with combinations that cover all
    values and is filled up at random.
    """
    table = combinations(counts)
    sizes = [counts[factor] for factor in FACTORS]
    n_test = max(round(_TEST_SHARE * len(table)), *sizes)
    rng = stream(seed, "split")
    order = rng.permutation(len(table))
    while not all(
        _covers_all_values(table[part], sizes) for part in (order[:n_test], order[n_test:])
    ):
        # Each value of the largest factor occurs in one of these, so no combination repeats.
        values = [rng.permutation(size)[np.arange(max(sizes)) % size] for size in sizes]
        first = np.ravel_multi_index(tuple(values), tuple(sizes))
        order = np.concatenate([first, rng.permutation(np.setdiff1d(order, first))])
    return table[np.sort(order[n_test:])], table[np.sort(order[:n_test])]


def _covers_all_values(rows: np.ndarray, sizes: list[int]) -> bool:
    """Whether every value of every factor occurs in combinations [n, 3]."""
    return all(len(np.unique(rows[:, k])) == size for k, size in enumerate(sizes))


def generate_images(
    design: ImageDesign, seed: int, cache: Path | None = None
) -> tuple[ImageSet, ImageSet]:
    """The train and test images of a seed.

    Args:
        design: what to draw.
        seed: names the split and every render.
        cache: a folder in which a checked copy is kept and looked for.

    Raises:
        ValueError: the cached file is damaged.
        OSError: the cache folder cannot be written.
    """
    path = None
    if cache is not None:
        path = cache / f"trifeature-{_key(design, seed)}.npz"
        if path.exists():
            return _read(path)
    train, test = split_combinations(design.counts, seed)
    train = np.repeat(train, design.renders, axis=0)
    sets = (
        ImageSet(render(train, design.geometry, stream(seed, "render", "train")), train),
        ImageSet(render(test, design.geometry, stream(seed, "render", "test")), test),
    )
    if path is not None:
        _write(path, sets)
    return sets


def checksum(*arrays: np.ndarray) -> str:
    """The sha256 of arrays' forms, types and bytes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _key(design: ImageDesign, seed: int) -> str:
    described = json.dumps([GENERATOR_VERSION, asdict(design), whole_seed(seed)], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _arrays(sets: tuple[ImageSet, ImageSet]) -> list[np.ndarray]:
    return [array for split in sets for array in (split.images, split.factors)]


def _write(path: Path, sets: tuple[ImageSet, ImageSet]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = _arrays(sets)
    with replacing(path) as file:
        np.savez(
            file,
            allow_pickle=False,
            train_images=arrays[0],
            train_factors=arrays[1],
            test_images=arrays[2],
            test_factors=arrays[3],
            checksum=np.array(checksum(*arrays)),
        )


def _read(path: Path) -> tuple[ImageSet, ImageSet]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            sets = (
                ImageSet(stored["train_images"], stored["train_factors"]),
                ImageSet(stored["test_images"], stored["test_factors"]),
            )
            intact = str(stored["checksum"]) == checksum(*_arrays(sets))
    except PermissionError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each raise kinds of their own
        # numpy goes on to say how to load objects all the same.
        reason = "it is no file of plain arrays" if "pickle" in str(error) else str(error)
        raise ValueError(f"the image cache {path} is damaged ({reason}); delete it") from error
    if not intact:
        raise ValueError(f"the image cache {path} is damaged (its checksum differs); delete it")
    return sets

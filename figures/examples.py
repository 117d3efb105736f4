"""Which images and pairs stand for all the others: a value at a time, and pairs that show many."""

from collections.abc import Iterable

import numpy as np

from .exported import FACTORS, Exported


def one_at_a_time(data: Exported) -> dict[str, np.ndarray]:
    """Factor → an image of each of its values, the other factors held: uint8 [values, s, s, 3].

    Shapes and textures are cropped to the squares in which they are drawn, all of one size. A
    colour is the plain square of what its image shows most besides the background. Held are the
    first texture, which is plain, the last colour, and the shape that covers most.

    Raises:
        ValueError: images of a combination that is needed are missing.
    """
    background = _commonest(data.images[:20].reshape(-1, 3))
    last = len(data.values["colour"]) - 1
    shapes = _find(data, [(k, 0, last) for k in range(len(data.values["shape"]))])
    covered = (shapes != background).any(-1).mean((1, 2))
    largest = int(covered.argmax())
    textures = _find(data, [(largest, k, last) for k in range(len(data.values["texture"]))])
    coloured = _find(data, [(largest, 0, k) for k in range(len(data.values["colour"]))])
    colours = [
        _commonest(image[(image != background).any(-1)].reshape(-1, 3)) for image in coloured
    ]
    crops = _crop(np.concatenate([shapes, textures]), background)
    return {
        "shape": crops[: len(shapes)],
        "texture": crops[len(shapes) :],
        "colour": np.array(colours)[:, None, None, :],
    }


def example_pairs(data: Exported, wanted: int) -> list[int]:
    """Rows of pairs, those that obey the mapping first: half of them, where there are as many.

    Each is the first of those that show most values which none before it has shown.

    Raises:
        ValueError: every pair is of one image with itself.
    """
    different = data.index[:, 0] != data.index[:, 1]
    obeys = data.labels["S"] == 1
    kept = np.flatnonzero(different & obeys).tolist()
    broken = np.flatnonzero(different & ~obeys).tolist()
    if not kept and not broken:
        raise ValueError("the data have no pair of two images")
    n_kept = min(len(kept), max(wanted // 2, wanted - len(broken)))
    chosen: list[int] = []
    shown: set[tuple[int, int]] = set()
    for rows, n in ((kept, n_kept), (broken, wanted - n_kept)):
        values = {row: _values_of(data, row) for row in rows}
        for _ in range(min(n, len(rows))):
            best = max(values, key=lambda row: len(values[row] - shown))
            shown |= values.pop(best)
            chosen.append(best)
    return chosen


def _values_of(data: Exported, pair: int) -> set[tuple[int, int]]:
    """(factor, value) of both images."""
    return {item for end in data.index[pair] for item in enumerate(data.factors[end].tolist())}


def _find(data: Exported, wanted: Iterable[tuple[int, int, int]]) -> np.ndarray:
    """The first image of each combination: uint8 [n, side, side, 3]."""
    found = []
    for combination in wanted:
        rows = np.flatnonzero((data.factors == combination).all(1))
        if not len(rows):
            names = (data.values[f][k] for f, k in zip(FACTORS, combination, strict=True))
            raise ValueError(f"the data have no image of {', '.join(names)}")
        found.append(data.images[rows[0]])
    return np.stack(found)


def _commonest(pixels: np.ndarray) -> np.ndarray:
    """The most frequent of pixels uint8 [n, 3]."""
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    return found[counts.argmax()]


def _crop(images: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The square of each image around what it shows, as large as the largest needs."""
    drawn = (images != background).any(-1)
    size = images.shape[1]
    ends = []  # of rows and columns: first and last, for each image
    for k in range(len(images)):
        sides = (np.flatnonzero(drawn[k].any(axis)) for axis in (1, 0))
        ends.append([(side[0], side[-1]) if len(side) else (0, size - 1) for side in sides])
    spans = np.array(ends)
    side = min(size, int((spans[:, :, 1] - spans[:, :, 0]).max()) + 3)
    starts = np.clip((spans.sum(2) + 1 - side) // 2, 0, size - side)
    return np.stack(
        [
            image[y : y + side, x : x + side]
            for image, (y, x) in zip(images, starts.tolist(), strict=True)
        ]
    )

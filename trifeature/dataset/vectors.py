"""The vector twin of the images: the same factors, rules and truth, and no pixel to draw.

Each modality of a sample is a fixed random perceptron of its factors, plus noise. The pairs and
samples are those of the images of the same seed, and so are all labels and the truth in bits.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interaction_probes.common.streams import stream
from interaction_probes.common.values.scalars import plain_number, plain_whole
from trifeature.images.factors import FACTORS, FactorCounts
from trifeature.images.image_sets import ImageDesign, ImageSet, split_combinations
from trifeature.pairs.design import PairDesign
from trifeature.samples.design import SampleDesign

from .image_samples import sample_images
from .manifest import Dataset, described, sets_of
from .new_folder import new_folder, write_manifest
from .paired_images import N_PAIRS, pair_images

#: Raised whenever the same seed would give other vectors.
VECTOR_VERSION = 1
#: Set of pairs or samples → its part of the split.
_PARTS = {"pretrain": "pretrain", "fit": "train", "score": "test"}


@dataclass(frozen=True)
class VectorDesign:
    """What the vectors are, besides their seed.

    Attributes:
        counts: how many values each factor has.
        renders: training samples of a combination are as frequent as with so many images of each.
            Of three modalities and more that is nearly the same for any number: they only say how
            often one sample may recur.
        width: values of a vector.
        hidden: units of the perceptron's hidden layer.
        noise: standard deviation of the noise; that of a value without noise is about 1.

    Raises:
        ValueError: a size below 1, or negative noise.
    """

    counts: FactorCounts
    renders: int = 3
    width: int = 32
    hidden: int = 64
    noise: float = 0.2

    def __post_init__(self) -> None:
        for name in ("renders", "width", "hidden"):
            size = plain_whole(getattr(self, name), name)
            if size < 1:
                raise ValueError(f"{name} is 1 or more, not {size}")
            object.__setattr__(self, name, size)
        object.__setattr__(self, "noise", plain_number(self.noise, "noise"))
        if not 0 <= self.noise < np.inf:
            raise ValueError(f"noise is 0 or more, not {self.noise}")


def draw_factors(
    design: VectorDesign, rules: PairDesign | SampleDesign, seed: int, size: int = N_PAIRS
) -> Dataset:
    """The pairs or samples that images of this seed would have; their images are empty.

    Args:
        design: what the vectors are.
        rules: how pretraining pairs or samples are constrained.
        seed: names the split, the mapping and the samples.
        size: samples to draw for pretraining and fitting, and at most for scoring.

    Raises:
        ValueError: a design that allows no sample.
    """
    train, test = split_combinations(design.counts, seed)
    sets = []
    for factors in (np.repeat(train, design.renders, axis=0), test):
        sets.append(ImageSet(np.zeros((len(factors), 0, 0, 3), dtype=np.uint8), factors))
    if isinstance(rules, PairDesign):
        return pair_images(sets[0], sets[1], design.counts, rules, seed, size)
    return sample_images(sets[0], sets[1], design.counts, rules, seed, size)


def export_vectors(
    data: Dataset,
    out: Path,
    design: VectorDesign,
    rules: PairDesign | SampleDesign,
    seed: int,
) -> dict[str, Any]:
    """Write data.npz and manifest.json to a new folder, wholly or not at all.

    Args:
        data: what :func:`draw_factors` drew.
        out: the folder to make; it may exist if it is empty.
        design: what the vectors are.
        rules: the design of the pretraining pairs or samples, for the manifest.
        seed: the seed.

    Returns:
        The manifest: that of images, with ``vectors`` in the place of ``images``.

    Raises:
        ValueError: the folder holds something already.
        OSError: the folder cannot be written.
    """
    images = ImageDesign(counts=design.counts, renders=design.renders)
    manifest = described(data, "npz", images, rules, seed)
    del manifest["images"]
    manifest["vectors"] = {"version": VECTOR_VERSION, **asdict(design)}
    with new_folder(out) as folder:
        arrays = vector_arrays(data, design, seed)
        np.savez_compressed(folder / "data.npz", allow_pickle=False, **arrays)
        return write_manifest(folder, manifest, arrays)


def vector_arrays(data: Dataset, design: VectorDesign, seed: int) -> dict[str, np.ndarray]:
    """Vectors and labels by the keys of docs/own-data.md.

    Args:
        data: what :func:`draw_factors` drew.
        design: what the vectors are.
        seed: names the perceptrons and the noise, each by a stream of its own.

    Returns:
        ``modality.image1`` and so on, float32 [N, width]; ``label.TASK`` int64 [N];
        ``split.pretrain``, ``split.train`` and ``split.test``: the rows of the samples to pretrain
        on, to fit probes on and to score them on.
    """
    sets = sets_of(data)
    factors = {
        name: (data.test if name == "score" else data.train).factors[samples.index]
        for name, samples in sets.items()
    }
    joined = np.concatenate(list(factors.values()))  # [N, modalities, factors]
    arrays = {}
    for k in range(data.modalities):
        clean = _perceptron(_one_hot(joined[:, k], design.counts), design, seed, k)
        noise = stream(seed, "vectors", "noise", k).normal(size=clean.shape)
        arrays[f"modality.image{k + 1}"] = (clean + design.noise * noise).astype(np.float32)
    for task in data.tasks:
        labels = [samples.labels[task.name] for samples in sets.values()]
        arrays[f"label.{task.name}"] = np.concatenate(labels)
    ends = np.cumsum([0, *map(len, sets.values())])
    for k, name in enumerate(sets):
        arrays[f"split.{_PARTS[name]}"] = np.arange(*ends[k : k + 2])
    return arrays


def _one_hot(factors: np.ndarray, counts: FactorCounts) -> np.ndarray:
    """Factors [n, 3] as 0 and 1, [n, all values of all factors]."""
    sizes = [counts[factor] for factor in FACTORS]
    return np.concatenate([np.eye(s)[factors[:, f]] for f, s in enumerate(sizes)], axis=1)


def _perceptron(inputs: np.ndarray, design: VectorDesign, seed: int, k: int) -> np.ndarray:
    """W₂ tanh(W₁ x + b), whose weights are normal and scaled so that values are of size 1."""
    rng = stream(seed, "vectors", "perceptron", k)
    first = rng.normal(size=(inputs.shape[1], design.hidden))
    bias = rng.normal(size=design.hidden)
    second = rng.normal(size=(design.hidden, design.width))
    found: np.ndarray = np.tanh(inputs @ first + bias) @ (second / np.sqrt(design.hidden / 2))
    return found

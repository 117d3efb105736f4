"""manifest.json of an exported dataset, and the names of its parts, for pairs and for samples."""

from dataclasses import asdict
from typing import Any

import numpy as np

from interaction_probes.common.streams import whole_seed
from trifeature.images.factors import FACTORS, NAMES
from trifeature.images.image_sets import GENERATOR_VERSION, ImageDesign
from trifeature.information.profile import subset_name
from trifeature.pairs.design import PairDesign
from trifeature.pairs.draw import PairSet
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import LatinArray
from trifeature.samples.tasks import match_task

from .image_samples import ImageSamples
from .paired_images import PairedImages

Dataset = PairedImages | ImageSamples
#: Set of pairs or samples in the names of files → the split whose rows it counts.
SPLIT_OF_SET = {"pretrain": "train", "fit": "train", "score": "test"}


def kind_of(data: Dataset) -> str:
    """What files call the sets: ``pairs``, or ``samples`` of n images."""
    return "pairs" if isinstance(data, PairedImages) else "samples"


def sets_of(data: Dataset) -> dict[str, PairSet]:
    """Set → its pairs or samples."""
    return {"pretrain": data.pretrain, "fit": data.probe_train, "score": data.probe_test}


def table_arrays(data: Dataset) -> dict[str, np.ndarray]:
    """The mapping of pairs, or the permutations of each Latin array, by their names in data.npz."""
    if isinstance(data, PairedImages):
        return {"mapping": data.mapping}
    found = {}
    for rule, array in zip(data.design.latin, data.arrays, strict=True):
        name = f"latin_{match_task(data.design, rule)}"
        found[f"{name}_shifts"] = np.stack(array.shifts)
        found[f"{name}_symbols"] = array.symbols
    return found


def described(
    data: Dataset,
    form: str,
    images: ImageDesign,
    design: PairDesign | SampleDesign,
    seed: int,
) -> dict[str, Any]:
    """The manifest but for its checksums.

    Args:
        data: the dataset.
        form: the format of its files.
        images: the design of the images.
        design: the design of the pretraining pairs or samples.
        seed: the seed.
    """
    kind = kind_of(data)
    counts = images.counts
    return {
        "generator_version": GENERATOR_VERSION,
        "seed": whole_seed(seed),
        "format": form,
        "images": asdict(images),
        kind: asdict(design),
        f"{kind.removesuffix('s')}_sets": {n: len(part) for n, part in sets_of(data).items()},
        "values": {factor: list(NAMES[factor][: counts[factor]]) for factor in FACTORS},
        **_tables(data, design),
        "tasks": {task.name: asdict(task) for task in data.tasks},
        "truth_bits": _bits(data),
    }


def named_mapping(mapping: np.ndarray, design: PairDesign) -> dict[str, str]:
    """The mapping in words, such as ``{"solid": "pink", …}``."""
    names_from, names_to = (NAMES[factor] for factor in design.mapped)
    return {names_from[k]: names_to[value] for k, value in enumerate(mapping.tolist())}


def latin_arrays(plain: dict[str, Any], design: SampleDesign) -> tuple[LatinArray, ...]:
    """The Latin arrays of a manifest, one per Latin rule of its design.

    Raises:
        ValueError: other rules, or entries that make no Latin array.
    """
    names = [match_task(design, rule) for rule in design.latin]
    if not isinstance(plain, dict) or set(plain) != set(names):
        raise ValueError(f"its Latin arrays are those of {', '.join(names) or 'no rule'}")
    try:
        return tuple(
            LatinArray(
                tuple(_whole(shift) for shift in plain[name]["shifts"]),
                _whole(plain[name]["symbols"]),
            )
            for name in names
        )
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("a Latin array has shifts and symbols") from error


def _whole(values: Any) -> np.ndarray:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise ValueError("the shifts and symbols of a Latin array are lists of whole numbers")
    return np.array(values, dtype=np.int64)


def _tables(data: Dataset, design: PairDesign | SampleDesign) -> dict[str, Any]:
    if isinstance(data, PairedImages):
        assert isinstance(design, PairDesign)
        return {"mapping": named_mapping(data.mapping, design)}
    return {
        "latin": {
            match_task(data.design, rule): {
                "shifts": [shift.tolist() for shift in array.shifts],
                "symbols": array.symbols.tolist(),
            }
            for rule, array in zip(data.design.latin, data.arrays, strict=True)
        }
    }


def _bits(data: Dataset) -> dict[str, Any]:
    if isinstance(data, PairedImages):
        return {name: asdict(pid) for name, pid in data.truth.items()}
    return {
        name: {subset_name(subset): bits for subset, bits in profile.bits.items()}
        for name, profile in data.truth.items()
    }

"""Whether a loss tells the samples that obey a rule, in finished runs of three images.

Run with ``python benchmarks/experiments/critic_auc.py RUN_FOLDER ... [--out FILE.csv]``; nothing is
trained. A contrastive loss has a critic, which scores how well the images of a sample fit one
another: CLIP by cosines, Symile by products, GRAM by a volume, TRIANGLE by an area, ConFu by
cosines with fused pairs too, CoMM and InfMasking by the cosines of masked representations with that
of all images, over the masks that the run's weights train. A critic that has learnt a rule scores
samples that obey it higher. The AUC of its scores for the labels S13 and S123 needs no probe: it
says whether a rule was learnt, where a linear probe says whether codes expose it. .5 is chance.
Columns that end in _fit are of images that the method was trained on, the others of held-out ones;
their intervals of 95 % are over the images.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.experiments.finished_runs import IDENTITY, folders_and_table, identity_of
from interaction_probes.baselines.beyond_pairs.gram import gram_volume
from interaction_probes.baselines.beyond_pairs.triangle import triangle_area
from interaction_probes.comm.masks import partial_masks
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.streams import stream
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.method import Method
from interaction_probes.experiment.evaluation.representations import (
    encode_inputs,
    masked_samples,
    pixels,
    rows_of,
)
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.vector_data import probed_vectors
from interaction_probes.probing.intervals import Interval, draw_resample_counts
from interaction_probes.probing.metrics import roc_auc
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples

TASKS = ("S13", "S123")
COLUMNS = tuple(f"{task}{end}" for task in TASKS for end in ("", "_low", "_high", "_fit"))
#: Of the study of three images (three_images.py).
TABLE = Path(__file__).parents[2] / "results" / "three_images" / "critics.csv"

#: A mask → the representations of all samples under it: [N, d].
Represented = Callable[[Collection[int] | None], Tensor]
_ROWS = 256  # samples whose volumes are computed at once, of which the diagonal is kept


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return F.cosine_similarity(a, b, dim=1)


def _cosines(codes: Collection[Tensor]) -> Tensor:
    x, y, z = codes
    return _cosine(x, y) + _cosine(x, z) + _cosine(y, z)


def _clip(represented: Represented, weights: Mapping[str, float]) -> Tensor:
    return _cosines(represented(None).chunk(3, dim=1))


def _symile(represented: Represented, weights: Mapping[str, float]) -> Tensor:
    x, y, z = (F.normalize(codes, dim=1) for codes in represented(None).chunk(3, dim=1))
    return (x * y * z).sum(1)


def _of_diagonal(compared: Callable[[Tensor, Tensor, Tensor], Tensor], codes: Tensor) -> Tensor:
    blocks = codes.split(_ROWS)
    return torch.cat([compared(*block.chunk(3, dim=1)).diagonal() for block in blocks])


def _gram(represented: Represented, weights: Mapping[str, float]) -> Tensor:
    return -_of_diagonal(lambda x, y, z: gram_volume(x, [y, z]), represented(None))


def _triangle(represented: Represented, weights: Mapping[str, float]) -> Tensor:
    return -_of_diagonal(triangle_area, represented(None))


def _confu(represented: Represented, weights: Mapping[str, float]) -> Tensor:
    x, y, z, xy, xz, yz = represented(None).chunk(6, dim=1)
    with_third = _cosine(xy, z) + _cosine(xz, y) + _cosine(yz, x)
    return weights["fused"] * with_third + weights["pair"] * _cosines([x, y, z])


def _fusion(represented: Represented, weights: Mapping[str, float]) -> Tensor:
    """The joint term compares two views of the same images: it is the same whatever they show."""
    masks = {"unimodal": [[0], [1], [2]], "partial": partial_masks(3)}
    whole = represented(None)
    scores = [
        weights[term] * _cosine(represented(mask), whole)
        for term, of_term in masks.items()
        if weights.get(term)
        for mask in of_term
    ]
    return torch.stack(scores).sum(0) if scores else torch.zeros(len(whole))


#: Method → the place of what its loss compares, and its critic: the score of each sample.
CRITICS: Mapping[str, tuple[str, Callable[[Represented, Mapping[str, float]], Tensor]]] = {
    "clip": ("projection", _clip),
    "symile": ("projection", _symile),
    "gram": ("projection", _gram),
    "triangle": ("projection", _triangle),
    "confu": ("fused", _confu),
    "comm": ("projection", _fusion),
    "infmasking": ("projection", _fusion),
}


@torch.no_grad()
@full_float32()
def critic_auc(
    method: Method, data: PairedImages | ImageSamples, config: RunConfig
) -> dict[str, float]:
    """AUC of the critic for the labels S13 and S123: `COLUMNS`.

    Args:
        method: on the CPU; its place is set.
        data: samples of three images.
        config: the run's.

    Raises:
        ValueError: a method without a critic of three images, or another number of them.
    """
    if config.method not in CRITICS or isinstance(data, PairedImages) or config.modalities != 3:
        raise ValueError(
            f"critics of 3 images are known of {', '.join(CRITICS)}, not of {config.method} of "
            f"{config.modalities}"
        )
    place, score = CRITICS[config.method]
    method.eval()
    method.place = method.find_place(place)
    weights = method.terms | config.weights
    found = {}
    fitted, held_out = _inputs(data, config)
    for end, inputs, images, samples in (
        ("_fit", fitted, data.train, data.probe_train),
        ("", held_out, data.test, data.probe_test),
    ):
        with autocast_towers(training_dtype(config.optim, inputs.device), method):
            encoded = encode_inputs(method, inputs, config)
        rows = rows_of(inputs, samples.index)

        def represented(
            present: Collection[int] | None,
            encoded: list[Tensor] = encoded,
            rows: np.ndarray = rows,
        ) -> Tensor:
            return method.combine(masked_samples(encoded, rows, present)).float()

        scores = score(represented, weights).numpy()
        counts = np.ones((1, len(scores)), dtype=np.float32)
        for task in TASKS:
            labels = samples.labels[task]
            found[f"{task}{end}"] = float(roc_auc(labels, scores, counts)[0])
            if not end:
                rng = stream(config.seed, "bootstrap")
                resampled = draw_resample_counts(samples.index, len(images), rng)
                interval = Interval.of(roc_auc(labels, scores, resampled))
                found |= {f"{task}_low": interval.low, f"{task}_high": interval.high}
    return {column: found[column] for column in COLUMNS}


def _inputs(data: ImageSamples, config: RunConfig) -> tuple[Tensor, Tensor]:
    if config.kind == "vectors":
        return probed_vectors(config, data, torch.device("cpu"))
    return pixels(data.train.images), pixels(data.test.images)


def main() -> None:
    """Print a line per run, and write the table."""
    arguments = folders_and_table(__doc__)
    lines = []
    with friendly_errors():
        for path in arguments.folders:
            config, method, data = load_run(path, "cpu")
            scores = critic_auc(method, data, config)
            printed = [f"{column} {scores[column]:.3f}" for column in COLUMNS]
            print(f"{path.name:<50}{'  '.join(printed)}", flush=True)
            lines.append([*identity_of(path, config), *(round(scores[c], 5) for c in COLUMNS)])
            if arguments.out:  # after each, so that one that cannot be read costs no other
                write_atomically(arguments.out, as_csv([*IDENTITY, *COLUMNS], lines))


if __name__ == "__main__":
    main()

"""Whether a loss tells the samples that obey a rule, in finished runs of three images.

Run with ``python benchmarks/experiments/three_images/critic_auc.py RUN_FOLDER ... [--out FILE]``;
nothing is trained. A contrastive loss has a critic, which scores how well the images of a sample
fit one another: CLIP by cosines, Symile by products, GRAM by a volume, TRIANGLE by an area, ConFu
by cosines with fused pairs too, CoMM by the cosines of masked representations with that of all
images, over the masks that the run's weights train. A critic that has learnt a rule
scores samples that obey it higher. The AUC of its scores for the labels S13 and S123 needs no
probe, so that it holds for codes that a linear probe reads side by side as well. It pools samples
that no loss compares, of different shapes for instance, which can lower it but not feign a
rule.

A column without an ending is of held-out combinations, with an interval of 95 % over the images,
and alone speaks of a rule: ``_seen`` is of combinations of the training images, where a critic that
remembers samples scores high as well. ``_untrained`` is the level to compare with: the critic on
held-out combinations before the first step. CoMM's joint term compares two views of the same images
and has no critic: the columns of runs of it alone are empty. BatchNorm of the heads takes
the statistics of the samples under each mask, as the loss does.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.finished_runs.folders import IDENTITY, folders_and_table, identity_of
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
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.vector_data import probed_vectors
from interaction_probes.probing.intervals import Interval, draw_resample_counts
from interaction_probes.probing.metrics import roc_auc
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.settings.config import RunConfig
from interaction_probes.training.loss_terms import term_weights
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.pairs.draw import PairSet

TASKS = ("S13", "S123")
_ENDS = ("", "_low", "_high", "_seen", "_untrained")
COLUMNS = tuple(f"{task}{end}" for task in TASKS for end in _ENDS)
#: Of the study of three images (study.py).
TABLE = Path(__file__).parents[3] / "results" / "three_images" / "critics.csv"

#: A mask → the representations of all samples under it: [N, d].
Represented = Callable[[Collection[int] | None], Tensor]
_ROWS = 256  # about how many volumes are computed at once, of which the diagonal is kept


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
    blocks = codes.tensor_split(max(1, len(codes) // _ROWS))  # none of a single row
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
    masks = {"unimodal": [[0], [1], [2]], "partial": partial_masks(3)}
    whole = represented(None)
    scores = [
        weights[term] * _cosine(represented(mask), whole)
        for term, of_term in masks.items()
        if weights[term]
        for mask in of_term
    ]
    return torch.stack(scores).sum(0) if scores else torch.full((len(whole),), torch.nan)


#: Method → the place of what its loss compares, and its critic: the score of each sample.
CRITICS: Mapping[str, tuple[str, Callable[[Represented, Mapping[str, float]], Tensor]]] = {
    "clip": ("projection", _clip),
    "symile": ("projection", _symile),
    "gram": ("projection", _gram),
    "triangle": ("projection", _triangle),
    "confu": ("fused", _confu),
    "comm": ("projection", _fusion),
}


def critic_auc(
    method: Method, data: PairedImages | ImageSamples, config: RunConfig
) -> dict[str, float]:
    """AUC of the critic for the labels S13 and S123: `COLUMNS`.

    Args:
        method: on the CPU; its place and the mode of its heads are set.
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
    seen, held_out = _inputs(data, config)
    untrained = initialise(type(method), config, 3).to(memory_format=torch.channels_last)
    scores = _scores(method, held_out, data.probe_test, config)
    compared = {
        "_seen": (_scores(method, seen, data.probe_train, config), data.probe_train),
        "_untrained": (_scores(untrained, held_out, data.probe_test, config), data.probe_test),
    }
    rng = stream(config.seed, "bootstrap")
    resampled = draw_resample_counts(data.probe_test.index, len(data.test), rng)
    found = {}
    for task in TASKS:
        labels = data.probe_test.labels[task]
        found[task] = _auc(labels, scores)
        if not np.isnan(found[task]):
            interval = Interval.of(roc_auc(labels, scores, resampled)).including(found[task])
            found |= {f"{task}_low": interval.low, f"{task}_high": interval.high}
        for end, (values, samples) in compared.items():
            found[f"{task}{end}"] = _auc(samples.labels[task], values)
    return {column: found.get(column, np.nan) for column in COLUMNS}


def _auc(labels: np.ndarray, scores: np.ndarray) -> float:
    if np.isnan(scores).any():
        return np.nan
    return float(roc_auc(labels, scores, np.ones((1, len(scores)), dtype=np.float32))[0])


@torch.no_grad()
@full_float32()
def _scores(method: Method, inputs: Tensor, samples: PairSet, config: RunConfig) -> np.ndarray:
    """The critic of every sample: [N]."""
    place, critic = CRITICS[config.method]
    method.eval()
    for layer in method.modules():
        if isinstance(layer, nn.BatchNorm1d):  # of a head; a momentum of 0 keeps what it has
            layer.train()
            layer.momentum = 0.0
    method.place = method.find_place(place)
    with autocast_towers(training_dtype(config.optim, inputs.device), method):
        encoded = encode_inputs(method, inputs, config)
    rows = rows_of(inputs, samples.index)
    found = critic(
        lambda present: method.combine(masked_samples(encoded, rows, present)).float(),
        term_weights(method, config.weights),
    )
    return found.numpy()


def _inputs(data: ImageSamples, config: RunConfig) -> tuple[Tensor, Tensor]:
    if config.kind == "vectors":
        return probed_vectors(config, data, torch.device("cpu"))
    return pixels(data.train.images), pixels(data.test.images)


def _cells(scores: Mapping[str, float]) -> list[object]:
    return ["" if np.isnan(scores[column]) else round(scores[column], 5) for column in COLUMNS]


def main() -> None:
    """Print a line per run, and write the table; a run without a critic is named and left out."""
    arguments = folders_and_table(__doc__)
    lines, failed = [], 0
    with friendly_errors():
        for path in arguments.folders:
            try:
                config, method, data = load_run(path, "cpu")
                scores = critic_auc(method, data, config)
            except ValueError as error:
                print(f"error: {path.name}: {error}", file=sys.stderr)
                failed += 1
                continue
            printed = [f"{column} {scores[column]:.3f}" for column in COLUMNS]
            print(f"{path.name:<50}{'  '.join(printed)}", flush=True)
            lines.append([*identity_of(path, config), *_cells(scores)])
            if arguments.out:  # after each, so that one that cannot be read costs no other
                write_atomically(arguments.out, as_csv([*IDENTITY, *COLUMNS], lines))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

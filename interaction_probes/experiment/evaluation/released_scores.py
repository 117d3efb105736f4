"""Scores by the protocol of the released code: each image of each sample is cropped anew."""

import torch
from torch import Tensor

from interaction_probes.contrast.combining import combined
from interaction_probes.contrast.views.augment import augment
from interaction_probes.probing.released_protocol import CROP, public_probe
from interaction_probes.runtime.torch_streams import torch_stream

from .epoch_probes import EpochProbes
from .representation_rows import basis_and_row
from .representations import ENCODING_BATCH


def score_by_released_protocol(probes: EpochProbes) -> None:
    """Every task by the public code's protocol: each image of each sample cropped anew."""
    with probes.towers():
        features = [_cropped(probes, k, name) for k, name in enumerate(("fit", "score"))]
    spectrum, row = basis_and_row(features, probes.epoch, "public", standardise=False)
    probes.representations.append(row)
    probes.score(
        "public",
        lambda task, labels, scored, split: public_probe(
            (features[0], labels),
            (features[1], scored),
            task.classes,
            split,
            spectrum,
            probes.weights,
        ),
    )


def _cropped(probes: EpochProbes, split: int, name: str) -> Tensor:
    """Representations of samples whose images are each cropped at random."""
    images = probes.images[split]
    index = torch.from_numpy(probes.samples[split].index).to(images.device)
    generator = torch_stream(probes.config.seed, "public probe", name)
    encoded = []
    for m in range(probes.data.modalities):
        parts = []
        for rows in index[:, m].split(ENCODING_BATCH):
            view = augment(images[rows], CROP, generator, probes.config.probe_size)
            parts.append(probes.method.encode(m, view).float())
        encoded.append(torch.cat(parts))
    return combined(probes.method, encoded).float()

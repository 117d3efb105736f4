"""ConFu: images agree in pairs, and fused pairs agree with a third image.

Source: *ConFu*, contrastive fusion, CVPR 2026 (full title and arXiv id are not known here).
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from interaction_probes.baselines.clip import clip_loss, pairwise_clip_loss
from interaction_probes.baselines.cross_modal import CrossModal
from interaction_probes.baselines.late_fusion import concatenate
from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.losses import check_temperature
from interaction_probes.contrast.method import Batch, ModelConfig

#: Two modalities, the lower number first.
Pair = tuple[int, int]
_TEMPERATURE = 0.07


def confu_loss(
    vectors: Sequence[Tensor], fused: Mapping[Pair, Tensor], temperature: float = _TEMPERATURE
) -> Tensor:
    """ConFu's loss: CLIP's loss on every pair, and on every fused pair with a third modality.

    For three modalities, with f_ij the fusion of modalities i and j,

        [½ Σ_k CE-NCE(f_ij, z_k) + ½ Σ_{i<j} CE-NCE(z_i, z_j)] / 6,

    where CE-NCE is :func:`interaction_probes.baselines.clip.clip_loss` at 1 / τ. Of n modalities,
    every fused pair meets each of the other n − 2, and every comparison weighs the same.

    Source: ConFu, CVPR 2026.

    Args:
        vectors: z_m per modality, [N, d] each, row i of each from sample i.
        fused: (i, j) → f_ij [N, d], for every i < j.
        temperature: τ.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: as :func:`fused_term`, τ not positive, or as
            :func:`interaction_probes.baselines.clip.clip_loss`.
    """
    values = {
        "fused": fused_term(vectors, fused, temperature),
        "pair": pairwise_clip_loss(vectors, 1 / temperature),
    }
    weights = weights_of_terms(len(vectors))
    return torch.stack([weights[term] * value for term, value in values.items()]).sum()


def fused_term(
    vectors: Sequence[Tensor], fused: Mapping[Pair, Tensor], temperature: float = _TEMPERATURE
) -> Tensor:
    """CE-NCE(f_ij, z_k), the mean over the pairs i < j and over the k that are neither.

    Args:
        vectors: z_m per modality, [N, d] each.
        fused: (i, j) → f_ij [N, d], for every i < j.
        temperature: τ.

    Raises:
        ValueError: fewer than three modalities, other pairs than these, τ not positive, or as
            :func:`interaction_probes.baselines.clip.clip_loss`.
    """
    check_temperature(temperature)
    if len(vectors) < 3:
        raise ValueError(f"ConFu compares a fused pair with a third modality: not {len(vectors)}")
    if set(fused) != set(_pairs(len(vectors))):
        wanted = ", ".join(map(str, _pairs(len(vectors))))
        raise ValueError(f"ConFu fuses the pairs {wanted}; given: {', '.join(map(str, fused))}")
    compared = [
        clip_loss(f, z, 1 / temperature)
        for pair, f in fused.items()
        for k, z in enumerate(vectors)
        if k not in pair
    ]
    return torch.stack(compared).mean()


def weights_of_terms(modalities: int) -> dict[str, float]:
    """The weights of the means ``pair`` and ``fused``: half of each one's share of comparisons."""
    pairs = len(_pairs(modalities))
    with_third = pairs * (modalities - 2)
    return {
        "pair": 0.5 * pairs / (pairs + with_third),
        "fused": 0.5 * with_third / (pairs + with_third),
    }


def _pairs(modalities: int) -> list[Pair]:
    return list(itertools.combinations(range(modalities), 2))


class ConFu(CrossModal):
    """CLIP on all pairs, plus a fused pair that finds the third image of its sample.

    Terms: ``pair``, the mean over pairs of images; ``fused``, :func:`fused_term`. For three images
    both weigh ¼. The fusion of a pair is a perceptron of two layers on the two encoder outputs,
    concatenated, with `config.dim` hidden and output units, ReLU and dropout .1; each pair has one
    of its own. Views and projections are those of CLIP
    (:class:`interaction_probes.baselines.cross_modal.CrossModal`), τ is .07.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.

    Raises:
        ValueError: fewer than three modalities, or images too small for the tower.
    """

    terms: Mapping[str, float] = {"pair": 1 / 4, "fused": 1 / 4}
    sees: ClassVar[Mapping[str, str]] = {
        "pair": "each pair of images",
        "fused": "each fused pair with each other image",
    }
    capturable = True
    paper = "ConFu, CVPR 2026, arXiv id not known"
    min_modalities: ClassVar[int] = 3
    with_fewer: ClassVar[str] = "with 2 it is CLIP at a fixed temperature"
    places: ClassVar[Mapping[str, str]] = {
        **CrossModal.places,
        "fused": "projected vectors and fused pairs, concatenated",
    }
    #: the share of hidden units that a step leaves out.
    dropout: ClassVar[float] = 0.1

    def __init__(self, config: ModelConfig, modalities: int = 3) -> None:
        super().__init__(config, modalities)
        self.terms = self.terms_for(modalities, {})
        self.fusions = nn.ModuleList(
            nn.Sequential(
                nn.Linear(2 * self.width, config.dim),
                nn.ReLU(inplace=True),
                nn.Dropout(self.dropout),
                nn.Linear(config.dim, config.dim),
            )
            for _ in _pairs(modalities)
        )

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        return weights_of_terms(modalities)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        embedded = [rows.flatten(0, 1) for rows in self.embed_views(batch)]
        vectors = [
            gather(projection(rows))
            for projection, rows in zip(self.projections, embedded, strict=True)
        ]
        values = {}
        if "pair" in terms:
            values["pair"] = pairwise_clip_loss(vectors, 1 / _TEMPERATURE)
        if "fused" in terms:
            fused = {pair: gather(rows) for pair, rows in self.fuse_pairs(embedded)}
            values["fused"] = fused_term(vectors, fused)
        return values

    def fuse_pairs(self, embedded: Sequence[Tensor | None]) -> Iterator[tuple[Pair, Tensor]]:
        """(i, j) and f_ij [n, dim] of every pair of which both encoder outputs are present.

        Args:
            embedded: e_m of each modality, [n, width]; None where one is absent.
        """
        for pair, fusion in zip(_pairs(self.modalities), self.fusions, strict=True):
            both = [rows for m in pair if (rows := embedded[m]) is not None]
            if len(both) == 2:
                yield pair, fusion(torch.cat(both, dim=1))

    def encode(self, modality: int, images: Tensor) -> Tensor:
        # A fusion reads encoder outputs: combine projects and fuses them.
        return (
            self.embed(modality, images)
            if self.place == "fused"
            else super().encode(modality, images)
        )

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        if self.place != "fused":
            return super().combine(encoded)
        projected = [
            projection(rows)
            for projection, rows in zip(self.projections, encoded, strict=True)
            if rows is not None
        ]
        return concatenate([*projected, *(rows for _, rows in self.fuse_pairs(encoded))])

"""InfMasking: the fused pair also agrees with many fusions of which most tokens are masked.

Source: Wen et al., *InfMasking*, NeurIPS 2025, arXiv 2509.25270.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.comm.loss import Views, comm_loss
from interaction_probes.comm.method import CoMM
from interaction_probes.comm.tokens import Tokens
from interaction_probes.contrast.distributed import local_shard, world_size
from interaction_probes.contrast.losses import check_temperature
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.row_blocks import by_rows


def infmasking_loss(
    masked: Sequence[Views] | Tensor,
    joint: Views,
    token_masked: Sequence[Tensor] | Tensor,
    temperature: float = 0.1,
    strength: float = 0.5,
) -> Tensor:
    """InfMasking's loss over n modalities, the mean of n + 3 terms.

    The n + 1 terms of :func:`interaction_probes.comm.loss.comm_loss`, and
    :func:`infinite_masking` of each of the two views:

        [L + Σ_i L_i + M' + M''] / (n + 3).

    Source: Wen et al., NeurIPS 2025, arXiv 2509.25270.

    Args:
        masked: per modality, the projections of the two views under the mask that keeps it alone:
            [N, d] each.
        joint: the projections of the two views, all modalities kept: [N, d] each.
        token_masked: per view, the projections under T masks over the tokens: [T, N, d].
        temperature: τ; .1 is CoMM's.
        strength: λ (e + 1) / E in epoch e of E; λ = .5 is this project's choice, not tuned.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: as :func:`interaction_probes.comm.loss.comm_loss` and :func:`infinite_masking`.
    """
    if len(token_masked) != 2:
        raise ValueError(f"InfMasking masks the tokens of two views, not of {len(token_masked)}")
    comm = comm_loss(masked, joint, temperature) * (len(masked) + 1)
    masks = [
        infinite_masking(joint[view], token_masked[view], temperature, strength)
        for view in range(2)
    ]
    return (comm + torch.stack(masks).sum()) / (len(masked) + 3)


def infinite_masking(
    query: Tensor, masked: Tensor, temperature: float = 0.1, strength: float = 0.5
) -> Tensor:
    """The mask term of one view: infinitely many masks, by the Gaussian of T of them.

    With rows normalised, m_1..m_T of a sample, their mean μ and covariance Σ (1 / T), q its query
    and S = Σ · strength / τ:

        l⁺ = q·μ + ½ qᵀSq
        loss = mean {−l⁺/τ + log [e^{l⁺/τ} + Σ_{t, j≠i} e^{q_i·m_{t,j}/τ} + Σ_{j≠i} e^{q_i·q_j/τ}]}
               + ½ mean qᵀSq / τ

    Σ is never formed: qᵀΣq is the variance of q·m_t over t. Computed in float32 or finer, also
    under autocast.

    Args:
        query: [N, d], the fusion of whole pairs.
        masked: [T, N, d], fusions of the same pairs under T masks.
        temperature: τ.
        strength: λ (e + 1) / E in epoch e of E.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: shapes that differ, rows that are not floating point, N < 2, no mask, or τ not
            positive.
    """
    if query.ndim != 2 or masked.ndim != 3 or masked.shape[1:] != query.shape or not len(masked):
        raise ValueError(
            f"[N, d] queries meet [T, N, d] masked ones, not {[*query.shape]} and {[*masked.shape]}"
        )
    if len(query) < 2:
        raise ValueError("the mask term needs a batch of at least 2: one sample has no negatives")
    if not (query.is_floating_point() and masked.is_floating_point()):
        raise ValueError(f"rows are floating point, not {query.dtype} and {masked.dtype}")
    check_temperature(temperature)
    fine = torch.promote_types(query.dtype, torch.float32)
    q, m = F.normalize(query.to(fine), dim=1), F.normalize(masked.to(fine), dim=2)

    def parts(queries: Tensor, first: int) -> Tensor:
        """Cross-entropy and qᵀSq of the queries from the first on: [2, b]."""
        with torch.autocast(q.device.type, enabled=False):
            with_masked = queries @ m.mT  # q_i·m_{t,j}: [T, b, N]
            with_queries = queries @ q.T
        own = with_masked.diagonal(first, dim1=1, dim2=2)  # q_i·m_{t,i}: [T, b]
        quadratic = own.var(0, correction=0) * strength / temperature
        positive = (own.mean(0) + 0.5 * quadratic) / temperature
        negatives = torch.cat([with_masked, with_queries[None]]) / temperature  # [T + 1, b, N]
        same = torch.zeros_like(with_queries, dtype=torch.bool)
        same.diagonal(first).fill_(True)
        negatives = negatives.masked_fill(same, -torch.inf).transpose(0, 1).flatten(1)
        candidates = torch.cat([positive[:, None], negatives], dim=1)
        return torch.stack([candidates.logsumexp(1) - positive, quadratic])

    entropy, quadratic = by_rows(parts, q, (len(m) + 1) * len(q))
    return entropy.mean() + 0.5 * quadratic.mean() / temperature


class InfMasking(CoMM):
    """CoMM's terms, plus the fused pair against its fusions with 70 % of the tokens masked.

    Terms: CoMM's ``joint`` and ``unimodal``, and ``mask``, the sum over both views of
    :func:`infinite_masking`. The loss is the mean of the n + 1 terms of CoMM and of the two views',
    so each term's default weight is 1 / (n + 3).

    Every mask replaces each token on its own with probability ρ by one learnt vector, which stands
    for its position code too. T = 6 and ρ = .7 are the paper's; λ = .5 is this project's choice,
    not tuned.

    Raises:
        ValueError: as :class:`interaction_probes.comm.method.CoMM`.
    """

    terms: Mapping[str, float] = {"joint": 1 / 5, "unimodal": 1 / 5, "mask": 1 / 5}
    sees: ClassVar[Mapping[str, str]] = {
        "joint": CoMM.sees["joint"],
        "unimodal": CoMM.sees["unimodal"],
        "mask": "all images, with most tokens masked",
    }
    paper = "InfMasking, NeurIPS 2025, arXiv 2509.25270"
    #: T, masks per view and step.
    n_masks: ClassVar[int] = 6
    #: ρ, how likely a token is masked.
    ratio: ClassVar[float] = 0.7
    #: λ, the final weight of the masks' covariance.
    strength: ClassVar[float] = 0.5

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.mask_token = nn.Parameter(torch.randn(config.dim) / math.sqrt(config.dim))

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        return dict.fromkeys(cls.terms, 1 / (modalities + 3))

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        tokens = self.tokenise_views(batch)
        projected = self.project_masks(tokens, terms)
        values = self.compare(projected, terms)
        if "mask" in terms:
            masked = self.project(self.fuse_masked(tokens, batch.generator))  # [T, 2, N, p]
            strength = self.strength * batch.progress
            by_view = [
                infinite_masking(query, masks, self.config.temperature, strength)
                for query, masks in zip(projected[0], masked.transpose(0, 1), strict=True)
            ]
            values["mask"] = torch.stack(by_view).sum()
        return values

    def fuse_masked(
        self, tokens: Sequence[Tokens], generator: torch.Generator | None = None
    ) -> Tensor:
        """Fused representations of every sample under T masks over its tokens: [T, n, d].

        Args:
            tokens: per modality, n samples: the views one after another.
            generator: on the CPU; draws the masks, for the whole batch where processes share it.
        """
        summaries = []
        for of_modality in tokens:
            x = of_modality.x
            n, t = x.shape[0] * world_size(), x.shape[1]
            drawn = torch.rand(self.n_masks, n, t, generator=generator)
            drawn = drawn[:, local_shard(n // self.n_views, self.n_views)]
            keep = (drawn >= self.ratio).to(x.device, non_blocking=True)
            summaries.append(self.fusion.attend_masked(of_modality, keep, self.mask_token))
        return self.fusion.merge(summaries).unflatten(0, (self.n_masks, -1))

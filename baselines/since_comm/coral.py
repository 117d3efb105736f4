"""COrAL: what images share and what each has alone, on paths of their own that are orthogonal.

Source: *COrAL*, 2026, arXiv 2602.14983.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.baselines.late_fusion import concatenate
from interaction_probes.comm.features import fused_features
from interaction_probes.comm.fusion import Fusion
from interaction_probes.comm.initialisation import released_initialisation
from interaction_probes.comm.loss import Views
from interaction_probes.comm.method import FusionMethod
from interaction_probes.contrast.distributed import gather, local_shard, world_size
from interaction_probes.contrast.heads import project_groups, projection_head
from interaction_probes.contrast.losses import check_rows, nce
from interaction_probes.contrast.method import Batch, ModelConfig


def coral_loss(
    shared: Views, unique: Sequence[Views], temperature: float = 0.1, strength: float = 1.0
) -> Tensor:
    """COrAL's loss: NCE(s', s'') + NCE(u_1', u_1'') + NCE(u_2', u_2'') + λ · orthogonality.

    Source: COrAL, arXiv 2602.14983.

    Args:
        shared: projections s', s'' of the shared path, of two views: [N, d] each.
        unique: per modality, the projections u_m', u_m'' of its unique path: [N, d] each.
        temperature: τ.
        strength: λ; 1 is the paper's.

    Returns:
        A scalar.

    Raises:
        ValueError: not two views, or no unique path; else as
            :func:`interaction_probes.contrast.losses.nce`.
    """
    _check(shared, unique)
    paths = torch.stack([nce(z[0], z[1], temperature) for z in (shared, *unique)])
    return paths.sum() + strength * orthogonality(shared, unique)


def orthogonality(shared: Views, unique: Sequence[Views]) -> Tensor:
    """Σ_views [mean cos²(u_1, u_2) + mean cos²(u_1, s) + mean cos²(u_2, s)], means over the batch.

    Computed in float32 or finer.

    Args:
        shared: [N, d] of two views.
        unique: per modality [N, d] of two views.

    Returns:
        A scalar.

    Raises:
        ValueError: as :func:`coral_loss`.
    """
    _check(shared, unique)
    values = []
    for view in range(2):
        paths = [z[view] for z in (*unique, shared)]
        fine = torch.promote_types(paths[0].dtype, torch.float32)
        unit = [F.normalize(rows.to(fine), dim=1) for rows in paths]
        values += [
            (first * second).sum(1).square().mean()
            for k, first in enumerate(unit)
            for second in unit[k + 1 :]
        ]
    return torch.stack(values).sum()


def _check(shared: Views, unique: Sequence[Views]) -> None:
    if len(unique) == 0:
        raise ValueError("COrAL has a unique path for each modality, not none")
    for views in (shared, *unique):
        if len(views) != 2:
            raise ValueError(f"COrAL compares two views of each path, not {len(views)}")
        for rows in views:
            check_rows("COrAL", shared[0], rows)


class COrAL(FusionMethod):
    """InfoNCE of the fused pair and of each image on a path of its own; the paths are orthogonal.

    Terms: ``shared``, two views of the fused pair; ``unique``, the sum over the images of two views
    of each on its unique path; ``orthogonal``, squared cosines between the projections of all
    paths.

    The shared path is CoMM's fusion. In training each token of image 1 is zeroed with probability
    .75 in the first view, each of image 2 in the second. A unique path has a tower of its own, and
    pools its tokens by attention: here a fusion of that image alone. Each path has a head. λ is 1.
    The paper trains at a learning rate of 1e-4 with a weight decay of 1e-3
    (``--optim.lr 1e-4 --optim.weight-decay 1e-3``).

    Raises:
        ValueError: a number of modalities other than two; else as
            :class:`interaction_probes.comm.method.FusionMethod`.
    """

    terms: Mapping[str, float] = {"shared": 1.0, "unique": 1.0, "orthogonal": 1.0}
    sees: ClassVar[Mapping[str, str]] = {
        "shared": "all images, with most tokens of one zeroed in each view",
        "unique": "each image alone",
        "orthogonal": "all images, and each alone",
    }
    paper = "COrAL, 2026, arXiv 2602.14983"
    places: ClassVar[Mapping[str, str]] = {
        "paths": "the shared and the unique paths before the heads, concatenated",
        "shared": "CLS token of the fusion",
        "unique": "the unique paths before the heads, concatenated",
    }
    min_modalities: ClassVar[int] = 2
    max_modalities: ClassVar[int | None] = 2
    #: how likely a token is zeroed.
    ratio: ClassVar[float] = 0.75

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.unique_encoders = nn.ModuleList(self.new_encoder(m) for m in range(modalities))
        self.unique_pools = nn.ModuleList(
            Fusion([self.fused_shape(m)], config.dim, config.heads) for m in range(modalities)
        )
        if config.initialisation == "released":
            for pool in self.unique_pools:
                assert isinstance(pool, Fusion)
                released_initialisation(pool)
        widths = (config.dim, config.dim, config.dim, config.projection)
        self.shared_head = projection_head(widths)
        self.unique_heads = nn.ModuleList(projection_head(widths) for _ in range(modalities))

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        tau, values = self.config.temperature, {}
        if {"shared", "orthogonal"} & {*terms}:
            shared = self._project(self.shared_head, self.fuse_zeroed(batch))
        if {"unique", "orthogonal"} & {*terms}:
            unique = [
                self._project(head, self.embed_unique(m, views.flatten(0, 1)))
                for m, (head, views) in enumerate(zip(self.unique_heads, batch.views, strict=True))
            ]
        if "shared" in terms:
            values["shared"] = nce(shared[0], shared[1], tau)
        if "unique" in terms:
            values["unique"] = torch.stack([nce(z[0], z[1], tau) for z in unique]).sum()
        if "orthogonal" in terms:
            values["orthogonal"] = orthogonality(shared, unique)
        return values

    def fuse_zeroed(self, batch: Batch) -> Tensor:
        """The shared path in training: [2 · N, dim], the views one after another.

        The tokens to zero are drawn on the CPU, for the whole batch where processes share it.
        """
        summaries = []
        for m, tokens in enumerate(self.tokenise_views(batch)):
            rows, t = tokens.x.shape[:2]
            n = rows // self.n_views * world_size()
            drawn = torch.rand(n, t, generator=batch.generator)[local_shard(n)]
            keep = torch.ones(self.n_views, *drawn.shape, dtype=torch.bool)
            keep[m] = drawn >= self.ratio  # image 1 in the first view, image 2 in the second
            on_device = keep.flatten(0, 1)[None].to(tokens.x.device, non_blocking=True)
            zero = self.fusion.cls.new_zeros(self.config.dim)
            summaries.append(self.fusion.attend_masked(tokens, on_device, zero))
        return self.fusion.merge(summaries)

    def embed_unique(self, modality: int, images: Tensor) -> Tensor:
        """u_m before its head: [n, 3, side, side] → [n, dim]."""
        features = self.unique_encoders[modality](images)
        pool = self.unique_pools[modality]
        assert isinstance(pool, Fusion)
        own = fused_features(features, self.config.described(modality))
        return pool.merge([pool.summarise(0, *own)])

    def all_encoders(self) -> Sequence[nn.Module]:
        return [*self.encoders, *self.unique_encoders]

    def _project(self, head: nn.Module, rows: Tensor) -> Tensor:
        """Projections of two views: [2 · N, dim] → [2, N, projection].

        Of the whole batch, where processes share it.
        """
        assert isinstance(head, nn.Sequential)
        return gather(project_groups(head, rows.unflatten(0, (self.n_views, -1))), dim=1)

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return torch.cat(
            [super().encode(modality, images), self.embed_unique(modality, images)], dim=1
        )

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        dim = self.config.dim
        unique = concatenate([None if rows is None else rows[:, -dim:] for rows in encoded])
        if self.place == "unique":
            return unique
        shared = super().combine([None if rows is None else rows[:, :-dim] for rows in encoded])
        return shared if self.place == "shared" else torch.cat([shared, unique], dim=1)

"""DisentangledSSL: first codes of what two images share, then codes of what each has alone.

Source: Wang et al., *An information criterion for controlled disentanglement of multimodal data*,
ICLR 2025, arXiv 2410.23996.
"""

import contextlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from interaction_probes.baselines.late_fusion import LateFusion, concatenate, flatten_windows
from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.heads import project_groups, projection_head
from interaction_probes.contrast.losses import nce
from interaction_probes.contrast.method import Batch, ModelConfig

from .disentangled_losses import TEMPERATURE, agreement, mean_distance, overlap, unit_rows

_STEP_1, _STEP_2 = ("shared", "compression"), ("specific", "orthogonality")


class DisentangledSSL(LateFusion):
    """Step 1: codes that two images share. Step 2: codes of each image that are unlike those.

    Step 1 trains ``shared``, NCE between samples of the shared codes of both images, and
    ``compression``, β's term, in the epochs of the first half of a training (`progress` up to ½).
    Step 2 freezes its parts, which then neither learn nor follow the statistics of batches, and
    trains towers and heads of its own: ``specific``, the NCE between two views of an image, and
    ``orthogonality``, λ's term. The terms of the step that is not on are 0 and have no gradient.

    The mean of a shared code is a perceptron of e_m, of unit length. A sample adds Gaussian noise
    of variance 1 / κ and is scaled to unit length: a von Mises-Fisher distribution for a large κ.
    A specific code is a perceptron of [e'_m; z_sm], with e'_m a further tower and linear layer, and
    z_sm the mean. Every code is `config.projection` wide, and the probe reads means. With two views
    per image, step 1 takes the mean over both.

    The paper leaves β and λ to each data set. Here both are .1, by trials of the quick preset; κ =
    1000 is this project's choice, not tuned. Either step has a warm-up and a schedule of its own,
    over half the epochs of a training; of an odd number step 2 has one more.

    Args:
        config: the parts that the method is built from.
        modalities: two.

    Raises:
        ValueError: a number of modalities other than two, or images too small for the tower.
    """

    terms: Mapping[str, float] = {
        **{"shared": 1.0, "compression": 0.1},
        **{"specific": 1.0, "orthogonality": 0.1},
    }
    sees: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(_STEP_1, "both images"),
        **dict.fromkeys(_STEP_2, "each image alone"),
    }
    paper = "DisentangledSSL, ICLR 2025, arXiv 2410.23996"
    min_modalities: ClassVar[int] = 2
    max_modalities: ClassVar[int | None] = 2
    places: ClassVar[Mapping[str, str]] = {
        "codes": "shared codes of all images, then specific codes",
        "shared": "shared codes, concatenated",
        "specific": "specific codes, concatenated",
    }
    ignores: ClassVar[tuple[str, ...]] = (*LateFusion.ignores, "model.temperature")
    phases: ClassVar[int] = 2
    #: κ, the concentration of the shared codes around their means.
    concentration: ClassVar[float] = 1000.0

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        widths = (self.width, config.dim, config.projection)
        self.shared_heads = nn.ModuleList(projection_head(widths) for _ in range(modalities))
        self.specific_encoders = nn.ModuleList(self.new_encoder(m) for m in range(modalities))
        self.specific_linears = nn.ModuleList(
            nn.Linear(math.prod(shape), self.width) for shape in self.feature_shapes
        )
        widths = (self.width + config.projection, config.dim, config.projection)
        self.specific_heads = nn.ModuleList(projection_head(widths) for _ in range(modalities))

    def all_encoders(self) -> Sequence[nn.Module]:
        return [*self.encoders, *self.specific_encoders]

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        step_1 = batch.progress <= 1 / self.phases
        asked = {*terms} & {*(_STEP_1 if step_1 else _STEP_2)}
        step = self._step_1 if step_1 else self._step_2
        values = step(batch, asked) if asked else {}
        # A leaf of its own: a training whose terms are all off goes on, and changes nothing.
        off = torch.zeros((), device=batch.views[0].device, requires_grad=True)
        return {term: values.get(term, off) for term in terms}

    def _step_1(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        means = [gather(mean, dim=1) for mean in self._shared_views(batch)]
        values = {}
        if "shared" in terms:
            samples = [self._sample(of_modality, batch.generator) for of_modality in means]
            pairs = zip(*samples, strict=True)
            values["shared"] = torch.stack([nce(a, b, TEMPERATURE) for a, b in pairs]).mean()
        if "compression" in terms:
            pairs = zip(*means, strict=True)
            values["compression"] = torch.stack([mean_distance(a, b) for a, b in pairs]).mean()
        return values

    def _step_2(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        with torch.no_grad(), self._frozen_step_1():
            shared = self._shared_views(batch)
        specific = [
            gather(self._specific_views(m, views, z_s), dim=1)
            for m, (views, z_s) in enumerate(zip(batch.views, shared, strict=True))
        ]
        shared = [gather(z_s, dim=1) for z_s in shared]
        values = {}
        if "specific" in terms:
            agreements = [agreement([*z_s], [*z]) for z_s, z in zip(shared, specific, strict=True)]
            values["specific"] = torch.stack(agreements).sum()
        if "orthogonality" in terms:
            overlaps = [
                overlap(*views)
                for z, z_s in zip(specific, shared, strict=True)
                for views in zip(z, z_s, strict=True)
            ]
            values["orthogonality"] = 0.5 * torch.stack(overlaps).sum() / self.n_views
        return values

    def _shared_views(self, batch: Batch) -> list[Tensor]:
        """Means of the shared codes of every view: [n_views, N, projection] per modality."""
        return [
            unit_rows(project_groups(head, embedded))
            for head, embedded in zip(self.shared_heads, self.embed_views(batch), strict=True)
        ]

    def _sample(self, means: Tensor, generator: torch.Generator | None) -> Tensor:
        """A sample around every mean, of the whole batch: [n_views, N, projection]."""
        noise = torch.randn(means.shape, generator=generator).to(means)
        return unit_rows(means + noise / math.sqrt(self.concentration))

    def _specific_views(self, modality: int, views: Tensor, shared: Tensor) -> Tensor:
        """Specific codes of every view of one modality: [n_views, N, projection]."""
        embedded = self._embed_specific(modality, views.flatten(0, 1)).unflatten(0, views.shape[:2])
        joined = torch.cat([embedded, shared.to(embedded.dtype)], dim=2)
        return unit_rows(project_groups(self.specific_heads[modality], joined))

    def _embed_specific(self, modality: int, images: Tensor) -> Tensor:
        """e'_m(x), by the tower and the linear layer of step 2: [n, width]."""
        features = flatten_windows(
            self.specific_encoders[modality](images), self.feature_shapes[modality]
        )
        embedded: Tensor = self.specific_linears[modality](features)
        return embedded

    @contextlib.contextmanager
    def _frozen_step_1(self) -> Iterator[None]:
        """BatchNorm of step 1's parts uses its running statistics and leaves them as they are."""
        parts = (self.encoders, self.linears, self.shared_heads)
        for part in parts:
            part.eval()
        try:
            yield
        finally:
            for part in parts:
                part.train(self.training)

    def encode(self, modality: int, images: Tensor) -> Tensor:
        shared = unit_rows(self.shared_heads[modality](self.embed(modality, images)))
        if self.place == "shared":
            return shared
        embedded = self._embed_specific(modality, images)
        joined = torch.cat([embedded, shared.to(embedded.dtype)], dim=1)
        specific = unit_rows(self.specific_heads[modality](joined))
        return specific if self.place == "specific" else torch.cat([shared, specific], dim=1)

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        if self.place != "codes":
            return concatenate(encoded)
        halves = [rows.chunk(2, dim=1) for rows in encoded if rows is not None]
        return concatenate([shared for shared, _ in halves] + [specific for _, specific in halves])

"""CoMM as a method: towers, fusion, head and the named terms of its loss."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor

from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.heads import project_groups, projection_head
from interaction_probes.contrast.method import Batch, Method, ModelConfig

from .features import fused_features, fused_shape
from .folded_attention import FoldedAttention
from .fusion import Fusion
from .initialisation import released_initialisation
from .loss import masked_terms
from .masks import partial_masks
from .tokens import Summary, Tokens


class FusionMethod(Method):
    """Towers and one fusion of their feature maps: what CoMM and its relatives are built on.

    Args:
        config: the parts that the method is built from.
        modalities: n.

    Raises:
        ValueError: no modality, images too small for the tower, or a width that the heads do not
            divide.
    """

    places: ClassVar[Mapping[str, str]] = {"fused": "CLS token of the fusion"}

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        shapes = [self.fused_shape(m) for m in range(modalities)]
        self.fusion = Fusion(shapes, config.dim, config.heads)
        if config.initialisation == "released":
            released_initialisation(self.fusion)

    def tokenise_views(self, batch: Batch) -> list[Tokens]:
        """The tokens of every modality, its views one after another: n_views · N samples each."""
        attention = self.fusion.fold_attention()
        return [
            self.tokenise(m, views.flatten(0, 1), attention)
            for m, views in zip(range(len(self.encoders)), batch.views, strict=True)
        ]

    def tokenise(
        self, modality: int, samples: Tensor, attention: FoldedAttention | None = None
    ) -> Tokens:
        """The tokens of one modality's samples."""
        features = self.encoders[modality](samples)
        tokens, valid = fused_features(features, self.config.described(modality))
        return self.fusion.tokenise(modality, tokens, valid, attention)

    def fused_shape(self, modality: int) -> tuple[int, ...]:
        """The shape that a fusion is declared for a modality's features."""
        return fused_shape(self.feature_shapes[modality], self.config.described(modality))

    def read_views(self, batch: Batch) -> list[Tokens]:
        """The earlier name of :meth:`tokenise_views`, for methods that were written for it."""
        warnings.warn("read_views is now tokenise_views", DeprecationWarning, stacklevel=2)
        return self.tokenise_views(batch)

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return self.fusion.attend(self.tokenise(modality, images)).flatten()

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        present = [
            Summary.unflatten(rows, self.config.heads) for rows in encoded if rows is not None
        ]
        return self.fusion.merge(present)


class CoMM(FusionMethod):
    """InfoNCE between two views of the fused pair, and of each image alone with the fused pair.

    Contrastive multimodal learning of the shared, unique and synergistic information. Terms, for n
    modalities: ``joint`` is L, every modality against every modality; ``unimodal`` is Σ L_i, each
    modality alone against all. The paper's loss is the mean over these n + 1 masks, so each term's
    default weight is 1 / (n + 1).

    From three modalities on there are 2ⁿ − n − 2 masks between: ``partial`` is the sum of L_A over
    every mask A of two or more modalities, but not of all. The paper has no such term, and its
    weight is 0; at 1 / (n + 1) too, all 2ⁿ − 1 masks weigh alike.

    Args:
        config: the parts that the method is built from.
        modalities: n.

    Raises:
        ValueError: no modality, images too small for the tower, or a width that the heads do not
            divide.
    """

    terms: Mapping[str, float] = {"joint": 1 / 3, "unimodal": 1 / 3, "partial": 0.0}
    sees: ClassVar[Mapping[str, str]] = {
        "joint": "all images",
        "unimodal": "each image alone, with all",
        "partial": "each mask of 2 to n − 1 images, with all, for n ≥ 3",
    }
    paper = "CoMM, ICLR 2025, arXiv 2409.07402"
    capturable = True
    places: ClassVar[Mapping[str, str]] = {
        **FusionMethod.places,
        "projection": "what the loss compares",
    }

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.terms = self.terms_for(modalities, {})
        self.head = projection_head((config.dim, config.dim, config.dim, config.projection))

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        return {
            term: 0.0 if term == "partial" else 1 / (modalities + 1)
            for term in cls.terms
            if term != "partial" or modalities > 2
        }

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        projected = self.project_masks(self.tokenise_views(batch), terms)
        return self.compare(projected, terms)

    def project_masks(self, tokens: Sequence[Tokens], terms: Collection[str]) -> Tensor:
        """Projections under the masks that terms need: [masks, 2, N, projection], joint first.

        The masks of single modalities follow, then those of ``partial``.
        """
        modalities = range(len(self.encoders))
        masks: list[Collection[int]] = [modalities]
        if "unimodal" in terms:
            masks += [[m] for m in modalities]
        if "partial" in terms:
            masks += partial_masks(len(self.encoders))
        return self.project(self.fusion.merge([self.fusion.attend(t) for t in tokens], masks))

    def project(self, fused: Tensor) -> Tensor:
        """Projections of representations of two views, k times: [k, 2 · N, d] → [k, 2, N, p].

        Of the whole batch, where processes share it.
        """
        groups = fused.unflatten(1, (self.n_views, -1))
        projected = project_groups(self.head, groups.flatten(0, 1)).unflatten(0, groups.shape[:2])
        return gather(projected, dim=2)

    def compare(self, projected: Tensor, terms: Collection[str]) -> dict[str, Tensor]:
        """CoMM's terms, those of them that are asked for, from :meth:`project_masks`."""
        joint = int("joint" in terms)
        alone = len(self.encoders) if "unimodal" in terms else 0
        compared = projected[1 - joint :]
        if not len(compared):  # of a method whose further terms alone are asked for
            return {}
        found = masked_terms(compared, projected[0], self.config.temperature)
        by_term = zip(
            ("joint", "unimodal", "partial"),
            found.split([joint, alone, len(found) - joint - alone]),
            strict=True,
        )
        return {term: of_masks.sum() for term, of_masks in by_term if term in terms}

    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        fused = super().combine(encoded)
        projected: Tensor = self.head(fused) if self.place == "projection" else fused
        return projected


def __getattr__(name: str) -> Any:
    """The earlier name of :class:`FusionMethod`, for methods that were written for it."""
    if name != "Fused":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn("Fused is now FusionMethod", DeprecationWarning, stacklevel=2)
    return FusionMethod

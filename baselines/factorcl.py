"""FactorCL: shared and unique information, each by a lower and an upper bound.

Source: Liang et al., *Factorized contrastive learning*, NeurIPS 2023, arXiv 2306.05268, the
self-supervised form (FactorCL-SSL).
"""

from collections.abc import Collection, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from interaction_probes.contrast.distributed import gather
from interaction_probes.contrast.losses import club_upper_bound, infonce_lower_bound
from interaction_probes.contrast.method import Batch, ModelConfig

from .critics import Critic
from .late_fusion import LateFusion

#: term → the letter of its pair of heads in the equation.
_HEADS = {
    "shared_nce": "h",
    "shared_club": "g",
    "unique1_nce": "u",
    "unique2_nce": "u",
    "conditional_nce": "k",
    "conditional_club": "d",
}
_CLUB = ("shared_club", "conditional_club")


def factorcl_loss(scores: Mapping[str, Tensor]) -> Tensor:
    """FactorCL-SSL's loss from the scores of its six critics, the sum of six signed bounds.

        − I_NCE(shared_nce) + I_CLUB(shared_club) − I_NCE(unique1_nce) − I_NCE(unique2_nce)
        − I_NCE(conditional_nce) + I_CLUB(conditional_club)

    The bounds are :func:`interaction_probes.contrast.losses.infonce_lower_bound` and
    :func:`interaction_probes.contrast.losses.club_upper_bound`. The critics of the two CLUB terms
    have to be held fixed here and fitted beside it by −I_NCE, as :class:`FactorCL` does.

    Source: Liang et al., NeurIPS 2023, arXiv 2306.05268.

    Args:
        scores: term → its critic's scores f(x_i, y_j) of all pairs in the batch, [N, N], for the
            six terms above.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: other terms than the six, or scores that are not [N, N] with N of at least 2.
    """
    if set(scores) != set(_HEADS):
        raise ValueError(f"FactorCL's terms are {', '.join(_HEADS)}, not {', '.join(scores)}")
    return torch.stack([signed_bound(term, scores[term]) for term in _HEADS]).sum()


def signed_bound(term: str, scores: Tensor) -> Tensor:
    """One term of the loss: −I_NCE, which is to rise, or I_CLUB, which is to fall.

    Args:
        term: its name; those that end in ``club`` are I_CLUB.
        scores: [N, N], f(x_i, y_j) in row i and column j.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: scores that are not [N, N] with N of at least 2.
    """
    return club_upper_bound(scores) if term in _CLUB else -infonce_lower_bound(scores)


class FactorCL(LateFusion):
    """Bounds on shared and unique information: I_NCE where it is to rise, I_CLUB where to fall.

    With x⁺ the second view of an image x, ten two-layer heads and six critics, it minimises

        − I_NCE(h1 x1, h2 x2) + I_CLUB(g1 x1, g2 x2) − I_NCE(u1 x1, u1 x1⁺) − I_NCE(u2 x2, u2 x2⁺)
        − I_NCE([k1 x1; k1 x1⁺], [k2 x2; k2 x2⁺]) + I_CLUB([d1 x1; d1 x1⁺], [d2 x2; d2 x2⁺]),

    one named term each, in this order, with its sign. The critics of the two CLUB terms are fixed
    there; the seventh term, ``critics``, fits them by −I_NCE on detached representations, once per
    step. e_m is `config.dim` wide (512 at the paper's scale), and so are all hidden layers; the
    heads end in `config.projection`. The paper trains with Adam at 1e-4 (``--optim.lr 1e-4``).

    The authors' released code for synthetic data concatenates x with itself in the last term; this
    follows the equation, which has x and x⁺.

    Raises:
        ValueError: a number of modalities other than two, or images too small for the tower.
    """

    terms: Mapping[str, float] = {**dict.fromkeys(_HEADS, 1.0), "critics": 1.0}
    # The cross terms rise faster than at 6e-3 (I_NCE of the shared heads .71 against .57 nats after
    # 125 steps of the quick preset, seed 1000, one run each).
    highest_lr = 2e-3
    capturable = True
    paper = "FactorCL, NeurIPS 2023, arXiv 2306.05268"
    min_modalities: ClassVar[int] = 2
    max_modalities: ClassVar[int | None] = 2
    sees: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(_HEADS, "both images"),
        "unique1_nce": "image 1 alone",
        "unique2_nce": "image 2 alone",
        "critics": "both images",
    }
    places: ClassVar[Mapping[str, str]] = {
        "heads": "all ten heads, concatenated",
        **LateFusion.places,
    }
    ignores: ClassVar[tuple[str, ...]] = (*LateFusion.ignores, "model.temperature")

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities, width=config.dim)
        dim, out = config.dim, config.projection

        def head() -> nn.Sequential:
            return nn.Sequential(nn.Linear(dim, dim), nn.ReLU(inplace=True), nn.Linear(dim, out))

        self.heads = nn.ModuleDict(
            {letter: nn.ModuleList([head(), head()]) for letter in dict.fromkeys(_HEADS.values())}
        )
        widths = {term: out * (2 if term.startswith("conditional") else 1) for term in _HEADS}
        self.critics = nn.ModuleDict({term: Critic(width, dim) for term, width in widths.items()})

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        embedded = self.embed_views(batch)
        # The fit of the CLUB critics needs what those terms compare.
        needed = {*terms} - {"critics"} | {*(_CLUB if "critics" in terms else ())}
        compared = {term: self._compared(term, embedded) for term in _HEADS if term in needed}
        values = {}
        for term in terms:
            if term == "critics":
                fitted = [
                    infonce_lower_bound(self.critics[club](x.detach(), y.detach()))
                    for club, (x, y) in compared.items()
                    if club in _CLUB
                ]
                values[term] = -torch.stack(fitted).sum()
            else:
                critic: Critic = self.critics[term]  # type: ignore[assignment]
                score = critic.frozen if term in _CLUB else critic
                values[term] = signed_bound(term, score(*compared[term]))
        return values

    def encode(self, modality: int, images: Tensor) -> Tensor:
        embedded = self.embed(modality, images)
        if self.place == "encoder":
            return embedded
        return torch.cat([pair[modality](embedded) for pair in self._head_pairs().values()], dim=1)

    def _compared(self, term: str, embedded: list[Tensor]) -> tuple[Tensor, Tensor]:
        """What a term compares, from e_m of the views: [2, N, dim] per modality.

        Of the whole batch, where processes share it.
        """
        heads = self._head_pairs()[_HEADS[term]]
        if term.startswith("unique"):
            modality = int(term[len("unique")]) - 1
            first, second = heads[modality](embedded[modality])
        elif term.startswith("conditional"):
            first, second = (torch.cat([*heads[m](embedded[m])], dim=1) for m in range(2))
        else:
            first, second = (heads[m](embedded[m][0]) for m in range(2))
        return gather(first), gather(second)

    def _head_pairs(self) -> dict[str, nn.ModuleList]:
        return {k: pair for k, pair in self.heads.items() if isinstance(pair, nn.ModuleList)}

"""A method of a few parameters, as a user would write one: for tests that train."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from interaction_probes.contrast.method import Batch, Method, ModelConfig


class Tiny(Method):
    """Two augmented views of an image agree; both images of a pair agree."""

    terms = {"views": 1.0, "pairs": 0.5}  # noqa: RUF012

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.heads = nn.ModuleList(nn.Linear(self.feature_shape[0], 8) for _ in range(modalities))

    def _embed(self, modality: int, images: Tensor) -> Tensor:
        return self.heads[modality](self.encoders[modality](images).mean((2, 3)))

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        first, second = (
            torch.stack([self._embed(m, view) for view in views])
            for m, views in enumerate(batch.views)
        )
        values = {
            "views": (first[0] - first[1]).square().mean(),
            "pairs": (first - second).square().mean(),
        }
        return {term: values[term] for term in terms}

    def encode(self, modality: int, images: Tensor) -> Tensor:
        return self._embed(modality, images)

    def combine(self, encoded) -> Tensor:
        return torch.cat([part for part in encoded if part is not None], dim=1)


class Untrained(Tiny):
    """A floor: no loss terms."""

    terms = {}  # noqa: RUF012


class Inseparable(Tiny):
    """It represents pairs only."""

    def combine(self, encoded) -> Tensor:
        if any(part is None for part in encoded):
            raise NotImplementedError
        return super().combine(encoded)


class Careless(Tiny):
    """It does not know that a modality may be absent."""

    def combine(self, encoded) -> Tensor:
        return torch.cat(list(encoded), dim=1)


class Forgetful(Tiny):
    """It represents a pair by its second image."""

    def combine(self, encoded) -> Tensor:
        return encoded[1]


class Detached(Tiny):
    """Its loss has lost its gradient."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        return {term: value.detach() for term, value in super().loss(batch, terms).items()}


class Collapsed(Tiny):
    """Every pair looks the same to it."""

    def combine(self, encoded) -> Tensor:
        return torch.ones_like(super().combine(encoded))


class Collapsing(Tiny):
    """Every pair looks the same to it in the second epoch, and no longer in the third."""

    progress = 0.0

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        self.progress = batch.progress
        return super().loss(batch, terms)

    def combine(self, encoded) -> Tensor:
        found = super().combine(encoded)
        return torch.ones_like(found) if 0.4 < self.progress < 0.9 else found


class Onesided(Tiny):
    """It reads image 2 only: image 1 alone is the same for every pair."""

    def combine(self, encoded) -> Tensor:
        first, second = encoded
        return torch.zeros_like(first) if second is None else second


class Exploded(Tiny):
    """Its representation overflows."""

    def combine(self, encoded) -> Tensor:
        return super().combine(encoded) * float("inf")


class Broken(Tiny):
    """Its loss is not a number from the third step on."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        self.steps = getattr(self, "steps", 0) + 1
        values = super().loss(batch, terms)
        return {k: v * (float("nan") if self.steps > 2 else 1) for k, v in values.items()}


class Disobedient(Tiny):
    """It returns a term that nobody asked for."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        return super().loss(batch, ["views", "pairs"])


class Normed(Tiny):
    """Its towers keep running statistics, and each term draws from the global random state."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        values = super().loss(batch, terms)
        return {k: v * (1 + torch.rand(())) for k, v in values.items()}


class Curious(Tiny):
    """It writes down what a batch brings along."""

    terms = {"views": 1.0}  # noqa: RUF012

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.seen = []

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        drawn = torch.rand(2, generator=batch.generator).tolist()
        self.seen.append((batch.progress, drawn, dict(batch.labels)))
        return super().loss(batch, terms)


class Vector(Tiny):
    """One of its terms is no scalar."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        return {term: value[None] for term, value in super().loss(batch, terms).items()}


class Listed(Tiny):
    """It returns its terms without their names."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        return list(super().loss(batch, terms).values())


class Blind(Tiny):
    """It forgets to return its views."""

    def views(self, config):
        return None


class Killed(Tiny):
    """Its process is killed, as by a system out of memory."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)
        return {}


class Logged(Tiny):
    """It takes its time and writes down who trains whom: parameters, progress, process, parent."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.identity = f"{float(self.heads[0].weight.detach().sum()):.6f}"

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        import os
        import time

        with open(os.environ["TINY_LOG"], "a") as log:
            print(self.identity, batch.progress, os.getpid(), os.getppid(), file=log)
        time.sleep(0.3)
        return super().loss(batch, terms)


class Unpacking(Tiny):
    """It was written for three modalities."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        _, _, _ = batch.views
        return {}


class Dropping(Tiny):
    """It draws from torch's global random state, as dropout does."""

    def loss(self, batch: Batch, terms) -> dict[str, Tensor]:
        dropped = [nn.functional.dropout(view, 0.5) for view in batch.views]
        return super().loss(replace(batch, views=dropped), terms)


class Weighing(Tiny):
    """An instance has weights of its own."""

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__(config, modalities)
        self.terms = {"views": 1.0}

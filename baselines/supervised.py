"""A ceiling: CoMM's model learns the tasks from their labels."""

import re
from collections.abc import Collection, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.comm.method import FusionMethod
from interaction_probes.contrast.method import Batch, ModelConfig

#: task → number of classes of the benchmark as published.
_CLASSES: Mapping[str, int] = {"R": 10, "U1": 10, "U2": 10, "S": 2}


def classification(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of the labels, in float32 or finer.

    Args:
        logits: [N, classes].
        labels: int64 [N].

    Returns:
        A scalar in nats.
    """
    return F.cross_entropy(logits.to(torch.promote_types(logits.dtype, torch.float32)), labels)


def _match_weight(task: str, classes: int) -> float:
    """The weight of a task that the two-image benchmark has not: 4 for a synergy bit, as for S."""
    return 4.0 if re.fullmatch(r"S[\dto-]*", task) and classes == 2 else 1.0


def _module_name(task: str) -> str:
    """The name of a task's classifier; a user's label may have that of an attribute of modules."""
    return f"{task}_" if hasattr(nn.ModuleDict(), task) else task


class Supervised(FusionMethod):
    """Cross-entropy of every task's labels: a ceiling, not a self-supervised method.

    CoMM's towers and fusion with a linear classifier per task; one term per task, of weight 1, but
    of 4 for S and its like of more images (S13, S123: one label in ten is 1 there, so that the
    cross-entropy is small from the start). It
    learns from two augmented views, each with the labels, as many images a step as CoMM's, and from
    unbiased pairs only: in biased pairs S has a single label.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.
        classes: task name → number of classes.

    Raises:
        ValueError: no modality, no label with classes, images too small for the tower, a width that
            the heads do not divide, or a batch without the labels of a task.
    """

    terms: Mapping[str, float] = {"R": 1.0, "U1": 1.0, "U2": 1.0, "S": 4.0}
    sees: ClassVar[Mapping[str, str]] = dict.fromkeys(
        terms, "all images; of more than two, or of a dataset, its tasks or labels are the terms"
    )
    # At 6e-3, one view and equal weights it learnt nothing of S (quick preset, one run).
    highest_lr = 2e-3
    capturable = True
    sees_labels = True
    pairs: ClassVar[tuple[str, ...]] = ("unbiased",)
    ignores: ClassVar[tuple[str, ...]] = ("model.projection", "model.temperature")

    def __init__(
        self, config: ModelConfig, modalities: int = 2, classes: Mapping[str, int] = _CLASSES
    ) -> None:
        super().__init__(config, modalities)
        if not classes:
            raise ValueError(
                f"{type(self).__name__} learns labels that are one of several classes, and these "
                "data have none"
            )
        self.terms = self.terms_for(modalities, classes)
        self.classifiers = nn.ModuleDict(
            {_module_name(task): nn.Linear(config.dim, number) for task, number in classes.items()}
        )

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        return {
            task: cls.terms.get(task, _match_weight(task, number))
            for task, number in classes.items()
        }

    @classmethod
    def build(
        cls, config: ModelConfig, classes: Mapping[str, int], modalities: int = 2
    ) -> "Supervised":
        return cls(config, modalities, classes)

    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        labels = batch.labels or {}
        for task in terms:
            if task not in labels:
                raise ValueError(f"this method learns from labels, and task {task} came without")
        fused = self.fusion.merge(
            [self.fusion.attend(tokens) for tokens in self.tokenise_views(batch)]
        )
        return {
            task: classification(
                self.classifiers[_module_name(task)](fused), labels[task].repeat(self.n_views)
            )
            for task in terms
        }

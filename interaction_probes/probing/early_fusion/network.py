"""A network that learns one label from raw features, and what it makes of them as features."""

import copy
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.probing.labels.result import LabelKind
from interaction_probes.probing.standardiser import CollapsedError, FeatureScale
from interaction_probes.runtime.adamw import AdamW
from interaction_probes.runtime.threads import threads_for

HIDDEN_UNITS = 256
DROPOUT = 0.5
BATCH_SIZE = 100
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2
EPOCHS = 60
#: Epochs without a lower validation loss after which training ends.
PATIENCE = 10
#: A hidden unit of a network for real numbers counts where its spread over the training rows is at
#: least this share of the units' root mean square.
LEAST_SPREAD = 0.1


class EarlyFusionNetwork(nn.Module):
    """Two hidden layers of 256 ReLUs with dropout of a half after each, and a linear output.

    Args:
        inputs: number of features.
        outputs: classes, columns of a multi-label, or real numbers.
        generator: of the CPU; draws the weights and the dropout.
    """

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, HIDDEN_UNITS)
        self.second = nn.Linear(HIDDEN_UNITS, HIDDEN_UNITS)
        self.output = nn.Linear(HIDDEN_UNITS, outputs)
        self._generator = generator
        for layer in (self.first, self.second, self.output):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)

    def hidden(self, features: Tensor) -> Tensor:
        """The second hidden layer: [n, inputs] → [n, 256]."""
        return F.relu(self.second(self._drop(F.relu(self.first(features)))))

    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.output(self._drop(self.hidden(features)))
        return found

    def _drop(self, hidden: Tensor) -> Tensor:
        if not self.training:
            return hidden
        drawn = torch.rand(hidden.shape, generator=self._generator) >= DROPOUT
        return hidden * drawn / (1 - DROPOUT)


def supervised_features(
    kind: LabelKind,
    features: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    generator: torch.Generator,
) -> list[np.ndarray]:
    """The raw features beside the last hidden layer of a network that learnt a label from them.

    The raw features are part of it, since few rows teach a network less of what is linear in them
    than a linear probe reads off.

    AdamW on the training rows: cross-entropy of classes and of each column of a multi-label,
    squared error of standardised real numbers. The weights are those of the epoch with the least
    validation loss; training ends 10 epochs after it, or after 60. On the CPU, in float32.

    Args:
        kind: of the label.
        features: [n, d] of the training, the validation and the test rows; they are standardised by
            the training rows, and 0 where they are constant there.
        labels: of the training and the validation rows, as
            :func:`interaction_probes.probing.labels.label_parts.read_parts` gives them.
        generator: of the CPU; draws weights, order and dropout.

    Returns:
        float32 [n, d + 256] of each part; features that are all constant give constants. Of a label
        of real numbers hidden units that hardly vary over the training rows are 0.
    """
    parts = [torch.as_tensor(np.asarray(part), dtype=torch.float32) for part in features]
    try:
        scale = FeatureScale.of(parts[0])
    except CollapsedError:
        width = parts[0].shape[1] + HIDDEN_UNITS
        return [np.zeros((len(part), width), dtype=np.float32) for part in parts]
    scaled = [scale.zeroed(part) for part in parts]
    train, validation = _targets(kind, labels)
    outputs = int(train.max()) + 1 if kind == "classes" else train.shape[1]
    network = EarlyFusionNetwork(scaled[0].shape[1], outputs, generator)
    with torch.enable_grad(), threads_for(BATCH_SIZE * HIDDEN_UNITS):
        _train(network, kind, (scaled[0], train), (scaled[1], validation), generator)
    with torch.no_grad():
        hidden = [network.hidden(part) for part in scaled]
        if kind == "real":
            counts = _counting_units(hidden[0])
            hidden = [part * counts for part in hidden]
        return [torch.cat(both, dim=1).numpy() for both in zip(scaled, hidden, strict=True)]


def _counting_units(hidden: Tensor) -> Tensor:
    """Which units vary enough over the training rows for a probe of real numbers: [256].

    A unit that fires in one training row of hundreds has so small a spread that the probe, which
    standardises it, multiplies what it is in a test row by hundreds. A squared error has no bound:
    a single such row could take R² to −250.
    """
    spread = hidden.std(0, correction=0)
    return spread >= LEAST_SPREAD * spread.square().mean().sqrt()


def _train(
    network: EarlyFusionNetwork,
    kind: LabelKind,
    fit: tuple[Tensor, Tensor],
    choose: tuple[Tensor, Tensor],
    generator: torch.Generator,
) -> None:
    """Train in place; the network is then in eval mode, with the weights of its best epoch."""
    optimizer = AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    best, weights, waited = math.inf, copy.deepcopy(network.state_dict()), 0
    for _ in range(EPOCHS):
        network.train()
        for rows in torch.randperm(len(fit[0]), generator=generator).split(BATCH_SIZE):
            optimizer.zero_grad()
            _loss(kind, network(fit[0][rows]), fit[1][rows]).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            loss = float(_loss(kind, network(choose[0]), choose[1]))
        waited += 1
        if loss < best:
            best, weights, waited = loss, copy.deepcopy(network.state_dict()), 0
        elif waited == PATIENCE:
            break
    network.load_state_dict(weights)


def _loss(kind: LabelKind, output: Tensor, target: Tensor) -> Tensor:
    if kind == "classes":
        return F.cross_entropy(output, target)
    if kind == "multilabel":
        return F.binary_cross_entropy_with_logits(output, target)
    return F.mse_loss(output, target)


def _targets(kind: LabelKind, labels: Sequence[np.ndarray]) -> list[Tensor]:
    """Labels of the two parts: int64 [n], or float32 [n, k]; real ones standardised."""
    if kind == "classes":
        return [torch.from_numpy(part) for part in labels]
    values = [part.astype(np.float64) for part in labels]
    if kind == "real":
        spread = values[0].std(0)
        centre, unit = values[0].mean(0), np.where(spread > 0, spread, 1)
        values = [(part - centre) / unit for part in values]
    return [torch.from_numpy(part.astype(np.float32)) for part in values]

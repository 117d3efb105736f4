"""An MLP probe: is information present that no linear probe sees?"""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.runtime.adamw import AdamW
from interaction_probes.runtime.threads import threads_for

from .examples import Examples, as_examples, check_examples
from .metrics import METRICS
from .model_selection import best_candidates, checked_split, score_candidates
from .result import ProbeResult, score_log_probabilities
from .splits import Split
from .standardiser import FeatureScale

HIDDEN_UNITS = 256
BATCH_SIZE = 250
EPOCHS = 40
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2


def mlp_probe(
    train: Examples,
    test: Examples,
    classes: int,
    split: Split,
    generator: torch.Generator,
    resample_counts: np.ndarray | None = None,
) -> ProbeResult:
    """Train one hidden layer of 256 ReLUs on standardised features and score it once.

    AdamW, 40 epochs. The number of epochs is chosen as the L2 penalty of a linear probe is: each
    metric has the network of the epoch that is best by it on the held-out fitting pairs
    (:func:`interaction_probes.probing.model_selection.best_candidates`). None is refitted.

    Args:
        train: features [n, d] and labels int64 [n].
        test: features [m, d] and labels [m], read once.
        classes: number of classes.
        split: rows of the fitting pairs to fit and to validate on.
        generator: of the CPU; draws initialisation and order.
        resample_counts: [b, m] of a bootstrap over the scoring pairs, for intervals.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`.
    """
    train, test = as_examples(train, "fitting"), as_examples(test, "scoring")
    check_examples(train, test, classes)
    features, labels = train
    parts = checked_split(labels, split)
    scale = FeatureScale.of(features)
    x = scale.zeroed(features)
    y = torch.from_numpy(labels).to(x.device)
    kept, held_out = (torch.from_numpy(rows).to(x.device) for rows in parts)
    network = _network(x.shape[1], classes, generator).to(x)
    optimizer = AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    networks, scores = [], []
    with torch.enable_grad(), threads_for(BATCH_SIZE * HIDDEN_UNITS):
        for _ in range(EPOCHS):
            order = torch.randperm(len(kept), generator=generator).to(x.device)
            for part in kept[order].split(BATCH_SIZE):
                optimizer.zero_grad()
                F.cross_entropy(network(x[part]), y[part]).backward()
                optimizer.step()
            validation = _log_probabilities(network, x[held_out])
            scores += score_candidates(validation[None], labels[parts[1]])
            networks.append(copy.deepcopy(network))
    best = best_candidates(scores)
    scored = scale.zeroed(test[0])
    log_probabilities = {
        metric: _log_probabilities(networks[best[metric]], scored) for metric in METRICS
    }
    result = score_log_probabilities(log_probabilities, test[1], resample_counts)
    return result.with_chosen(best, range(1, EPOCHS + 1), "epoch")


def _network(width: int, classes: int, generator: torch.Generator) -> nn.Sequential:
    layers = nn.Linear(width, HIDDEN_UNITS), nn.Linear(HIDDEN_UNITS, classes)
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])


def _log_probabilities(network: nn.Module, features: Tensor) -> np.ndarray:
    with torch.no_grad():
        return network(features).log_softmax(1).double().cpu().numpy()

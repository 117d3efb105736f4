"""An MLP probe: is information present that no linear probe sees?"""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from interaction_probes.runtime.adamw import AdamW
from interaction_probes.runtime.threads import threads_for

from .linear import Examples, Score, check_examples, score_guesses
from .model_selection import check_split, choose, validate
from .pca_basis import PCABasis
from .splits import Split

_HIDDEN = 256
_BATCH = 250
_EPOCHS = 40
_RATE = 1e-3
_DECAY = 1e-2


def mlp_probe(
    fit: Examples,
    score: Examples,
    classes: int,
    split: Split,
    generator: torch.Generator,
    weights: np.ndarray | None = None,
) -> Score:
    """Train one hidden layer of 256 ReLUs on standardised features and score it once.

    AdamW, 40 epochs. What a strength is to a linear probe, the number of epochs is here: the
    networks that read the held-out fitting pairs best give the metrics, each its own
    (:class:`interaction_probes.probing.model_selection.Places`). None is refitted.

    Args:
        fit: features [n, d] and labels int64 [n].
        score: features [m, d] and labels [m], read once.
        classes: number of classes.
        split: rows of the fitting pairs to fit and to validate on.
        generator: of the CPU; draws initialisation and order.
        weights: [b, m] of a bootstrap over the scoring pairs, for intervals.

    Raises:
        ValueError: as :func:`interaction_probes.probing.linear.linear_probe`.
    """
    check_examples(fit, score, classes)
    check_split(fit[1], split)
    features, labels = fit
    spectrum = PCABasis.of(features)
    x = spectrum.standardise(features)
    y = torch.from_numpy(labels).to(x.device)
    kept, held_out = (torch.from_numpy(rows).to(x.device) for rows in split)
    network = _network(x.shape[1], classes, generator).to(x.device)
    optimizer = AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    networks, validated = [], []
    with torch.enable_grad(), threads_for(_BATCH * _HIDDEN):
        for _ in range(_EPOCHS):
            order = torch.randperm(len(kept), generator=generator).to(x.device)
            for part in kept[order].split(_BATCH):
                optimizer.zero_grad()
                F.cross_entropy(network(x[part]), y[part]).backward()
                optimizer.step()
            validated += validate(_guess(network, x[held_out])[None], labels[split[1]])
            networks.append(copy.deepcopy(network))
    scored = spectrum.standardise(score[0])
    places = choose(validated)
    guesses = np.stack([_guess(networks[place], scored) for place in places])
    found = score_guesses(guesses, score[1], weights)
    return found.choosing(places, range(1, _EPOCHS + 1), "epoch")


def _network(width: int, classes: int, generator: torch.Generator) -> nn.Sequential:
    layers = nn.Linear(width, _HIDDEN), nn.Linear(_HIDDEN, classes)
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])


def _guess(network: nn.Module, features: Tensor) -> np.ndarray:
    with torch.no_grad():
        return network(features).log_softmax(1).double().cpu().numpy()

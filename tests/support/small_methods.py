"""Methods and batches small enough for float64."""

import torch

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.settings.registry import find_method

TOWER = EncoderConfig("compact", 4, (6, 8), (2,))
CONFIG = ModelConfig(TOWER, size=16, dim=16, heads=4, projection=5, temperature=0.3)
CLASSES = {"R": 4, "U1": 3, "U2": 3, "S": 2}


def fewest(kind):
    """Two modalities, or the fewest that a method is stated for."""
    return max(2, kind.min_modalities)


def build(kind, dtype=torch.float64, config=CONFIG, modalities=None):
    torch.manual_seed(0)
    kind = find_method(kind) if isinstance(kind, str) else kind
    method = kind.build(config, CLASSES, modalities or fewest(kind)).to(dtype).train()
    for part in method.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0  # a loss is then a function of its batch
    return method


def batch(method, n=6, dtype=torch.float64, seed=0, progress=0.5):
    generator = torch.Generator().manual_seed(seed)
    shape = (method.n_views, n, 3, 16, 16)
    views = [torch.randn(shape, generator=generator, dtype=dtype) for _ in range(method.modalities)]
    labels = {
        task: torch.randint(0, classes, (n,), generator=generator)
        for task, classes in CLASSES.items()
    }
    return Batch(views, labels, progress, torch.Generator().manual_seed(9))

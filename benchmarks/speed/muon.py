"""One update of CoMM's matrices on the quick preset: torch's Muon, and the batched one in turn.

Run with ``python benchmarks/speed/muon.py [--method NAME] [--steps 60] [--threads 1]``. It prints
the median milliseconds of both, and whether all matrices end with the same bytes.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2]))  # so that a script finds `benchmarks`

from benchmarks.speed.measure import versions
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from interaction_probes.training.batched_muon import BatchedMuon
from interaction_probes.training.muon import ITERATIONS


def main() -> None:
    """Print a line per optimiser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", default="comm")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = preset_for_method(PRESETS["quick"], arguments.method)
    method = initialise(find_method(arguments.method), config)
    kept = [p.detach().flatten(1) for p in method.parameters() if p.ndim > 1]
    gradients = [torch.randn(p.shape, generator=torch.Generator().manual_seed(0)) for p in kept]
    ours, torchs = ([nn.Parameter(p.clone()) for p in kept] for _ in range(2))
    lr, decay = config.optim.lr, config.optim.weight_decay
    optimizers = {
        "torch.optim.Muon": torch.optim.Muon(
            torchs,
            lr=lr,
            weight_decay=decay,
            ns_steps=ITERATIONS,
            adjust_lr_fn="match_rms_adamw",
        ),
        "BatchedMuon": BatchedMuon(ours, lr, decay, ITERATIONS),
    }
    for parameters in (ours, torchs):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient.clone()
    seconds: dict[str, list[float]] = {name: [] for name in optimizers}
    for _ in range(arguments.steps):
        for name, optimizer in optimizers.items():
            started = time.perf_counter()
            optimizer.step()
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    equal = all(torch.equal(a, b) for a, b in zip(ours, torchs, strict=True))
    print(versions())
    for name, median in medians.items():
        print(f"{name:<17} {1000 * median:6.2f} ms  n = {arguments.steps}")
    ratio = medians["BatchedMuon"] / medians["torch.optim.Muon"]
    print(f"{ratio:.2f} of the time, {'the same bytes' if equal else 'other bytes'}")


if __name__ == "__main__":
    main()

"""One thread for every test: numbers are the same bytes only for the same number of threads."""

import gc
import math
import os
import signal
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before torch and numpy are imported, and for subprocesses

import pandas as pd  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

# How long an example takes is the machine's affair.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


# What a shell starts in the background ignores Ctrl-C, and so would every process of the tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# And what nohup starts ignores the end of its terminal.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep what the collection makes out of every later garbage collection.

    The imported libraries and thousands of tests live until the end; each full garbage collection
    took half a second to find no garbage among them.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """One thread, also after a test of more: the next module's fixtures are made before this."""
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_config():
    """The tests' own method on the least data, in float32 so that every machine agrees."""
    from interaction_probes.settings.presets import PRESETS

    preset = PRESETS["smoke"]
    return replace(
        preset,
        method="tiny_method:Tiny",
        images=replace(preset.images, renders=1),
        n_pairs=100,
        optim=replace(preset.optim, precision="fp32"),
    )


#: (R, U1, U2, S) that a method of the tests ends at, as fractions.
_ENDS = {
    "comm": (0.96, 0.78, 0.77, 0.58),
    "infmasking": (0.97, 0.82, 0.81, 0.62),
    "clip": (0.99, 0.12, 0.13, 0.5),
    "cross_self": (0.95, 0.7, 0.71, 0.5),
    "supervised": (0.99, 0.9, 0.91, 0.88),
    "random_init": (0.35, 0.42, 0.41, 0.5),
}
_CHANCE = {"R": 0.1, "U1": 0.1, "U2": 0.1, "S": 0.5}
_BITS = {"R": math.log2(10), "U1": math.log2(10), "U2": math.log2(10), "S": 0.4689955935892812}


def run_rows(
    method: str,
    pairs: str,
    seed: int,
    weights: str = "",
    strengths: tuple[float, float] | None = None,
    epochs: tuple[int, ...] = (0, 5, 10, 14),
) -> list[dict[str, object]]:
    """The rows that one run leaves in a table of results: it rises from chance to its end."""
    shared, mapping = strengths or (1.0, float(pairs == "biased"))
    of_run = {
        "method": method,
        "preset": "quick",
        "pairs": pairs,
        "seed": seed,
        "run": f"{method}-quick-{pairs}-s{seed}-{zlib.crc32(weights.encode()):08x}",
        "weights": weights,
        "shared_strength": shared,
        "mapping_strength": mapping,
        "seconds": 350.5 + seed,
        "device": "cpu",
        "threads": 1,
        "optim.lr": 0.006,
        "torch_version": "2.13.0+cpu",
    }
    ends = dict(zip(_CHANCE, _ENDS.get(method, (0.8, 0.6, 0.6, 0.55)), strict=True))
    if pairs != "biased" and mapping < 1:
        ends["S"] = 0.5 + mapping * (ends["S"] - 0.5)
    ends["R"] = 0.1 + shared * (ends["R"] - 0.1)
    if weights == "unimodal=0.0":
        ends |= {"U1": 0.3, "U2": 0.3}
    if weights == "joint=0.0":
        ends["S"] = 0.5
    rows: list[tuple[int, str, str, str, float]] = []
    for task, chance in _CHANCE.items():
        rows += [
            (0, task, "exact", "chance", chance),
            (0, task, "exact", "accuracy", 1.0),
            (0, task, "exact", "bits", _BITS[task]),
            (0, task, "exact", "bits_chance", 0.0),
        ]
        for epoch in epochs:
            grown = 1 - math.exp(-epoch / (3 if task == "R" else 6)) if epoch < epochs[-1] else 1.0
            part = grown * (ends[task] - chance) / (1 - chance) * (1 + 0.02 * (seed - 1))
            value = min(1.0, chance + (1 - chance) * part)
            rows += [
                (epoch, task, "linear", "accuracy", value),
                (epoch, task, "linear", "accuracy_low", value - 0.01),
                (epoch, task, "linear", "bits", _BITS[task] * part**1.3),
            ]
            if task == "S":
                rows.append((epoch, task, "linear", "auc", 0.5 + 0.9 * (value - 0.5)))
    names = ("epoch", "task", "probe", "metric", "value")
    return [of_run | dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="session")
def results() -> pd.DataFrame:
    """A table of many runs: methods, an ablation of CoMM and designs of several strengths."""
    from interaction_probes.analysis.table_files import with_python_strings

    rows = []
    for seed in range(3):
        for method in ("comm", "clip", "my.module:Own"):
            for pairs in ("unbiased", "biased"):
                rows += run_rows(method, pairs, seed)
        rows += run_rows("random_init", "unbiased", seed, epochs=(0,))
        for weights in ("unimodal=0.0", "joint=0.0"):
            for pairs in ("unbiased", "biased"):
                rows += run_rows("comm", pairs, seed, weights)
        for strength in (0.0, 0.5):
            rows += run_rows("comm", f"shared{strength:g}-unbiased", seed, "", (strength, 0.0))
        rows += run_rows("comm", "mapping0.5", seed, "", (1.0, 0.5))
    return with_python_strings(pd.DataFrame(rows))  # as tables are that were read from a file


@pytest.fixture(scope="session")
def rows_of_a_run() -> Callable[..., list[dict[str, object]]]:
    """Builds the rows of one run, for tables that the tests make themselves."""
    return run_rows


@pytest.fixture(scope="session")
def in_two_processes(tmp_path_factory) -> Callable[..., None]:
    """Runs a script in two processes, told of each other as by torchrun."""
    from fork_server import run_on_two_ranks

    def run(*words: object) -> None:
        run_on_two_ranks([*map(str, words)], tmp_path_factory.mktemp("printed"))

    return run

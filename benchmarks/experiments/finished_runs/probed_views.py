"""What each probed view of an image is worth: finished runs probed at other sizes, mirrored or not.

Run with ``python benchmarks/experiments/finished_runs/probed_views.py RUN_FOLDER ... [--views "80
80m 64 64m" ...] [--out FILE.csv]``; only the linear probes are trained. A set of views is a list of
sizes in pixels, with an m behind those at which the image is mirrored left to right; an image's
code is the mean over them, as :func:`~interaction_probes.experiment.evaluation.representations.\
encode_images` takes it. Cost is the number of encoded pixels, of which a probing's time is a part,
by those of the run's own views. Accuracies are printed in %.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.finished_runs.folders import IDENTITY, identity_of
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.combining import combined
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.experiment.evaluation.held_out import split_of
from interaction_probes.experiment.evaluation.representations import (
    ENCODING_BATCH,
    masked_samples,
    pixels,
    rows_of,
)
from interaction_probes.experiment.loading import load_run
from interaction_probes.probing.linear import linear_probe
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages

#: A size in pixels, and whether the image is mirrored.
View = tuple[int, bool]
COLUMNS = (*IDENTITY, "views", "cost", "task", "accuracy", "auc")
#: The sets that docs/quick-preset.md tells of.
SETS = (
    *("80 80m", "80 64", "80 64m", "80 64 56", "80m 64 56m", "76m 64 54m", "80 72 64 56"),
    *("80 72m 64 56m", "76m 68 60m 52", "80 80m 64 64m 56 56m", "80 80m 64 64m 48 48m"),
)


def parse_views(text: str) -> tuple[View, ...]:
    """``"80 64m"`` → ((80, False), (64, True)).

    Raises:
        ValueError: anything else than sizes with or without an m, or a view given twice.
    """
    views = []
    for word in text.split():
        size = word.removesuffix("m")
        if not size.isdecimal() or int(size) < 1:
            raise ValueError(f"a view is a size in pixels, as 80, or 80m if mirrored, not {word}")
        views.append((int(size), word.endswith("m")))
    if not views or len({*views}) < len(views):
        raise ValueError(f"a set of views is one or more different ones, not {text!r}")
    return tuple(views)


def own_views(config: RunConfig) -> tuple[View, ...]:
    """The views at which a run is probed."""
    return tuple(sorted(config.probe_views, key=lambda view: (-view[0], view[1])))


@torch.no_grad()
@full_float32()
def probe_views(
    method: Method, data: PairedImages, config: RunConfig, sets: Sequence[tuple[View, ...]]
) -> list[dict[str, tuple[float, float | None]]]:
    """Per set of views: task → accuracy, and AUC for tasks of two classes.

    Args:
        method: on the CPU.
        data: images and pairs.
        config: the run's.
        sets: of views.
    """
    method.eval()
    images = pixels(data.train.images), pixels(data.test.images)
    with autocast_towers(training_dtype(config.optim, torch.device("cpu")), method):
        codes = {
            view: [codes_of(method, each, view) for each in images] for view in {*sum(sets, ())}
        }
    found = []
    for views in sets:
        features = []
        for k, samples in enumerate((data.probe_train, data.probe_test)):
            by_modality = zip(*(codes[view][k] for view in views), strict=True)
            means = [torch.stack(list(of_one)).mean(0) for of_one in by_modality]
            rows = rows_of(images[k], samples.index)
            features.append(combined(method, masked_samples(means, rows)).float())
        scores: dict[str, tuple[float, float | None]] = {}
        for task in data.tasks:
            labels = data.probe_train.labels[task.name]
            result = linear_probe(
                (features[0], labels),
                (features[1], data.probe_test.labels[task.name]),
                task.classes,
                config.probe.strengths,
                split_of(config, data, task.name, labels),
            )
            scores[task.name] = result.accuracy, result.auc
        found.append(scores)
    return found


def codes_of(method: Method, images: Tensor, view: View) -> list[Tensor]:
    """What a method encodes of one view of each image, per modality: float32 [m, k] each."""
    size, mirrored = view
    parts = []
    for part in images.split(ENCODING_BATCH):
        shown = eval_transform(part, size)
        shown = shown.flip(-1) if mirrored else shown
        parts.append([method.encode(m, shown).float() for m in range(method.modalities)])
    return [torch.cat(of_one) for of_one in zip(*parts, strict=True)]


def main() -> None:
    """Print a line per run and set, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--views", nargs="+", default=SETS)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines: list[list[object]] = []
    with friendly_errors():
        asked = [parse_views(text) for text in arguments.views]
        for path in arguments.folders:
            config, method, data = load_run(path, "cpu")
            if not isinstance(data, PairedImages) or config.kind != "images":
                raise ValueError(f"{path}: views are of pairs of images")
            own = own_views(config)
            sets = [own, *(views for views in asked if {*views} != {*own})]
            of_all = probe_views(method, data, config, sets)
            for views, scores in zip(sets, of_all, strict=True):
                name = " ".join(f"{size}{'m' * mirrored}" for size, mirrored in views)
                cost = sum(size**2 for size, _ in views) / sum(size**2 for size, _ in own)
                told = "".join(f"{task:>5}{100 * each[0]:6.1f}" for task, each in scores.items())
                print(f"{path.name:<45}{name:<28}{cost:5.2f}{told}", flush=True)
                lines += [
                    [*identity_of(path, config), name, f"{cost:.2f}", task, *_rounded(each)]
                    for task, each in scores.items()
                ]
            if arguments.out:  # after each, so that one that cannot be read costs no other
                write_atomically(arguments.out, as_csv(COLUMNS, lines))


def _rounded(scores: tuple[float, float | None]) -> list[str]:
    accuracy, auc = scores
    return [f"{accuracy:.5f}", "" if auc is None else f"{auc:.5f}"]


if __name__ == "__main__":
    main()

"""S-10 of finished runs of pairs: the balanced label of synergy, which S is one class of.

Run with ``python benchmarks/experiments/finished_runs/balanced_synergy.py RUN_FOLDER ... [--out
FILE.csv]``; only a linear probe is trained, on the representation and the pairs of the run's own
probes. S-10 is the symbol of a random Latin square of texture 1 and colour 2
(:func:`trifeature.with_latin_label`), so chance is a tenth and 3.32 bits are there to be read. The
representation of either image alone holds none of it: its accuracy must be at chance.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[3]))  # so that a script finds `benchmarks`

from benchmarks.experiments.finished_runs.folders import IDENTITY, folders_and_table, identity_of
from interaction_probes.analysis.schema import image_only_probe
from interaction_probes.common.cli import friendly_errors
from interaction_probes.common.writing import as_csv, write_atomically
from interaction_probes.contrast.method import Method
from interaction_probes.experiment.evaluation.epoch_probes import EpochProbes
from interaction_probes.experiment.evaluation.representations import pixels
from interaction_probes.experiment.loading import load_run
from interaction_probes.runtime.precision import full_float32
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages, with_latin_label

COLUMNS = (
    *("accuracy", "accuracy_low", "accuracy_high", "bits", "bits_low", "bits_high"),
    *("accuracy_image_1", "accuracy_image_2"),
)

_PRINTED = ("accuracy", "accuracy_image_1", "accuracy_image_2")


@torch.no_grad()
@full_float32()
def balanced_synergy(method: Method, data: PairedImages, config: RunConfig) -> dict[str, float]:
    """Macro accuracy and bits of S-10 from a run's representation, with 95 % intervals over images.

    Args:
        method: on the CPU.
        data: images, pairs and mapping.
        config: the run's.

    Returns:
        `COLUMNS`; the accuracies of either image alone are NaN where a method represents pairs
        only.
    """
    method.eval()
    more = with_latin_label(data, config.design, config.images.counts, config.seed)
    name = more.tasks[-1].name
    images = pixels(data.train.images), pixels(data.test.images)
    probing = EpochProbes(method, more, images, config, config.optim.epochs, [])
    masks: dict[str, tuple[int, ...] | None] = {"linear": None}
    if probing.combines_one():
        masks |= {image_only_probe(modality): (modality,) for modality in (0, 1)}
    for mask, present in masks.items():
        probing.linear(mask, present, only=[name])
    found = {(each.probe, each.metric): each.value for each in probing.measurements}
    scores = {column: found["linear", column] for column in COLUMNS[:6]}
    alone = {
        f"accuracy_image_{m + 1}": found.get((image_only_probe(m), "accuracy")) for m in (0, 1)
    }
    return scores | {key: float("nan") if v is None else v for key, v in alone.items()}


def main() -> None:
    """Print a line per run, and write the table."""
    arguments = folders_and_table(__doc__)
    lines = []
    with friendly_errors():
        for path in arguments.folders:
            config, method, data = load_run(path, "cpu")
            if not isinstance(data, PairedImages) or config.kind != "images":
                raise ValueError(f"{path}: S-10 is scored of pairs of images")
            scores = balanced_synergy(method, data, config)
            accuracies = [f"{name} {100 * scores[name]:5.1f} %" for name in _PRINTED]
            print(f"{path.name:<50}{'  '.join(accuracies)}  bits {scores['bits']:.3f}", flush=True)
            lines.append(
                [*identity_of(path, config), *(round(scores[name], 5) for name in COLUMNS)]
            )
            if arguments.out:  # after each, so that one that cannot be read costs no other
                write_atomically(arguments.out, as_csv([*IDENTITY, *COLUMNS], lines))


if __name__ == "__main__":
    main()

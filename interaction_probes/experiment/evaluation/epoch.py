"""Probing a method in the middle of a run: encode, combine, score every task and the controls."""

import torch
from torch import Tensor

from interaction_probes.analysis.schema import ConfusionCell, Measurement, RepresentationRow
from interaction_probes.contrast.method import Method
from interaction_probes.runtime.precision import full_float32
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples

from .confusion import confusion_cells
from .epoch_probes import EpochProbes
from .final_controls import run_controls
from .released_scores import score_by_released_protocol


@torch.no_grad()
@full_float32()
def probe_epoch(
    method: Method,
    data: PairedImages | ImageSamples,
    train: Tensor,
    test: Tensor,
    config: RunConfig,
    final: bool,
    epoch: int = 0,
    confusion: list[ConfusionCell] | None = None,
    representations: list[RepresentationRow] | None = None,
) -> list[Measurement]:
    """Probe every task.

    Each image is encoded once per modality and each sample combined once; all tasks share both.
    The public code's protocol follows where the config asks for it at every probing, and after the
    last epoch the controls that it names.

    Args:
        method: the model, on the images' device.
        data: samples of any number of modalities, and labels.
        train: uint8 [n, 3, h, w], the training images; or the vectors of the samples to fit on,
            float32 [modalities, samples, width].
        test: the held-out images; or the vectors of the samples to score.
        config: the run's.
        final: whether the controls are due.
        epoch: epochs trained, for the measurements.
        confusion: a list to which the linear probe's confusion matrices are appended, cell by cell;
            None where they are not wanted.
        representations: a list to which a row per probed representation is appended.

    Returns:
        The scores; those of a representation that has collapsed are chance.

    Raises:
        ValueError: a task that cannot be probed, by its name and the probe's; features that are not
            finite.
    """
    method.eval()
    probing = EpochProbes(method, data, (train, test), config, epoch, [])
    results = probing.linear("linear")
    if epoch == 0 and (config.probe.has("masks") or config.probe.has("bilinear")):
        probing.combines_one()  # a mistake is told before the training, not after it
    if confusion is not None:
        design = data.design if isinstance(data, ImageSamples) else config.design
        for task in data.tasks:
            predicted = results[task.name].predicted
            assert predicted is not None
            labels = data.probe_test.labels[task.name]
            confusion += confusion_cells(epoch, "linear", task, design, labels, predicted)
    if config.probe.protocol == "public":
        score_by_released_protocol(probing)
    if final:
        run_controls(probing, results)
    if representations is not None:
        representations += probing.representations
    return probing.measurements

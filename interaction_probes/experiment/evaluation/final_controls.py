"""The controls after the last epoch: further probes of what the linear probe's scores may hide."""

import math
from collections.abc import Mapping

import numpy as np

from interaction_probes.analysis.schema import image_only_probe, subset_probe
from interaction_probes.probing.bilinear import RANKS, RANKS_OF_THREE, bilinear_probe
from interaction_probes.probing.result import ProbeResult
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.probe_config import Control
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.images.factors import FactorCounts, column
from trifeature.information.profile import Subset, subsets
from trifeature.samples.tasks import labels_of

from .controls.factors import (
    FACTORS_MLP_PROBE,
    FACTORS_PROBE,
    available_bits,
    with_factor_tasks,
)
from .controls.model_pid import pid_rows
from .epoch_probes import EpochProbes
from .released_scores import score_by_released_protocol
from .representation_rows import basis_and_row
from .representations import image_only


def interactions(data: PairedImages | ImageSamples) -> list[str]:
    """The tasks that controls are about: of synergy, S or S13, S123, S12to3 and so on."""
    return [task.name for task in data.tasks if task.name.startswith("S")]


def omitted_controls(config: RunConfig, modalities: int) -> list[str]:
    """A line per control that the config names and that samples of so many modalities rule out."""
    # Of runs on three images they are refused before the run starts (`check_named_controls`).
    if config.modalities > 2 or modalities == 2:
        return []
    names: dict[Control, str] = {
        "bilinear": "no bilinear probe",
        "pid": "no decomposition of predictions",
    }
    return [
        f"{name}: it is stated for 2 modalities, and these samples have {modalities}"
        for control, name in names.items()
        if config.probe.has(control)
    ]


def run_controls(probes: EpochProbes, results: Mapping[str, ProbeResult]) -> None:
    """The controls that the config names.

    Args:
        probes: of the last epoch, which get the measurements.
        results: task → the linear probe's, whose predictions the control ``pid`` decomposes.
    """
    has = probes.config.probe.has
    synergies = interactions(probes.data)
    if has("masks") and probes.combines_one():
        if isinstance(probes.data, ImageSamples):
            for images in [*subsets(probes.data.modalities)][:-1]:
                probes.linear(subset_probe(images), {number - 1 for number in images})
        else:
            for modality in range(probes.data.modalities):
                name = image_only_probe(modality)
                probes.linear(name, image_only(modality), only=synergies)
    if has("shuffled"):
        probes.linear("shuffled", shuffled=True, only=synergies)
    if has("bilinear") and probes.combines_one():
        for task, images in _needed_images(probes.data).items():
            _products(probes, task, images)
    if has("mlp"):
        features = [probes.represent(split) for split in range(2)]
        probes.score(
            "mlp",
            probes.mlp_fit(features),
            only=synergies,
        )
    of_images = probes.config.kind == "images"
    if has("public") and of_images and probes.config.probe.protocol != "public":
        score_by_released_protocol(probes)
    if has("sklearn"):
        # Imported here: only this control needs scikit-learn, which takes a second or two.
        from interaction_probes.probing.sklearn_probe import sklearn_probe

        represented = [probes.represent(split) for split in range(2)]
        penalties = {
            each.task: each.value
            for each in probes.measurements
            if (each.probe, each.metric) == ("linear", "accuracy_strength")
        }
        probes.score(
            "sklearn",
            lambda task, labels, scored, split: sklearn_probe(
                (represented[0], labels),
                (represented[1], scored),
                task.classes,
                penalties.get(task.name, math.nan),  # none where it has collapsed
                probes.weights,
            ),
        )
    if has("pid") and isinstance(probes.data, PairedImages) and probes.data.modalities == 2:
        predicted = {
            task: result.predicted
            for task, result in results.items()
            if result.predicted is not None
        }
        probes.measurements += pid_rows(
            probes.epoch, probes.data, probes.config, predicted, probes.weights
        )
    if has("factors") and isinstance(probes.data, PairedImages):
        _factors(probes, probes.data)


def _factors(probes: EpochProbes, pairs: PairedImages) -> None:
    """The bits of every factor of every image, by a linear probe and by an MLP."""
    features = [probes.represent(split) for split in range(2)]
    basis, _ = basis_and_row(features, probes.epoch, FACTORS_PROBE)
    of_factors = with_factor_tasks(pairs)
    probes.score(
        FACTORS_PROBE,
        probes.linear_fit(features, basis),
        data=of_factors,
    )
    probes.score(
        FACTORS_MLP_PROBE,
        probes.mlp_fit(features),
        data=of_factors,
    )
    probes.measurements += available_bits(probes.epoch, of_factors)


def _needed_images(data: PairedImages | ImageSamples) -> dict[str, Subset]:
    """Synergy task → the fewest images that have all its information, two or three."""
    if isinstance(data, ImageSamples):
        profiles = {name: data.truth[name] for name in interactions(data)}
        return {
            name: next(
                images
                for images in sorted(profile.bits, key=len)
                if math.isclose(profile[images], profile.total, rel_tol=1e-9)
            )
            for name, profile in profiles.items()
        }
    return {"S": (1, 2)} if data.modalities == 2 else {}


def _products(probes: EpochProbes, task: str, images: Subset) -> None:
    """The probe of a task on products of the codes of two or three images."""
    codes = [
        tuple(probes.represent(split, image_only(number - 1)) for number in images)
        for split in range(2)
    ]
    three = len(images) == 3
    attributes = _tied_values(probes.data, task, images)
    probes.score(
        "trilinear" if three else "bilinear",
        lambda task, labels, scored, split: bilinear_probe(
            (codes[0], labels),
            (codes[1], scored),
            task.classes,
            probes.config.probe.strengths,
            split,
            probes.weights,
            RANKS_OF_THREE if three else RANKS,
            attributes,
        ),
        only=[task],
    )


def _tied_values(
    data: PairedImages | ImageSamples, task: str, images: Subset
) -> list[np.ndarray] | None:
    """The fitting samples' values of the attribute of each image that a task's rule ties.

    None of pairs, whose bilinear probe reads leading directions alone, as in earlier versions.
    """
    if not isinstance(data, ImageSamples):
        return None
    values = np.concatenate([data.train.factors, data.test.factors]).max(0) + 1
    labels = labels_of(data.design, FactorCounts(*map(int, values)), data.arrays)
    [factors] = [label.factors for label in labels if label.task.name == task]
    factor_of = {factor.image: factor.factor for factor in factors}
    index = data.probe_train.index
    return [
        data.train.factors[index[:, number - 1], column(factor_of[number])] for number in images
    ]

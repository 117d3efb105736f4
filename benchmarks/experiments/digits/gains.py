"""Differences of two scores on the same resampled test rows, for digits.py."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from interaction_probes.common.streams import stream
from interaction_probes.datasets.loading import load_dataset
from interaction_probes.datasets.schema import PARTS, MultimodalDataset
from interaction_probes.experiment.loading import load_model
from interaction_probes.features import dataset_features
from interaction_probes.probing.intervals import Interval
from interaction_probes.probing.labels.probe import probe_prepared
from interaction_probes.probing.labels.result import LabelResult
from interaction_probes.probing.labels.rows import ProbedFeatures
from interaction_probes.probing.labels.units import draw_unit_counts, units_of
from interaction_probes.settings.probe_config import DATASET_STRENGTHS

#: The raw features side by side, as the method ``pixels`` represents vectors.
RAW = "pixels"
_METRICS = ("accuracy", "bits")


def gain_rows(
    data: str, file: Path, folders: Mapping[str, Sequence[Path]]
) -> Iterator[dict[str, object]]:
    """What each method adds to the raw features, and each view to the raw features of the others.

    Args:
        data: what the table calls the dataset.
        file: where it is.
        folders: method → its finished runs on this dataset.
    """
    dataset = load_dataset(file)
    names = tuple(modality.name for modality in dataset.modalities)
    units = units_of(dataset.split.test, dataset.units)
    counts = draw_unit_counts(units, stream(0, "bootstrap"))
    everything = _probed(_raw(dataset, names), dataset, counts)
    for name in names:
        others = tuple(other for other in names if other != name)
        less = _probed(_raw(dataset, others), dataset, counts)
        where = {"method": RAW, "seed": 0, "views": names, "than_method": RAW, "than_views": others}
        yield from _rows(data, where, everything, less)
    for method, runs in folders.items():
        for seed, run in enumerate(runs if method != RAW else ()):
            config, model, _ = load_model(run, torch.device("cpu"))
            found = dataset_features(config, model)
            features = [found[f"{part}_features"] for part in PARTS]
            result = _probed(features, dataset, counts)
            where = {"method": method, "seed": seed, "views": names}
            where |= {"than_method": RAW, "than_views": names}
            yield from _rows(data, where, result, everything)


def _raw(dataset: MultimodalDataset, names: Sequence[str]) -> list[np.ndarray]:
    """The raw features of some views side by side, of each part of the split."""
    chosen = [modality.values for modality in dataset.modalities if modality.name in names]
    parts = (getattr(dataset.split, part) for part in PARTS)
    return [np.concatenate([values[rows] for values in chosen], axis=1) for rows in parts]


def _probed(
    features: Sequence[np.ndarray], dataset: MultimodalDataset, counts: np.ndarray
) -> LabelResult:
    [label] = dataset.labels
    parts = [label.values[getattr(dataset.split, part)] for part in PARTS]
    return probe_prepared("classes", ProbedFeatures.of(features), parts, DATASET_STRENGTHS, counts)


def _rows(
    data: str, where: Mapping[str, object], more: LabelResult, less: LabelResult
) -> Iterator[dict[str, object]]:
    for metric in _METRICS:
        gain = more.scores[metric] - less.scores[metric]
        resampled = more.replicates[metric] - less.replicates[metric]
        interval = Interval.of(resampled).including(gain)
        shown = {k: " + ".join(v) if isinstance(v, tuple) else v for k, v in where.items()}
        ends = {"gain": gain, "low": interval.low, "high": interval.high}
        yield {"data": data, **shown, "metric": metric} | {k: f"{v:.4f}" for k, v in ends.items()}

"""The supervised reference of a run's dataset, which depends on the data and the seed alone."""

import sys

import pandas as pd

from interaction_probes.datasets.file_states import FileStates
from interaction_probes.probing.early_fusion.profile import (
    early_fusion_profiles,
    reference_subsets,
)
from interaction_probes.probing.intervals import Interval
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.reference_file import (
    REFERENCE_COLUMNS,
    read_reference,
    was_written,
    write_reference,
)
from interaction_probes.storage.run_folder import REFERENCE, RunFolder
from interaction_probes.training.raw_features import raw_features
from trifeature.information.profile import subset_name

from .dataset_data import DatasetData
from .own_dataset import own_dataset


def reference_of_run(config: RunConfig, folder: RunFolder) -> pd.DataFrame:
    """The reference of a run, from its folder's reference.csv, which is written where it is not.

    A line on stderr says so where the file was there before and is damaged.

    Args:
        config: configuration of the run.
        folder: of the run; its name has the config's checksum, and with it that of the data.

    Raises:
        ValueError: see :func:`supervised_reference`; or metrics.csv is damaged.
        OSError: see there.
        Busy: another process works in the folder.
    """
    subsets = [subset_name(each) for each in reference_subsets(len(config.data.modalities))]
    known = read_reference(folder, subsets)
    if known is None:
        if was_written(folder):
            line = f"{folder.path / REFERENCE} is damaged or missing: it is computed anew"
            print(line, file=sys.stderr)
        write_reference(folder, supervised_reference(config))
        known = read_reference(folder, subsets)
        assert known is not None
    return known


def supervised_reference(config: RunConfig) -> pd.DataFrame:
    """What a network that learns each label finds in the raw features of some modalities.

    Splits, penalties and resamplings are those of the run's own probes.

    Args:
        config: configuration of a run on a dataset, after
            :func:`interaction_probes.experiment.own_dataset.with_dataset`.

    Returns:
        A row per label, subset (``13``: modalities 1 and 3) and metric, with its 95 % interval;
        and one per penalty that a metric chose (``bits_strength``).

    Raises:
        ValueError: the data are not those of the config, or change meanwhile.
        OSError: the data cannot be read.
    """
    files = FileStates.of(config.data.path)
    data = DatasetData(config, own_dataset(config), files)
    profiles = early_fusion_profiles(
        [[raw_features(each, rows) for rows in data.rows] for each in data.dataset.modalities],
        *(data.labels, config.probe.strengths, config.seed, data.counts),
    )
    data.check_unchanged()
    rows = [
        (name, subset_name(subset), metric, value, *_ends(result.intervals.get(metric)))
        for name, profile in profiles.items()
        for subset, result in profile.results.items()
        for metric, value in [*result.scores.items(), *result.chosen.items()]
    ]
    return pd.DataFrame(rows, columns=list(REFERENCE_COLUMNS))


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)

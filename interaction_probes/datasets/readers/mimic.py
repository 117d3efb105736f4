"""MIMIC-III as preprocessed for MultiBench: im.pk, which PhysioNet gives to credentialed users."""

import random
from pathlib import Path

import numpy as np

from interaction_probes.datasets.schema import Label, Modality, MultimodalDataset, Split

from .content import as_array, as_mapping, check_keys, check_known
from .restricted_pickle import read_plain_pickle
from .standardised import scale_features

_KEYS = ("ep_tdata", "adm_features_all", "adm_labels_all", "y_icd9")
#: What the columns of adm_labels_all from the second on say: died within …
_MORTALITY = ("none of these", "1 day", "2 days", "3 days", "1 week", "1 year")


def read_mimic(path: Path, standardise: bool = True) -> MultimodalDataset:
    """Read im.pk: hourly measurements of 24 hours and admission features.

    Infinite and missing values become 0. The split is MultiBench's: rows in the order of Python's
    shuffle with seed 10, the first n // 10 for validation, those up to n // 5 for testing. The
    published code standardises by all rows, those of the test too; here the training rows alone are
    used.

    Args:
        path: the pickle.
        standardise: by training rows.

    Returns:
        Modalities ``admission`` [N, 5] and ``hours`` [N, 24, 12]. Labels ``icd9_7`` (column 7 of
        y_icd9, from 0) and ``mortality`` (six classes).

    Raises:
        ValueError: other content.
    """
    content = as_mapping(read_plain_pickle(path), "the pickle")
    check_keys(content, _KEYS, "the pickle")
    hours = as_array(content["ep_tdata"], (None, None, None), "ep_tdata")
    n = len(hours)
    admission = as_array(content["adm_features_all"], (n, None), "adm_features_all")
    deaths = as_array(content["adm_labels_all"], (n, 6), "adm_labels_all")
    check_known(deaths[:, 1:], "adm_labels_all")
    diagnoses = as_array(content["y_icd9"], (n, None), "y_icd9")
    if diagnoses.shape[1] < 8:
        raise ValueError(f"y_icd9 has {diagnoses.shape[1]} columns: 8 or more are expected")
    diagnosis = diagnoses[:, 7]
    if wrong := [k for k, value in enumerate(diagnosis.tolist()) if value not in (0, 1)]:
        raise ValueError(f"y_icd9, column 7 is 0 or 1: row {wrong[0]} is {diagnosis[wrong[0]]}")
    order = list(range(n))
    random.Random(10).shuffle(order)
    rows, tenth, fifth = np.array(order, dtype=np.int64), n // 10, n // 5
    split = Split(*map(np.sort, (rows[fifth:], rows[:tenth], rows[tenth:fifth])))
    notes = [f"{n:,} rows read, none dropped"]
    modalities = [
        Modality("admission", "vectors", _finite(admission, "admission", notes)),
        Modality("hours", "sequences", _finite(hours, "hours", notes)),
    ]
    scaled, note = scale_features(modalities, split.train, standardise)
    notes += [note, "the split is MultiBench's: shuffled by Python's random with seed 10"]
    died = deaths[:, 1:] > 0
    when = np.where(died.any(axis=1), 1 + died.argmax(axis=1), 0).astype(np.int64)
    labels = (
        Label("icd9_7", "classes", diagnosis.astype(np.int64), ("0", "1")),
        Label("mortality", "classes", when, _MORTALITY),
    )
    return MultimodalDataset(scaled, labels, split, None, tuple(notes))


def _finite(values: np.ndarray, name: str, notes: list[str]) -> np.ndarray:
    missing = ~np.isfinite(values)
    notes.append(f"{name}: {int(missing.sum()):,} missing or infinite values were set to 0")
    return np.where(missing, 0, values).astype(np.float32)

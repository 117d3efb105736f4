"""Runs of seconds on small datasets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from small_datasets import arrays, write_npz

from interaction_probes.settings.config import OptimConfig, RunConfig
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.probe_config import ProbeConfig


def error_of(main, words, capsys) -> str:
    """The last line on stderr of a command that ends with code 2."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def dataset_config(path: Path, **changes: object) -> RunConfig:
    """A config of two epochs on a dataset."""
    smoke = PRESETS["smoke"]
    config = replace(
        smoke,
        data=DataConfig(str(path)),
        optim=OptimConfig(epochs=2, batch=20, precision="fp32"),
        probe=ProbeConfig(every=1, strengths=(1e-1, 1e-3)),
    )
    return replace(config, **changes)


def mixed_file(folder: Path, n: int = 90, **changes: np.ndarray) -> Path:
    """Vectors, sequences and images, labels of every kind, and units of one row each."""
    content = arrays(n) | changes
    del content["unit"]
    return write_npz(folder / "mixed.npz", content)


def digits_file(folder: Path, n: int = 400) -> Path:
    """The halves of scikit-learn's digits: which digit, and how much ink."""
    digits = load_digits()
    images = digits.images[:n] / 16
    part = np.array(["train", "train", "validation", "test"])[np.arange(n) % 4]
    return write_npz(
        folder / "digits.npz",
        {
            "modality.left": images[:, :, :4].reshape(n, -1),
            "modality.right": images[:, :, 4:].reshape(n, -1),
            "label.digit": digits.target[:n],
            "label.ink": images.sum((1, 2)),
            "split": part,
        },
    )

"""Small multimodal data in the project's keys, and ways to write them."""

import numpy as np


def arrays(n=60, seed=0):
    """Vectors, sequences and images with labels of every kind, a split and units."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(1, 6, n)
    tones = rng.normal(size=(n, 5, 3)).astype(np.float32)
    tones[np.arange(5) >= steps[:, None]] = 0
    return {
        "modality.record": rng.normal(size=(n, 4)).astype(np.float32),
        "modality.tones": tones,
        "lengths.tones": steps,
        "modality.photo": rng.integers(0, 256, (n, 6, 5, 3), dtype=np.uint8),
        "label.animal": np.array(["cat", "dog", "owl"])[np.arange(n) % 3],
        "label.tags": rng.random((n, 4)) < 0.5,
        "classes.tags": np.array(["wild", "small", "loud", "fast"]),
        "label.weight": rng.normal(size=n),
        "split": np.repeat(["train", "validation", "test"], [n - 30, 15, 15]),
        "unit": np.arange(n) // 3,
    }


def write_npz(path, content):
    """An .npz file of arrays by key."""
    np.savez(path, **content)
    return path


def write_folder(path, content):
    """A folder of .npy files, one for each key."""
    path.mkdir()
    for key, values in content.items():
        np.save(path / f"{key}.npy", values)
    return path

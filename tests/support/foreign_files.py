"""Tiny made-up files in the formats of other programs."""

import json
import pickle

import numpy as np
from PIL import Image

#: Rows of each part of an affect pickle.
PARTS = {"train": 24, "valid": 8, "test": 10}


def affect(labels="sentiment", seed=0, steps=6, widths=(4, 3, 5)):
    """The content of an affect pickle: left-padded sequences, one row of each part without text."""
    rng = np.random.default_rng(seed)
    content = {}
    for part, n in PARTS.items():
        start = rng.integers(0, steps - 1, n)
        padding = np.arange(steps) < start[:, None]
        arrays = {
            name: rng.normal(1, 1, (n, steps, width)).astype(np.float32)
            for name, width in zip(("vision", "audio", "text"), widths, strict=True)
        }
        for values in arrays.values():
            values[padding] = 0
        arrays["text"][2] = 0
        arrays["audio"][1, -1, 0] = -np.inf
        sign = np.arange(n) % 2
        values = {
            "sentiment": np.where(np.arange(n) % 5 == 0, 0, (2 * sign - 1) * 1.5),
            "humor": sign,
            "sarcasm": 2 * sign - 1,
        }[labels]
        ids = np.array([f"{part}{k // 3}[{k}]" for k in range(n)], dtype=object)
        content[part] = {**arrays, "labels": values.reshape(n, 1, 1), "id": ids}
    return content


def mimic(n=60, seed=0):
    """The content of im.pk."""
    rng = np.random.default_rng(seed)
    hours, admission = rng.normal(3, 2, (n, 24, 12)), rng.normal(-1, 4, (n, 5))
    hours[0, 3, 2], hours[1, 0, 0], admission[2, 1] = np.nan, np.inf, np.nan
    deaths = np.zeros((n, 6))
    deaths[np.arange(n), np.arange(n) % 6] = 1
    deaths[np.arange(n) % 6 == 3, 5] = 1  # a day is earlier than a year
    return {
        "ep_tdata": hours,
        "adm_features_all": admission,
        "adm_labels_all": deaths,
        "y_icd9": (np.arange(n)[:, None] // (1 + np.arange(20)) % 2).astype(float),
    }


def write_pickle(path, content, protocol=4):
    """A pickle."""
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def write_episodes(folder, episodes=10, steps=5, seed=0, **further):
    """A folder of .h5 files, one episode each."""
    import h5py

    rng = np.random.default_rng(seed)
    folder.mkdir()
    for k in range(episodes):
        with h5py.File(folder / f"episode_{k:02}.h5", "w") as file:
            file["image"] = rng.integers(0, 256, (steps, 8, 8, 3), dtype=np.uint8)
            file["ee_forces_continuous"] = rng.normal(2, 3, (steps, 4, 6))
            file["proprio"] = rng.normal(5, 1, (steps, 8))
            file["contact"] = (np.arange(steps)[:, None] % 2 * np.ones((1, 50))).astype(bool)
            for key, values in further.items():
                file[key] = values
    return folder


def write_mmimdb(path, images, genres=4, seed=0, **settings):
    """An hdf5 file of films."""
    import h5py

    rng = np.random.default_rng(seed)
    n = len(images)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, **settings)
        file["features"] = rng.normal(1, 2, (n, 6)).astype(np.float32)
        file["genres"] = (rng.random((n, genres)) < 0.5).astype(np.float64)
    return path


def write_films(folder, parts=(("train", 12), ("dev", 5), ("test", 6)), seed=0):
    """A folder with split.json and the files of each film."""
    rng = np.random.default_rng(seed)
    (folder / "dataset").mkdir(parents=True)
    words = ["night", "river", "stranger", "train", "war", "love", "money"]
    split = {}
    for part, n in parts:
        split[part] = [f"{part}{k}" for k in range(n)]
        for k, name in enumerate(split[part]):
            film = {
                "plot": [" ".join(rng.choice(words, 8)), "And an end."],
                "genres": ["Drama"] if k % 2 else ["Comedy", "War"],
            }
            (folder / "dataset" / f"{name}.json").write_text(json.dumps(film))
            pixels = rng.integers(0, 256, (30, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "dataset" / f"{name}.jpeg")
    (folder / "split.json").write_text(json.dumps(split))
    return folder

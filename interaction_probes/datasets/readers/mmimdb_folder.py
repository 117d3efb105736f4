"""MM-IMDb as distributed: split.json, and dataset/ID.json and dataset/ID.jpeg of each film."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from interaction_probes.datasets.schema import PARTS, Label, Modality, MultimodalDataset, Split

from .content import as_mapping, check_keys
from .standardised import scale_features

#: Height and width of the published file's images.
_SIZE = 256, 160
_GENRES = 23
#: Words whose frequencies are the text's features.
WORDS = 1000
_KEYS = {"train": "train", "validation": "dev", "test": "test"}


def read_folder(path: Path, standardise: bool = True) -> MultimodalDataset:
    """Read posters, plots and genres of films.

    A poster is resized to 256 × 160. Plots are texts, and the published word2vec vectors need a
    model that no package has: the text's features are tf-idf of the 1,000 most frequent words of
    the training plots. Genres are the 23 most frequent of the training films; films of no such
    genre, without plot or without poster are dropped.

    Args:
        path: the folder.
        standardise: the text's, by training rows.

    Raises:
        ValueError: other content, an id that is no plain name, or a poster that cannot be read.
    """
    parts = as_mapping(_read_json(path / "split.json"), "split.json")
    check_keys(parts, _KEYS.values(), "split.json")
    films: dict[str, list[dict[str, Any]]] = {}
    dropped: Counter[str] = Counter()
    for part, key in _KEYS.items():
        films[part] = [_film(path / "dataset", name) for name in parts[key]]
    counts = Counter(genre for film in films["train"] for genre in film["genres"])
    genres = tuple(sorted(genre for genre, _ in counts.most_common(_GENRES)))
    read = sum(map(len, films.values()))
    for part, found in films.items():
        films[part] = [film for film in found if not _lacks(film, genres, dropped)]
    kept = [film for part in PARTS for film in films[part]]
    if not films["train"]:
        raise ValueError(f"no training film is left of {len(parts['train'])}")
    ends = np.cumsum([0, *(len(films[part]) for part in PARTS)])
    split = Split(*(np.arange(*ends[k : k + 2]) for k in range(3)))
    text = _tf_idf([film["plot"] for film in kept], len(films["train"]))
    pixels = np.empty((len(kept), *_SIZE, 3), dtype=np.uint8)
    for row, film in enumerate(kept):
        pixels[row] = _poster(film["poster"])
    modalities = [Modality("image", "images", pixels), Modality("text", "vectors", text)]
    scaled, note = scale_features(modalities, split.train, standardise)
    values = np.array([[genre in film["genres"] for genre in genres] for film in kept])
    reasons = ", ".join(f"{count} without {what}" for what, count in dropped.items())
    notes = (
        f"{read:,} films read; {sum(dropped.values())} dropped{f': {reasons}' if reasons else ''}",
        f"text: tf-idf of the {text.shape[1]:,} most frequent words of the training plots",
        note,
    )
    return MultimodalDataset(
        scaled, (Label("genres", "multilabel", values, genres),), split, None, notes
    )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ValueError(f"there is no {path.name}") from error
    except (ValueError, RecursionError) as error:  # of the text, or of its encoding
        raise ValueError(f"{path.name} is no JSON file") from error


def _film(folder: Path, name: Any) -> dict[str, Any]:
    if not isinstance(name, str) or not re.fullmatch(r"\w+", name):
        raise ValueError(f"split.json: an id is a plain name, not {name!r:.40}")
    content = as_mapping(_read_json(folder / f"{name}.json"), f"{name}.json")
    check_keys(content, ("plot", "genres"), f"{name}.json")
    plot, genres = content["plot"], content["genres"]
    plots = [plot] if isinstance(plot, str) else plot
    for key, texts in (("plot", plots), ("genres", genres)):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{name}.json: {key} is a list of texts")
    return {"plot": " ".join(plots), "genres": genres, "poster": folder / f"{name}.jpeg"}


def _lacks(film: dict[str, Any], genres: tuple[str, ...], dropped: Counter[str]) -> bool:
    """Whether a film is dropped; the reason is counted."""
    for what, there in (
        ("a plot", film["plot"].strip()),
        ("a poster", film["poster"].is_file()),
        ("a frequent genre", set(film["genres"]) & set(genres)),
    ):
        if not there:
            dropped[what] += 1
            return True
    return False


def _tf_idf(plots: list[str], train: int) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(max_features=WORDS, dtype=np.float32)
    try:
        words.fit(plots[:train])
    except ValueError as error:
        raise ValueError("the training plots have no words") from error
    return np.asarray(words.transform(plots).toarray(), dtype=np.float32)


def _poster(path: Path) -> np.ndarray:
    height, width = _SIZE
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            return np.asarray(image.convert("RGB").resize((width, height)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} is no JPEG that can be read: {error}") from error

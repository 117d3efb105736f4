"""Affect pickles: MOSI, MOSEI (mosi_data.pkl, mosei_senti_data.pkl), UR-FUNNY (humor.pkl) and
MUsTARD (sarcasm.pkl), as MultiBench ships them.

The widths of vision, audio and text are 20, 5 and 300 in mosi_data.pkl, 35 or 47, 74 and 300 in raw
MOSI, 35, 74 and 300 in MOSEI, 371, 81 and 300 in UR-FUNNY and MUsTARD.
"""

from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from interaction_probes.common.values.labels_and_numbers import discrete_codes
from interaction_probes.datasets.schema import PARTS, Label, Modality, MultimodalDataset, Split

from .content import as_array, as_mapping, check_keys, check_known
from .restricted_pickle import read_plain_pickle
from .standardised import scale_features

#: The class of MOSI's and MOSEI's sentiment 0.
Neutral = Literal["negative", "positive", "drop"]
#: Part → its key in the file.
_KEYS = {"train": "train", "validation": "valid", "test": "test"}
_NAMES = ("vision", "audio", "text")
_WIDTHS = (
    "the 20 vision and 5 audio features of mosi_data.pkl are fixed lists of columns of FACET's "
    "and COVAREP's, chosen by the file's authors; a raw file has 35 or 47 and 74"
)


def read_affect(
    path: Path, neutral: Neutral | None = None, standardise: bool = True
) -> MultimodalDataset:
    """Read an affect pickle; the split is the file's own.

    Rows whose text is all zero are dropped from every key, −inf in audio becomes 0, and every
    modality is cut at the first step with text, so that valid steps come first. The 20 vision and
    5 audio features of mosi_data.pkl are fixed lists of columns of the 35 or 47 of FACET and the 74
    of COVAREP in a raw file, chosen by that file's authors: a raw file is another data set.

    Args:
        path: the pickle: train, valid, test, each with vision, audio, text [N, T, F], labels, id.
        neutral: MOSI, MOSEI: whether sentiment 0 is of the negative class, as in CoMM, of the
            positive one, as elsewhere, or dropped.
        standardise: by training rows.

    Returns:
        Modalities vision, audio, text. Labels of MOSI and MOSEI: ``sentiment`` (real) and
        ``polarity``; of the others ``label``. Units are the file's ids, without the number of the
        segment, where none is in two parts.

    Raises:
        ValueError: other content, no choice of the neutral class where there is one to make, or a
            part without a row that is kept.
    """
    if neutral is not None and neutral not in get_args(Neutral):
        raise ValueError(f"neutral is {', '.join(get_args(Neutral))}, not {neutral!r}")
    content = as_mapping(read_plain_pickle(path), "the pickle")
    check_keys(content, _KEYS.values(), "the pickle")
    read = {part: _part(content[key], key) for part, key in _KEYS.items()}
    for name in (*_NAMES,):
        widths = {part: found[name].shape[2] for part, found in read.items()}
        if len(set(widths.values())) > 1:
            shown = ", ".join(f"{part} {width}" for part, width in widths.items())
            raise ValueError(f"{name} has other widths in other parts ({shown}); {_WIDTHS}")
    labels = np.concatenate([found["labels"] for found in read.values()])
    sentiments = _are_sentiments(labels, neutral)
    notes, kept = [], {}
    for part, found in read.items():
        kept[part], note = _rows(found, part, neutral if sentiments else None)
        notes.append(note)
    ends = np.cumsum([0, *(len(rows) for rows in kept.values())])
    split = Split(**{p: np.arange(*ends[k : k + 2]) for k, p in enumerate(PARTS)})
    start = np.concatenate([_first_step(found["text"][kept[p]]) for p, found in read.items()])
    modalities = []
    for name in _NAMES:
        values, infinite = _joined([found[name][kept[part]] for part, found in read.items()], start)
        if name == "audio":
            values[values == -np.inf] = 0
            notes += [f"audio: {infinite:,} values of −inf were set to 0"] if infinite else []
        modalities.append(Modality(name, "sequences", values, values.shape[1] - start))
    notes.append("every sequence begins at its first step with text; padding comes after it")
    if modalities[1].values.shape[2] == 74 and sentiments:
        notes.append(_WIDTHS)
    scaled, note = scale_features(modalities, split.train, standardise)
    units, said = _units([found["id"] for found in read.values()], kept, split)
    values = np.concatenate([found["labels"][kept[part]] for part, found in read.items()])
    made = _labels(values, sentiments, neutral)
    return MultimodalDataset(scaled, made, split, units, (*notes, note, *said))


def _part(value: Any, key: str) -> dict[str, Any]:
    """One part of the file: arrays by name, labels float64 [N], ids or None."""
    content = as_mapping(value, key)
    check_keys(content, (*_NAMES, "labels"), key)
    found: dict[str, Any] = {}
    for name in _NAMES:
        found[name] = as_array(content[name], (None, None, None), f"{key}, {name}")
        if found[name].shape[:2] != found["vision"].shape[:2]:
            raise ValueError(
                f"{key}: {name} is {list(found[name].shape)} and vision "
                f"{list(found['vision'].shape)}: only files with aligned steps are read"
            )
    labels = np.asarray(content["labels"])
    n = len(found["vision"])
    found["labels"] = as_array(labels.reshape(-1), (n,), f"{key}, labels").astype(np.float64)
    check_known(found["labels"], f"{key}, labels")
    found["id"] = content.get("id")
    return found


def _are_sentiments(labels: np.ndarray, neutral: Neutral | None) -> bool:
    """Whether labels are real numbers; whoever has them chooses the class of 0."""
    distinct = set(np.unique(labels))
    if distinct <= {0, 1} or distinct <= {-1, 1}:
        if neutral is not None:
            raise ValueError("neutral is a choice of sentiments; these labels are two classes")
        return False
    if min(distinct) < -3 or max(distinct) > 3:
        raise ValueError(
            f"labels are −3 to 3, 0 and 1, or −1 and 1, not {min(distinct):g} to {max(distinct):g}"
        )
    if neutral is None:
        raise ValueError(
            f"{int((labels == 0).sum())} of {len(labels)} labels are 0, neutral, and papers "
            "differ in their class: choose neutral negative, positive or drop (docs/own-data.md)"
        )
    return True


def _rows(found: dict[str, Any], part: str, neutral: Neutral | None) -> tuple[np.ndarray, str]:
    """The rows of a part that are kept, and what is said of the others."""
    text = (found["text"] != 0).any(axis=(1, 2))
    keep = text & (found["labels"] != 0) if neutral == "drop" else text
    reasons = [f"{int((~text).sum())} dropped since their text is all zero"]
    if neutral == "drop":
        reasons.append(f"{int((text & ~keep).sum())} since they are neutral")
    note = f"{part}: {len(text):,} rows read, {', '.join(reasons)}; {int(keep.sum()):,} left"
    if len(text) and not keep.any():
        raise ValueError(f"{note}: every part needs some rows with text")
    return np.flatnonzero(keep), note


def _first_step(text: np.ndarray) -> np.ndarray:
    found: np.ndarray = (text != 0).any(axis=2).argmax(axis=1)
    return found.astype(np.int64)


def _joined(parts: list[np.ndarray], start: np.ndarray) -> tuple[np.ndarray, int]:
    """Rows of all parts from their first step on, float32, zeros after them; and how many −inf."""
    n, steps, width = len(start), parts[0].shape[1], parts[0].shape[2]
    if {found.shape[1] for found in parts} != {steps}:
        raise ValueError("the parts have sequences of different numbers of steps")
    values = np.zeros((n, steps, width), dtype=np.float32)
    row, infinite = 0, 0
    for found in parts:
        for one in found:
            cut = one[start[row] :]
            infinite += int(np.isneginf(cut).sum())
            values[row, : len(cut)] = cut
            row += 1
    return values, infinite


def _labels(values: np.ndarray, sentiments: bool, neutral: Neutral | None) -> tuple[Label, ...]:
    if not sentiments:
        classes, codes = np.unique(values, return_inverse=True)
        names = tuple(f"{one:g}" for one in classes)
        return (Label("label", "classes", codes.reshape(-1).astype(np.int64), names),)
    positive = values >= 0 if neutral == "positive" else values > 0
    polarity = Label("polarity", "classes", positive.astype(np.int64), ("negative", "positive"))
    return Label("sentiment", "real", values), polarity


def _units(
    ids: list[Any], kept: dict[str, np.ndarray], split: Split
) -> tuple[np.ndarray | None, list[str]]:
    """Numbers of the ids; none, and why, where they are missing or in two parts."""
    names: list[str] = []
    for part, found in zip(PARTS, ids, strict=True):
        values = np.asarray([] if found is None else found)
        if values.ndim == 0 or len(values) <= (kept[part].max() if len(kept[part]) else 0):
            return None, ["no units: the file has no id for each row"]
        values = values.reshape(len(values), -1)[:, 0]
        names += [_video(values[row]) for row in kept[part]]
    codes = discrete_codes(names, "id")
    parts = {part: set(codes[rows].tolist()) for part, rows in split.parts().items()}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        if both := parts[one] & parts[other]:
            name = names[int((codes == min(both)).argmax())]
            return None, [f"no units: id {name} is in {one} and in {other} of the file's own split"]
    return codes, [f"units are ids without the segment: {len(np.unique(codes)):,}"]


def _video(name: Any) -> str:
    text = name.decode("latin1") if isinstance(name, bytes) else str(name)
    return text.partition("[")[0]

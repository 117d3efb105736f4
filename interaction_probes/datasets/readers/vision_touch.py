"""Vision & Touch: a folder of .h5 files, one robot episode each (Lee et al., ICRA 2019)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from interaction_probes.datasets.schema import Label, Modality, MultimodalDataset
from interaction_probes.datasets.splits import complete

from .content import check_known
from .hdf5 import dataset_of, opened
from .standardised import scale_features

_KEYS = ("image", "ee_forces_continuous", "proprio", "contact")
#: Coordinates of the end effector at the start of `proprio`: x, y, z and yaw.
_TARGET = 4


def read_vision_touch(path: Path, standardise: bool = True) -> MultimodalDataset:
    """Read a folder of episodes; a sample is one step of an episode.

    The labels of a step are of the next one, so that the last step of an episode is dropped. The
    published split has its test episodes as validation too; here test and validation episodes are
    drawn apart, and the reader says so.

    Args:
        path: the folder.
        standardise: force and proprioception by training rows.

    Returns:
        Modalities ``image`` uint8 [N, h, w, 3], ``force`` [N, steps, 6] and ``proprio`` [N, 8].
        Labels ``ee_yaw_next`` (real [N, 4]: the next step's position and yaw of the end effector;
        from the file's key of that name where it has one) and ``contact_next`` (classes). Units are
        episodes.

    Raises:
        ValueError: no .h5 files, other content, ``ee_yaw_next`` in some episodes only, or
            h5py is not installed.
    """
    if not path.is_dir():
        raise ValueError("Vision & Touch is a folder of .h5 files, and this is a file")
    files = sorted(path.glob("*.h5"))
    if not files:
        raise ValueError("the folder has no .h5 files")
    _check_one_target(files)
    episodes = [_episode(file) for file in files]
    for file, episode in zip(files, episodes, strict=True):
        for key, values in episode.items():
            if values.shape[1:] != episodes[0][key].shape[1:]:
                raise ValueError(
                    f"{file.name}, {key}: a step is {list(values.shape[1:])}, and "
                    f"{list(episodes[0][key].shape[1:])} in {files[0].name}"
                )
    joined = {
        key: np.concatenate([episode[key] for episode in episodes]) for key in list(episodes[0])
    }
    n = len(joined["image"])
    units = np.repeat(np.arange(len(files)), [len(one["image"]) for one in episodes])
    labels = (
        Label("ee_yaw_next", "real", joined["ee_yaw_next"]),
        Label("contact_next", "classes", joined["contact_next"], ("no", "yes")),
    )
    split, made = complete({}, n, labels, units)
    modalities = [
        Modality("image", "images", joined["image"]),
        Modality("force", "sequences", joined["force"]),
        Modality("proprio", "vectors", joined["proprio"]),
    ]
    scaled, note = scale_features(modalities, split.train, standardise)
    notes = (
        f"{n + len(files):,} steps of {len(files):,} episodes read; the last step of each is "
        f"dropped, since its labels are of the next one; {n:,} left",
        "the published split uses its test episodes for validation; here episodes of their own "
        "are drawn for it",
        *made,
        note,
    )
    return MultimodalDataset(scaled, labels, split, units, notes)


def _check_one_target(files: Sequence[Path]) -> None:
    """Refuse episodes of which only some store the target: the label would have two definitions."""
    stored: dict[bool, str] = {}
    for path in files:
        with opened(path) as file:
            stored.setdefault("ee_yaw_next" in file, path.name)
    if len(stored) > 1:
        raise ValueError(
            f"{stored[True]} has ee_yaw_next and {stored[False]} does not, where it would be taken "
            "from proprio: give it in all episodes or in none"
        )


def _episode(path: Path) -> dict[str, np.ndarray]:
    """The steps of an episode but the last, with the labels of the next ones."""
    with opened(path) as file:
        image = dataset_of(file, "image", (None, None, None, 3), _KEYS)
        steps = len(image)
        if steps < 2 or image.dtype != np.uint8:
            raise ValueError(
                f"{path.name}, image is {image.dtype} of {steps} steps: uint8, 2 or more"
            )
        force = dataset_of(file, "ee_forces_continuous", (steps, None, 6), _KEYS)
        proprio = dataset_of(file, "proprio", (steps, None), _KEYS)
        contact = dataset_of(file, "contact", (steps, None), _KEYS)
        touched = contact[1:]
        check_known(touched, f"{path.name}, contact after its first step")
        if "ee_yaw_next" in file:
            target = dataset_of(file, "ee_yaw_next", (steps, None), _KEYS)[:-1]
        else:
            target = proprio[1:, :_TARGET]
        return {
            "image": image[:-1],
            "force": force[:-1].astype(np.float32),
            "proprio": proprio[:-1].astype(np.float32),
            "ee_yaw_next": target.astype(np.float64),
            "contact_next": (touched.sum(axis=1) > 0).astype(np.int64),
        }

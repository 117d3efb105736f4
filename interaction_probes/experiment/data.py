"""A run's data: drawn as its config says, or paired from the images of a folder."""

import json
from dataclasses import replace
from pathlib import Path

from interaction_probes.settings.config import ImageFolder, RunConfig, to_dict
from interaction_probes.settings.presets import PRESETS
from trifeature import PairedImages, generate, pair_images, read_folder


def with_image_checksum(config: RunConfig) -> RunConfig:
    """A config that says what the images of its folder are; as it is where images are generated.

    The folder's path becomes absolute, its checksum is noted, and the numbers of values and
    renders are the folder's.

    Raises:
        ValueError: images that cannot be used, that are others than the checksum says, or settings
            of generated images beside the folder.
        OSError: images that cannot be read.
    """
    if not config.folder.path:
        return config
    path = Path(config.folder.path).expanduser().absolute()
    found = read_folder(path)
    images = replace(config.images, counts=found.counts, renders=found.renders)
    preset = PRESETS.get(config.preset)
    if config.images != images and (preset is None or config.images != preset.images):
        raise ValueError("--images says what the images are: leave --images.counts and such out")
    folder = ImageFolder(str(path), _checked(config.folder, found.sha256))
    return replace(config, images=images, folder=folder)


def design_note(config: RunConfig) -> str | None:
    """A line for who takes images of a folder with another design than its manifest.json names.

    Pairs are drawn anew by the run's own design; a manifest that is missing, damaged or of another
    program says nothing.
    """
    if not config.folder.path:
        return None
    try:
        content = (Path(config.folder.path) / "manifest.json").read_text()
        made = dict(json.loads(content)["pairs"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    own = {name: to_dict(config)["design"][name] for name in ("shared", "unique", "mapped")}
    differing = [name for name in own if made.get(name, own[name]) != own[name]]
    if not differing:
        return None
    told = ", ".join(f"{name} {_words(made[name])}" for name in differing)
    options = ", ".join(f"--design.{name}" for name in differing)
    return f"note: {config.folder.path} was made for {told}; this run has its own ({options})"


def _words(value: object) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def dataset(config: RunConfig, cache: Path | None = None) -> PairedImages:
    """Images and pairs of a run.

    Args:
        config: the run's, its images known (:func:`with_image_checksum`).
        cache: folder that keeps generated images.

    Raises:
        ValueError: a design that allows no pair, a damaged cache, or a folder whose images cannot
            be used or are others than the config's.
        OSError: images that cannot be read.
    """
    if not config.folder.path:
        return generate(config.images, config.design, config.seed, config.n_pairs, cache)
    if not config.folder.sha256:
        raise ValueError(
            "the config does not say which images it means: "
            "interaction_probes.experiment.data.with_image_checksum notes it"
        )
    found = read_folder(Path(config.folder.path))
    _checked(config.folder, found.sha256)
    return pair_images(
        found.train, found.test, found.counts, config.design, config.seed, config.n_pairs
    )


def _checked(folder: ImageFolder, sha256: str) -> str:
    if folder.sha256 not in ("", sha256):
        raise ValueError(
            f"the images in {folder.path} are others than they were: "
            f"their sha256 is {sha256[:12]}…, not {folder.sha256[:12]}…"
        )
    return sha256

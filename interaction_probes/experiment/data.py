"""Data of a run: generated from its config, or pairs of images from a folder."""

import json
from dataclasses import replace
from pathlib import Path

from interaction_probes.settings.config import ImageFolder, RunConfig, to_dict
from interaction_probes.settings.presets import PRESETS
from trifeature import (
    PairedImages,
    draw_mapping,
    exact_truth,
    generate,
    pair_images,
    read_folder,
)
from trifeature.information.purity import purity_notes


def with_image_checksum(config: RunConfig) -> RunConfig:
    """Complete a config that uses a folder of images; other configs are returned unchanged.

    The folder's path becomes absolute, its checksum is set, and the numbers of values and renders
    are those of the folder.

    Raises:
        ValueError: the images are unusable or do not match the checksum, or settings of generated
            images are given as well.
        OSError: the images cannot be read.
    """
    if not config.folder.path:
        return config
    path = Path(config.folder.path).expanduser().absolute()
    content = read_folder(path)
    images = replace(config.images, counts=content.counts, renders=content.renders)
    preset = PRESETS.get(config.preset)
    if config.images != images and (preset is None or config.images != preset.images):
        raise ValueError(
            "--images.counts and --images.renders follow from the folder of --images: omit them"
        )
    folder = ImageFolder(str(path), _verified(config.folder, content.sha256))
    return replace(config, images=images, folder=folder)


def design_note(config: RunConfig) -> str | None:
    """A note if a folder's manifest.json names another pair design than the config.

    A run draws pairs by its own design, not the manifest's. None if the designs agree, or if the
    manifest is missing, damaged or of another program.
    """
    if not config.folder.path:
        return None
    try:
        content = (Path(config.folder.path) / "manifest.json").read_text()
        manifest = dict(json.loads(content)["pairs"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    design = {name: to_dict(config)["design"][name] for name in ("shared", "unique", "mapped")}
    differing = [name for name in design if manifest.get(name, design[name]) != design[name]]
    if not differing:
        return None
    theirs = ", ".join(f"{name} {_as_text(manifest[name])}" for name in differing)
    options = ", ".join(f"--design.{name}" for name in differing)
    return f"note: {config.folder.path} was made for {theirs}; this run uses its own ({options})"


def purity_lines(config: RunConfig) -> list[str]:
    """A note per task that the probing pairs of a run do not measure purely."""
    counts, design = config.images.counts, config.design
    mapping = draw_mapping(design, counts, config.seed)
    truth = exact_truth(design.unbiased, counts, mapping)
    return [f"note: {line}" for line in purity_notes(truth)]


def _as_text(value: object) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def dataset(config: RunConfig, cache: Path | None = None) -> PairedImages:
    """Images and pairs of a run.

    Args:
        config: configuration of the run, after :func:`with_image_checksum`.
        cache: folder of rendered images.

    Raises:
        ValueError: the design allows no pair, the cache is damaged, or the images of the folder
            are unusable or do not match the config's checksum.
        OSError: the images cannot be read.
    """
    if not config.folder.path:
        return generate(config.images, config.design, config.seed, config.n_pairs, cache)
    if not config.folder.sha256:
        raise ValueError(
            "the config lacks the checksum of its images: "
            "interaction_probes.experiment.data.with_image_checksum adds it"
        )
    content = read_folder(Path(config.folder.path))
    _verified(config.folder, content.sha256)
    return pair_images(
        content.train, content.test, content.counts, config.design, config.seed, config.n_pairs
    )


def _verified(folder: ImageFolder, sha256: str) -> str:
    """Return a checksum if it is that of the config, or the config has none yet."""
    if folder.sha256 not in ("", sha256):
        raise ValueError(
            f"the images in {folder.path} have changed: "
            f"their sha256 is {sha256[:12]}…, not {folder.sha256[:12]}…"
        )
    return sha256

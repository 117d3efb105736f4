"""Data of a run: generated from its config, or pairs or samples of images from a folder."""

import json
from dataclasses import replace
from pathlib import Path

from interaction_probes.settings.config import ImageFolder, RunConfig, to_dict
from interaction_probes.settings.presets import preset_of
from trifeature import (
    FolderImages,
    PairedImages,
    draw_mapping,
    exact_truth,
    generate,
    pair_images,
    read_folder,
)
from trifeature.dataset.folder_pairs import FolderPairs, has_pairs, read_pairs
from trifeature.dataset.image_samples import ImageSamples
from trifeature.dataset.paired_images import with_pairs
from trifeature.information.purity import purity_notes
from trifeature.pairs.design import Task, tasks

from .sample_data import (
    drawn_samples,
    own_samples,
    samples_note,
    samples_of_folder,
    tasks_of_samples,
    with_samples_checksum,
)
from .vector_data import drawn_vectors


def with_image_checksum(config: RunConfig, own_pairs: bool = False) -> RunConfig:
    """Complete a config that uses a folder of images; other configs are returned unchanged.

    The folder's path becomes absolute, its checksum is set, and the numbers of values and renders
    are those of the folder. Where the run uses the folder's own pairs, the checksum covers them as
    well, and design and number of pairs are theirs. A config whose checksum covers the pairs uses
    them, whatever `own_pairs` is.

    Args:
        config: configuration of the run.
        own_pairs: whether the run uses the pairs that lie in the folder, where there are some.

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
    preset = preset_of(config.preset, config.preset_version)
    if preset is not None and config.images.geometry != preset.images.geometry:
        raise ValueError(
            "--images.geometry is of generated images, and --images has its own: omit it"
        )
    if config.images != images and (preset is None or config.images != preset.images):
        raise ValueError(
            "--images.counts and --images.renders follow from the folder of --images: omit them"
        )
    samples = own_samples(config, content, own_pairs)
    if samples is not None:
        if config.folder.sha256 != content.sha256:  # which is a checksum of the images alone
            _verified(config.folder, samples.sha256(content), "images or samples")
        return with_samples_checksum(replace(config, images=images), samples, content, own_pairs)
    pairs = None if config.modalities > 2 else _own_pairs(config.folder, content, own_pairs)
    if pairs is None:
        folder = ImageFolder(str(path), _verified(config.folder, content.sha256))
        return replace(config, images=images, folder=folder)
    if config.folder.sha256 != content.sha256:  # which is a checksum of the images alone
        _verified(config.folder, pairs.sha256(content), "images or pairs")
    return replace(
        config,
        images=images,
        folder=ImageFolder(str(path), pairs.sha256(content)),
        design=pairs.design if own_pairs else config.design,
        n_pairs=len(pairs.pretrain) if own_pairs else config.n_pairs,
    )


def _own_pairs(folder: ImageFolder, content: FolderImages, wanted: bool) -> FolderPairs | None:
    """The pairs that lie in a folder, if they are wanted or its checksum covers them."""
    path = Path(folder.path).expanduser()
    covered = folder.sha256 not in ("", content.sha256)
    if not has_pairs(path) or not (wanted or covered):
        return None
    return read_pairs(path, content)


def pairs_note(config: RunConfig) -> str | None:
    """A note on whose pairs a run on a folder of images uses: the folder's own, or drawn ones.

    None for generated images.

    Raises:
        ValueError: the images are unusable.
        OSError: the images cannot be read.
    """
    if not config.folder.path:
        return None
    if config.modalities > 2:
        return samples_note(config)
    path = Path(config.folder.path)
    if not has_pairs(path):
        return f"note: {path} has no pairs of its own: they are drawn by seed {config.seed}"
    content = read_folder(path)
    if config.folder.sha256 in ("", content.sha256):
        return (
            f"note: the pairs in {path} are not used: others are drawn by seed {config.seed} and "
            "this run's design"
        )
    design = config.design
    return (
        f"note: the pairs are those in {path}: {config.n_pairs:,} to learn from, {design.shared} "
        f"shared in {100 * design.shared_strength:g} %, the mapping imposed on "
        f"{100 * design.mapping_strength:g} %; --pairs draws others from these images"
    )


def design_note(config: RunConfig) -> str | None:
    """A note if a folder's manifest.json names another pair design than the config.

    A run that draws pairs does so by its own design, not the manifest's. None if the designs agree,
    or if the manifest is missing, damaged or of another program.
    """
    if not config.folder.path or config.modalities > 2:
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
    if config.data.path or config.modalities > 2:  # designs whose tasks are not pure are refused
        return []
    counts, design = config.images.counts, config.design
    mapping = draw_mapping(design, counts, config.seed)
    if config.folder.path:
        pairs = _own_pairs(config.folder, read_folder(config.folder.path), wanted=False)
        mapping = mapping if pairs is None else pairs.mapping
    truth = exact_truth(design.unbiased, counts, mapping)
    return [f"note: {line}" for line in purity_notes(truth)]


def _as_text(value: object) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def tasks_of(config: RunConfig) -> tuple[Task, ...]:
    """The tasks of a run, without its images."""
    if config.modalities > 2:
        return tasks_of_samples(config)
    return tasks(config.design, config.images.counts)


def classes_of(config: RunConfig) -> dict[str, int]:
    """Task, or label of a dataset → number of classes, without any data."""
    if config.data.path:
        return dict(config.data.classes)
    return {task.name: task.classes for task in tasks_of(config)}


def dataset(config: RunConfig, cache: Path | None = None) -> PairedImages | ImageSamples:
    """Images and pairs of a run, or samples of more images; of vectors the images are empty.

    Args:
        config: configuration of the run, after :func:`with_image_checksum`.
        cache: folder of rendered images.

    Raises:
        ValueError: the design allows no pair, the cache is damaged, or the images of the folder
            are unusable or do not match the config's checksum.
        OSError: the images cannot be read.
    """
    if config.data.path:
        raise ValueError(f"this run learns from {config.data.path}, and has no images")
    if config.kind == "vectors":
        return drawn_vectors(config)
    if not config.folder.path:
        if config.modalities > 2:
            return drawn_samples(config, cache)
        return generate(config.images, config.design, config.seed, config.n_pairs, cache)
    if not config.folder.sha256:
        raise ValueError(
            "the config lacks the checksum of its images: "
            "interaction_probes.experiment.data.with_image_checksum adds it"
        )
    content = read_folder(Path(config.folder.path))
    if config.modalities > 2:
        samples = own_samples(config, content, wanted=False)
        sha256 = content.sha256 if samples is None else samples.sha256(content)
        _verified(config.folder, sha256, "images" if samples is None else "images or samples")
        return samples_of_folder(config, content, samples)
    pairs = _own_pairs(config.folder, content, wanted=False)
    if pairs is not None:
        _verified(config.folder, pairs.sha256(content), "images or pairs")
        if (config.design, config.n_pairs) != (pairs.design, len(pairs.pretrain)):
            raise ValueError(
                f"the checksum covers the pairs in {config.folder.path}, whose design or number "
                "is another than the config's; leave out --images-sha256 to draw other pairs"
            )
        sets = (pairs.pretrain, pairs.probe_train, pairs.probe_test)
        return with_pairs(
            content.train, content.test, content.counts, pairs.design, pairs.mapping, sets
        )
    _verified(config.folder, content.sha256)
    return pair_images(
        content.train, content.test, content.counts, config.design, config.seed, config.n_pairs
    )


def _verified(folder: ImageFolder, sha256: str, what: str = "images") -> str:
    """Return a checksum if it is that of the config, or the config has none yet."""
    if folder.sha256 not in ("", sha256):
        raise ValueError(
            f"the {what} in {folder.path} have changed: "
            f"their sha256 is {sha256[:12]}…, not {folder.sha256[:12]}…"
        )
    return sha256

"""Data of a run on samples of three images or more: generated, or from a folder of images."""

from dataclasses import replace
from pathlib import Path

from interaction_probes.settings.config import ImageFolder, RunConfig
from trifeature import FolderImages, draw_latin_arrays, generate_samples
from trifeature.dataset.folder_samples import FolderSamples, has_samples, read_samples
from trifeature.dataset.image_samples import ImageSamples, sample_images, with_samples
from trifeature.pairs.design import Task
from trifeature.samples.design import SampleDesign
from trifeature.samples.tasks import sample_tasks


def tasks_of_samples(config: RunConfig) -> tuple[Task, ...]:
    """The tasks of a run on samples, without its images."""
    design, counts = config.samples, config.images.counts
    return sample_tasks(design, counts, draw_latin_arrays(design, counts, config.seed))


def drawn_samples(config: RunConfig, cache: Path | None) -> ImageSamples:
    """Generated images and samples of a run.

    Raises:
        ValueError: as :func:`trifeature.generate_samples`.
    """
    return generate_samples(config.images, config.samples, config.seed, config.n_pairs, cache)


def own_samples(config: RunConfig, content: FolderImages, wanted: bool) -> FolderSamples | None:
    """The samples that lie in a run's folder, if they are wanted or its checksum covers them.

    Raises:
        ValueError: samples of another number of images, or of another design than the standard
            one.
    """
    path = Path(config.folder.path).expanduser()
    covered = config.folder.sha256 not in ("", content.sha256)
    if config.modalities == 2 or not has_samples(path) or not (wanted or covered):
        return None
    samples = read_samples(path, content)
    if samples.design.images != config.modalities:
        raise ValueError(
            f"the samples in {path} have {samples.design.images} images, not {config.modalities}: "
            f"--modalities {samples.design.images}, or --pairs to draw others from these images"
        )
    if _standard(samples) != samples.design:
        raise ValueError(
            f"the samples in {path} have other rules than the standard design of "
            f"{config.modalities} images, which runs are probed by; --pairs draws others from "
            "these images"
        )
    return samples


def _strengths(samples: FolderSamples) -> tuple[float, float]:
    pair, triple = (*(rule.strength for rule in samples.design.latin), 0.0, 0.0)[:2]
    return pair, triple


def _standard(samples: FolderSamples) -> SampleDesign:
    return SampleDesign.standard(samples.design.images, *_strengths(samples))


def with_samples_checksum(
    config: RunConfig, samples: FolderSamples, content: FolderImages, own: bool
) -> RunConfig:
    """Complete a config that uses the samples of its folder.

    Args:
        config: configuration of the run.
        samples: those of its folder.
        content: the images of its folder.
        own: whether strengths and number of samples are to be theirs.
    """
    path = Path(config.folder.path).expanduser().absolute()
    config = replace(config, folder=ImageFolder(str(path), samples.sha256(content)))
    if not own:
        return config
    pair, triple = _strengths(samples)
    return replace(
        config,
        n_pairs=len(samples.pretrain),
        pair_rule_strength=pair,
        triple_rule_strength=triple,
    )


def samples_of_folder(
    config: RunConfig, content: FolderImages, samples: FolderSamples | None
) -> ImageSamples:
    """The data of a run on the images of a folder: the folder's own samples, or drawn ones.

    Raises:
        ValueError: the folder's samples are of another design or number than the config's.
    """
    if samples is None:
        return sample_images(
            *(content.train, content.test, content.counts),
            *(config.samples, config.seed, config.n_pairs),
        )
    if (config.samples, config.n_pairs) != (samples.design, len(samples.pretrain)):
        raise ValueError(
            f"the checksum covers the samples in {config.folder.path}, whose design or number is "
            "another than the config's; leave out --images-sha256 to draw other samples"
        )
    sets = (samples.pretrain, samples.probe_train, samples.probe_test)
    return with_samples(
        content.train, content.test, content.counts, samples.design, samples.arrays, sets
    )


def samples_note(config: RunConfig) -> str:
    """A note on whose samples a run on a folder of images uses: the folder's own, or drawn ones."""
    path = Path(config.folder.path)
    if has_samples(path):
        return f"note: the samples are those in {path}, or drawn from its images with --pairs"
    return f"note: {path} has no samples of its own: they are drawn by seed {config.seed}"

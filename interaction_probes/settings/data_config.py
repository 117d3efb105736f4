"""Which multimodal dataset a run learns from, in place of generated images."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from interaction_probes.contrast.encoders.inputs import InputConfig, InputEncoderConfig
from interaction_probes.contrast.views.noise import NoiseConfig

from .expected_checksum import check_expected_checksum


@dataclass(frozen=True)
class DataConfig:
    """A dataset of a user's own: where it is, how it is read, encoded and augmented.

    Attributes:
        path: a dataset of your own in place of generated images: an .npz file, a folder of .npy
            files, or package.module:function, which runs that module's code; see docs/own-data.md.
        sha256: expected checksum of its content; another content is refused. Filled in by a run.
        format: how another program wrote it; keys: the project's own keys.
        modalities: names of the modalities to use, in this order; all where none are given.
        neutral: format affect: the class of sentiment 0, which MOSI and MOSEI need.
        standardise: whether a format's features are standardised by the training rows.
        vectors: the encoder of each modality that is vectors.
        sequences: the encoder of each modality that is sequences.
        noise: the augmentation of vectors and sequences; images have that of views.
        classes: label → number of classes, of labels that are one of several classes. Filled in by
            a run.

    Raises:
        ValueError: what cannot be a checksum, or one without data.
    """

    path: Annotated[str, tyro.conf.arg(name="data", prefix_name=False)] = field(
        default="", metadata={"hashed": False}
    )
    sha256: Annotated[str, tyro.conf.arg(name="data-sha256", prefix_name=False)] = ""
    format: Literal["keys", "affect", "mimic", "vision-touch", "mmimdb"] = "keys"
    modalities: tuple[str, ...] = ()
    neutral: Literal["none", "negative", "positive", "drop"] = "none"
    standardise: bool = True
    vectors: InputEncoderConfig = field(default_factory=InputEncoderConfig)
    sequences: InputEncoderConfig = field(default_factory=InputEncoderConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    classes: tyro.conf.Suppress[tuple[tuple[str, int], ...]] = ()

    def __post_init__(self) -> None:
        needs = "a sha256 of data goes with the file that holds them: --data"
        check_expected_checksum(self.sha256, self.path, needs)

    @property
    def name(self) -> str:
        """The data in the names of run folders and in tables, by their checksum."""
        return f"data-{self.sha256[:8]}" if self.sha256 else "data"

    @property
    def file_name(self) -> str:
        """The file, the folder or the function that holds the data, without folders before it."""
        return Path(self.path).name

    @property
    def reader_form(self) -> tuple[str | None, tuple[str, ...] | None]:
        """The format, None for the project's own keys, and the modalities, None for all."""
        return None if self.format == "keys" else self.format, self.modalities or None

    @property
    def reader_options(self) -> dict[str, Any]:
        """Options of the format's reader that are not its defaults."""
        found: dict[str, Any] = {} if self.neutral == "none" else {"neutral": self.neutral}
        return found if self.standardise else {**found, "standardise": False}

    def encoded(self, described: InputConfig) -> InputConfig:
        """A modality's description with the encoder and the augmentation of its kind.

        Raises:
            ValueError: an encoder of another kind.
        """
        encoders = {"vectors": self.vectors, "sequences": self.sequences}
        if described.kind not in encoders:
            return described
        return replace(described, encoder=encoders[described.kind], noise=self.noise)

"""The description of a modality's input: its kind, its shape, its encoder and its augmentation."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import torch
from torch import Tensor

from interaction_probes.contrast.views.noise import NoiseConfig

KindName = Literal["vectors", "sequences", "images"]
InputEncoderName = Literal["default", "perceptron", "convolution", "transformer", "recurrent"]

#: kind → names of its encoders, the default first.
_ENCODERS = {
    "vectors": ("perceptron",),
    "sequences": ("transformer", "convolution", "recurrent"),
    "images": ("default",),
}
_SHAPES = {
    "vectors": "(features,)",
    "sequences": "(steps, features)",
    "images": "(height, width, channels)",
}


@dataclass(frozen=True)
class InputEncoderConfig:
    """Which encoder of vectors or sequences, and how large.

    Attributes:
        name: default, which is perceptron for vectors and transformer for sequences; convolution or
            recurrent (a GRU) for sequences.
        widths: perceptron: units of every layer; convolution: channels of every layer. Where none
            are given (256, 256) and (64, 64).
        tokens: perceptron only: tokens that its last layer is cut into.
        width: transformer and recurrent: width of the tokens.
        layers: transformer and recurrent: number of layers.
        heads: transformer only: attention heads.
        kernel: convolution only: steps that a convolution reads.
        stride: convolution only: steps from one window to the next.

    Raises:
        ValueError: an unknown name, or sizes under 1.
    """

    name: InputEncoderName = "default"
    widths: tuple[int, ...] = ()
    tokens: int = 8
    width: int = 40
    layers: int = 2
    heads: int = 5
    kernel: int = 3
    stride: int = 1

    def __post_init__(self) -> None:
        if self.name not in get_args(InputEncoderName):
            known = ", ".join(get_args(InputEncoderName))
            raise ValueError(f"no encoder {self.name!r}; there are {known}")
        sizes = (self.tokens, self.width, self.layers, self.heads, self.kernel, self.stride)
        if any(size < 1 for size in (*sizes, *self.widths)):
            raise ValueError("the sizes of an encoder are 1 or more")

    @property
    def perceptron_widths(self) -> tuple[int, ...]:
        """Units of the layers of a perceptron."""
        return self.widths or (256, 256)

    @property
    def convolution_widths(self) -> tuple[int, ...]:
        """Channels of the layers of a convolution."""
        return self.widths or (64, 64)


@dataclass(frozen=True)
class InputConfig:
    """What one modality of a data set is.

    Attributes:
        kind: vectors, sequences or images.
        shape: of one sample: (features,), (steps, features) or (height, width, channels). Images
            have 1 or 3 channels.
        padded: sequences only: whether they differ in length, so that some steps are padding.
        encoder: of vectors and sequences; images have the towers of `ModelConfig.encoder`.
        noise: the augmentation of vectors and sequences; images have `ViewConfig`.

    Raises:
        ValueError: a shape or an encoder of another kind, padding of what is no sequence, or widths
            that the tokens or the heads do not divide.
    """

    kind: KindName
    shape: tuple[int, ...]
    padded: bool = False
    encoder: InputEncoderConfig = field(default_factory=InputEncoderConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)

    def __post_init__(self) -> None:
        if self.kind not in get_args(KindName):
            known = ", ".join(get_args(KindName))
            raise ValueError(f"no kind of modality {self.kind!r}; there are {known}")
        form = _SHAPES[self.kind]
        if len(self.shape) != form.count(",") + (self.kind != "vectors"):
            raise ValueError(f"the shape of {self.kind} is {form}, not {self.shape}")
        if any(size < 1 for size in self.shape):
            raise ValueError(f"the sizes of a shape are 1 or more, not {self.shape}")
        if self.kind == "images" and self.shape[2] not in (1, 3):
            raise ValueError(f"images have 1 or 3 channels, not {self.shape[2]}")
        if self.padded and self.kind != "sequences":
            raise ValueError(f"only sequences are padded, and these are {self.kind}")
        if self.encoder.name not in ("default", *_ENCODERS[self.kind]):
            known = ", ".join(_ENCODERS[self.kind])
            raise ValueError(f"{self.encoder.name} is no encoder of {self.kind}; there are {known}")
        self._check_widths()

    def _check_widths(self) -> None:
        own = self.encoder
        last = own.perceptron_widths[-1]
        if self.encoder_name == "perceptron" and last % own.tokens:
            raise ValueError(
                f"the last layer of a perceptron, {last} units, is cut into equal tokens, and "
                f"{own.tokens} do not divide it"
            )
        if self.encoder_name == "transformer" and (own.width % own.heads or own.width % 2):
            raise ValueError(
                f"the width {own.width} of a transformer is even and a multiple of its heads, "
                f"{own.heads} here"
            )

    @property
    def encoder_name(self) -> str:
        """The name of the encoder, with the kind's own in the place of default."""
        named = self.encoder.name
        return _ENCODERS[self.kind][0] if named == "default" else named

    def blank(self) -> Tensor:
        """One sample of zeros as the encoder reads it: [1, d], [1, T, d] or [1, T, d + 1]."""
        if not self.padded:
            return torch.zeros(1, *self.shape)
        blank = torch.zeros(1, self.shape[0], self.shape[1] + 1)
        blank[:, :, -1] = 1
        return blank

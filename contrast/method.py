"""What a method is: the seam between objectives and everything that trains or probes them."""

import difflib
import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor, nn

from interaction_probes.contrast.encoders.build import build_encoder, feature_shape
from interaction_probes.contrast.encoders.images import EncoderConfig
from interaction_probes.contrast.encoders.inputs import InputConfig, KindName
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.contrast.views.noise import NoiseConfig

InitialisationName = Literal["default", "released"]


@dataclass(frozen=True)
class ModelConfig:
    """The parts that every method is built from.

    Attributes:
        encoder: the tower of each modality.
        size: height and width of the views in pixels.
        dim: width of the tokens and of the fused representation.
        heads: attention heads of the fusion.
        projection: width of the projections that the losses compare.
        temperature: τ, by which the contrastive losses divide similarities.
        initialisation: initial weights of the fusion: default, or released, those of the code that
            the authors of CoMM released.
        inputs: what each modality is; none where all are images, of `size` pixels.

    Raises:
        ValueError: an unknown initialisation, a temperature that is not positive, or a size under
            1.
    """

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    size: int = 64
    dim: int = 256
    heads: int = 8
    projection: int = 128
    temperature: float = 0.1
    initialisation: InitialisationName = field(
        default="default", metadata={"added_with_default": "default"}
    )
    inputs: tuple[InputConfig, ...] = field(default=(), metadata={"added_with_default": ()})

    def __post_init__(self) -> None:
        if self.initialisation not in get_args(InitialisationName):
            raise ValueError(
                f"the initialisation is {' or '.join(get_args(InitialisationName))}, "
                f"not {self.initialisation!r}"
            )
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"a temperature is one positive number, not {self.temperature}")
        for name in ("size", "dim", "heads", "projection"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is 1 or more, not {getattr(self, name)}")

    def described(self, modality: int) -> InputConfig:
        """What a modality is: its entry of `inputs`, or images of `size` pixels."""
        if self.inputs:
            return self.inputs[modality]
        return InputConfig("images", (self.size, self.size, 3))


@dataclass(frozen=True)
class Batch:
    """What a training step hands to a method.

    Attributes:
        views: views[m] holds the augmented views of modality m: [n_views, N, 3, size, size] of
            images, [n_views, N, d] of vectors, [n_views, N, T, d] of sequences; of padded ones
            [n_views, N, T, d + 1], whose last channel is 1 at valid steps and 0 at padded ones.
        labels: task name → int64 [N], for ceilings that learn from labels; self-supervised methods
            leave them alone.
        progress: (e + 1) / E in epoch e = 0, …, E − 1, for losses that change along the training.
        generator: on the CPU, for losses that draw at random; its state is the training loop's.
    """

    views: Sequence[Tensor]
    labels: Mapping[str, Tensor] | None = None
    progress: float = 1.0
    generator: torch.Generator | None = None


class Method(nn.Module, ABC):
    """A self-supervised objective over n modalities and the representation that it learns.

    A subclass names its loss terms with their default weights, computes them, and says how an
    image is encoded and how encoded images combine into the probed representation. Nothing else
    of the toolkit knows which method it runs. The first line of its docstring is its objective in
    a table of the methods.

    Args:
        config: the parts that the method is built from.
        modalities: how many there are.

    Attributes:
        modalities: how many there are.
        place: the one of `places` that is probed; :meth:`encode` and :meth:`combine` follow it.
        encoders: one per modality.
        feature_shapes: (channels, height, width) of each modality's feature map; of vectors and
            sequences the height is 1.
        feature_shape: that of the first modality, which all images share.

    Raises:
        ValueError: as :meth:`check_modalities` and :meth:`check_inputs`, or images too small for
            the tower.
    """

    #: term name → default weight; the loss is the weighted sum. A class names every term, with its
    #: weight for two modalities, or for the fewest that it is stated for; :meth:`terms_for` has
    #: those of another number.
    terms: Mapping[str, float]
    #: how many augmented views of each image a step needs.
    n_views: ClassVar[int] = 2
    #: the highest learning rate that it stands: presets of a higher one give way to it.
    highest_lr: ClassVar[float] = math.inf
    #: where the method was published, for the table of the methods.
    paper: ClassVar[str] = ""
    #: place where the representation can be probed → what it is; the paper's own comes first.
    places: ClassVar[Mapping[str, str]] = {"representation": "what combine returns"}
    #: fields of the configuration that it takes no notice of, ``model.heads`` say: a run that asks
    #: for another value of one is refused, since its name would promise what it is not.
    ignores: ClassVar[tuple[str, ...]] = ()
    #: attributes that a checkpoint need not hold, since losing them changes no number: a log, a
    #: cache. Dotted names from the method, ``encoders.0.cache`` say. Everything else that differs
    #: from a fresh method is saved, or refused at the first epoch where it cannot be.
    not_saved: ClassVar[tuple[str, ...]] = ()
    #: whether `loss` does the same operations at every step: it draws nothing, reads no `progress`,
    #: and neither waits for the values of tensors nor changes with them. A GPU then records a step
    #: once and replays it, which is several times faster for a small model. It holds for the class
    #: that says so, not for its subclasses.
    capturable: ClassVar[bool] = False
    #: whether it learns from the tasks' labels: tables never call such a ceiling the best.
    sees_labels: ClassVar[bool] = False
    #: the designs of pretraining pairs that the main job trains on.
    pairs: ClassVar[tuple[str, ...]] = ("unbiased", "biased")
    #: how many phases a training has, one after another. They share the epochs equally, the later
    #: ones what is over, and phase k of n ends at the `progress` k / n. Warm-up and schedule of the
    #: learning rate begin anew in each.
    phases: ClassVar[int] = 1
    #: the fewest modalities that the objective is stated for.
    min_modalities: ClassVar[int] = 1
    #: the most modalities that it is stated for; None for any number.
    max_modalities: ClassVar[int | None] = None
    #: what it would be with fewer modalities, for the error: "with 2 it is …".
    with_fewer: ClassVar[str] = ""
    #: the kinds of modalities that it learns from.
    kinds: ClassVar[tuple[KindName, ...]] = ("vectors", "sequences", "images")
    #: term name → the modalities that it sees, for the table of the methods.
    sees: ClassVar[Mapping[str, str]] = {}

    def __init__(self, config: ModelConfig, modalities: int = 2) -> None:
        super().__init__()
        self.check_modalities(modalities)
        self.check_inputs(config, modalities)
        self.config = config
        self.modalities = modalities
        self.place = self.find_place("default")
        self.encoders = nn.ModuleList(self.new_encoder(m) for m in range(modalities))
        self.feature_shapes = [self._feature_shape(m) for m in range(modalities)]
        self.feature_shape = self.feature_shapes[0]

    def new_encoder(self, modality: int) -> nn.Module:
        """A fresh encoder of a modality's kind and shape."""
        return build_encoder(self.config.encoder, self.config.described(modality))

    def _feature_shape(self, modality: int) -> tuple[int, int, int]:
        described = self.config.described(modality)
        size = self.config.size if described.kind == "images" else described
        return feature_shape(self.encoders[modality], size)

    @classmethod
    def build(
        cls, config: ModelConfig, classes: Mapping[str, int], modalities: int = 2
    ) -> "Method":
        """A fresh method; a ceiling learns the tasks' numbers of classes here.

        Args:
            config: the parts that it is built from.
            classes: task name → number of classes.
            modalities: how many images a sample has. An override without this argument builds for
                two.

        Raises:
            ValueError: as :meth:`check_modalities`, or as the class itself.
        """
        cls.check_modalities(modalities)  # first: the default of an __init__ may be another
        # A class whose own __init__ takes the config alone is one of two modalities.
        return cls(config) if modalities == 2 else cls(config, modalities)

    @classmethod
    def terms_for(cls, modalities: int, classes: Mapping[str, int]) -> Mapping[str, float]:
        """The `terms` of an instance; weights are checked against them before anything is drawn.

        Args:
            modalities: how many images a sample has.
            classes: task name → number of classes, for a ceiling with a term per task.
        """
        return dict(cls.terms)

    @classmethod
    def check_modalities(cls, modalities: int) -> None:
        """Refuse a number of modalities that the objective is not stated for.

        Raises:
            ValueError: fewer than `min_modalities`, or more than `max_modalities`.
        """
        low, high = cls.min_modalities, cls.max_modalities
        if low <= modalities and (high is None or modalities <= high):
            return
        if modalities < 1:
            raise ValueError(f"a method learns from 1 modality or more, not {modalities}")
        reason = f"; {cls.with_fewer}" if cls.with_fewer and modalities < low else ""
        raise ValueError(
            f"{cls.__name__} is stated for {modality_range(cls)} modalities, not for "
            f"{modalities}{reason}"
        )

    @classmethod
    def check_inputs(cls, config: ModelConfig, modalities: int) -> None:
        """Refuse inputs of another number, or of a kind that the method does not learn from.

        Raises:
            ValueError: there are such.
        """
        if config.inputs and len(config.inputs) != modalities:
            raise ValueError(
                f"{len(config.inputs)} inputs are described for {modalities} modalities"
            )
        for m, described in enumerate(config.inputs):
            if described.kind not in cls.kinds:
                raise ValueError(
                    f"{cls.__name__} learns from {' and '.join(cls.kinds)}, and modality {m + 1} "
                    f"is of {described.kind}"
                )

    @classmethod
    def find_place(cls, name: str) -> str:
        """One of `places` by its name; ``default`` is the first.

        Raises:
            ValueError: there is no such place.
        """
        if name == "default":
            return next(iter(cls.places))
        if name not in cls.places:
            close = difflib.get_close_matches(name, cls.places, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ValueError(
                f"no features {name!r}; {hint}this method is probed at {', '.join(cls.places)}"
            )
        return name

    def all_encoders(self) -> Sequence[nn.Module]:
        """Every encoder, which probes run in the precision of training.

        A method with others than `encoders` adds them.
        """
        return [*self.encoders]

    def views(self, config: ViewConfig) -> ViewConfig:
        """The augmentation that the method learns from; the run's own unless a method says so."""
        return config

    def noise_views(self, config: NoiseConfig) -> NoiseConfig:
        """The same for vectors and sequences; the modality's own unless a method says so."""
        return config

    @abstractmethod
    def loss(self, batch: Batch, terms: Collection[str]) -> dict[str, Tensor]:
        """The value of each of the named terms: scalars, unweighted."""

    @abstractmethod
    def encode(self, modality: int, images: Tensor) -> Tensor:
        """What has to be kept of single images: [n, 3, side, side] → [n, k].

        Vectors are [n, d], sequences [n, T, d] or [n, T, d + 1], as in :class:`Batch`. The side is
        that at which the run probes, which need not be that of the training views.
        Modalities may be encoded at the same time, in threads of their own.
        """

    @abstractmethod
    def combine(self, encoded: Sequence[Tensor | None]) -> Tensor:
        """The representation of samples: one [n, k] per modality (None: absent) → [n, d].

        Raises:
            NotImplementedError: an absent modality, where the method needs all; controls that
                look at one modality are then left out.
        """


def modality_range(method: type[Method]) -> str:
    """The numbers of modalities that a method is stated for: ``2``, ``3 or more``, ``3 to 5``."""
    low, high = method.min_modalities, method.max_modalities
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"

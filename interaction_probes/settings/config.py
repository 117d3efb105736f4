"""Everything that decides a run's numbers, as frozen dataclasses."""

import json
import math
import re
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

import tyro

from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.views.config import ViewConfig
from trifeature import ImageDesign, PairDesign, SampleDesign
from trifeature.dataset.paired_images import N_PAIRS

from .data_config import DataConfig
from .expected_checksum import check_expected_checksum
from .plain_types import build, check_kinds
from .probe_config import ProbeConfig


@dataclass(frozen=True)
class OptimConfig:
    """How the method is trained: the optimiser, with decay on matrices only (not on biases).

    Attributes:
        epochs: passes over the pretraining pairs.
        batch: batch size, in pairs (of all processes together), at most as many as there are to
            pretrain on.
        lr: peak learning rate; a preset lowers it for methods that would diverge.
        weight_decay: regularisation: decoupled weight decay, as of AdamW.
        warmup: fraction of the steps in which the learning rate rises linearly.
        schedule: learning rate after the warm-up: constant; down to 0 by a cosine or a line; or
            trapezoidal: constant until half of the steps are done, then down to 0 by a line.
        precision: bf16 computes the encoders in bfloat16, fp32 in float32; auto is bf16 on devices
            with fast bfloat16 arithmetic.
        optimizer: adamw, or muon: Muon for matrices and kernels, AdamW at half the rate for the
            rest. Muon needs fewer steps, and its own steps cost more.
        drop_last: leave out the last batch of an epoch where it is incomplete. One of a single pair
            is always left out, since it has nothing to compare. A loss is a mean over its batch,
            with fewer negatives in a small one, and counts as much in the mean of an epoch:
            losses with and without it are not comparable. A GPU replays no steps of an epoch whose
            batches differ in size, which is slower.

    Raises:
        ValueError: a number out of its range.
    """

    epochs: int = 12
    batch: int = 128
    lr: float = 2e-3
    weight_decay: float = 1e-4
    warmup: float = 0.05
    schedule: Literal["constant", "cosine", "linear", "trapezoidal"] = "cosine"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    optimizer: Literal["adamw", "muon"] = field(
        default="adamw", metadata={"added_with_default": "adamw"}
    )
    drop_last: bool = field(default=True, metadata={"added_with_default": True})

    def __post_init__(self) -> None:
        if self.epochs < 0:
            raise ValueError(f"the number of epochs is 0 or more, not {self.epochs}")
        if self.batch < 2:
            raise ValueError(f"a contrastive batch has at least 2 pairs, not {self.batch}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"a learning rate is positive, not {self.lr}")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight decay is 0 or more, not {self.weight_decay}")
        if not 0 <= self.warmup <= 1:
            raise ValueError(f"warm-up is a fraction of the steps in [0, 1], not {self.warmup}")

    def batch_sizes(self, samples: int) -> list[int]:
        """The sizes of an epoch's batches, in pairs of all processes together.

        Args:
            samples: how many there are to pretrain on.
        """
        size = min(self.batch, samples)
        whole, rest = divmod(samples, size)
        return [size] * whole + [rest] * (rest > 1 and not self.drop_last)


@dataclass(frozen=True)
class ImageFolder:
    """Images of a folder, made by any generator, in place of generated ones.

    Attributes:
        path: folder of images to use instead of generated ones, with a train/test split:
            train/SHAPE_TEXTURE_COLOUR_K.png and test/SHAPE_TEXTURE_COLOUR.png.
        sha256: expected checksum of these images; others are refused. Filled in by a run.

    Raises:
        ValueError: what cannot be a checksum, or one without a folder.
    """

    path: Annotated[str, tyro.conf.arg(name="images", prefix_name=False)] = field(
        default="", metadata={"hashed": False}
    )
    sha256: Annotated[str, tyro.conf.arg(name="images-sha256", prefix_name=False)] = ""

    def __post_init__(self) -> None:
        needs = "a sha256 of images goes with the folder that holds them: --images"
        check_expected_checksum(self.sha256, self.path, needs)


@dataclass(frozen=True)
class RunConfig:
    """One pretraining and its probes: all that decides its numbers, up to machine and threads.

    Attributes:
        method: a name that --list prints, or package.module:Class for a class of your own, which
            runs that module's code.
        preset: starting point: quick, quick-3, paper, paper-112, smoke, vectors or multibench.
        preset_version: which version of that preset: one that changes keeps its name, and runs of
            two versions have no common mean.
        seed: seed of every random stream of the run.
        n_pairs: number of pairs to pretrain on, of pairs to fit probes on, and at most of pairs to
            test probes on.
        kind: what is generated: images, or in the place of each a vector, a fixed random perceptron
            of its factors plus noise. --data.vectors and --data.noise are then its encoder and
            augmentation.
        images: generated images: sizes, numbers of values and renders.
        folder: a folder of images instead of generated ones.
        data: a dataset of a user's own instead of images; then modalities and n_pairs are its
            numbers of modalities and of samples to pretrain on.
        design: constraints on the pretraining pairs.
        modalities: images per sample. From 3 on samples follow
            trifeature.SampleDesign.standard, and the --design options are refused.
        pair_rule_strength: of 3 images and more, the fraction of the pretraining samples in which
            the rule of texture 1 and colour 3 is imposed.
        triple_rule_strength: the same for the rule of the textures of images 1, 2 and 3.
        views: strengths of the augmentation.
        model: encoders, widths and temperature.
        optim: optimiser, schedule, batch size and precision.
        probe: how representations are probed.
        weights: loss term → weight, where it differs from the method's default.

    Raises:
        ValueError: a seed out of its range, fewer than 2 pairs, weights that are not finite, or a
            preset's name that no folder could have, or rules of three images for two.
    """

    method: str = "comm"
    preset: str = "quick"
    seed: int = 0
    n_pairs: int = N_PAIRS
    images: ImageDesign = field(default_factory=ImageDesign)
    folder: ImageFolder = field(
        default_factory=ImageFolder, metadata={"added_with_default": ImageFolder()}
    )
    data: DataConfig = field(
        default_factory=DataConfig, metadata={"added_with_default": DataConfig()}
    )
    design: PairDesign = field(default_factory=PairDesign)
    views: ViewConfig = field(default_factory=ViewConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    probe: ProbeConfig = field(default_factory=ProbeConfig)
    weights: dict[str, float] = field(default_factory=dict)
    modalities: int = field(default=2, metadata={"added_with_default": 2})
    pair_rule_strength: float = field(default=0.0, metadata={"added_with_default": 0.0})
    triple_rule_strength: float = field(default=0.0, metadata={"added_with_default": 0.0})
    preset_version: int = field(default=1, metadata={"added_with_default": 1})
    kind: Literal["images", "vectors"] = field(
        default="images", metadata={"added_with_default": "images"}
    )

    def __post_init__(self) -> None:
        check_kinds(self)
        self._check_samples()
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"a seed is 0 or more and less than 2^63, not {self.seed}")
        if self.n_pairs < 2:
            raise ValueError(f"at least 2 pairs are needed, not {self.n_pairs}")
        if not re.fullmatch(r"[\w.-]+", self.preset):
            raise ValueError(
                f"a preset's name is letters, digits, '.', '_', '-'; not {self.preset!r}"
            )
        if self.preset_version < 1:
            raise ValueError(f"a preset's version is 1 or more, not {self.preset_version}")
        for term, weight in self.weights.items():
            if not math.isfinite(weight):
                raise ValueError(f"the weight of {term} is a finite number, not {weight}")

    def _check_samples(self) -> None:
        if self.kind == "vectors" and (self.data.path or self.folder.path):
            option = "--data" if self.data.path else "--images"
            raise ValueError(
                f"vectors are generated, and {option} gives samples of its own: leave it out, or "
                "--kind images"
            )
        if self.data.path:
            if self.folder.path:
                raise ValueError("--images and --data are both given: a run learns from one")
            if self.pair_rule_strength or self.triple_rule_strength:
                raise ValueError("rule strengths are of generated samples, not of --data")
        elif self.modalities != 2:
            _ = self.samples  # refuses what is no design
        elif self.pair_rule_strength or self.triple_rule_strength:
            raise ValueError(
                "rule strengths are of samples of 3 images or more: --modalities 3; the rule of "
                "pairs is --pairs biased, or --design.mapping-strength with --pairs design"
            )

    @property
    def samples(self) -> SampleDesign:
        """The design of the pretraining samples of three images or more.

        Raises:
            ValueError: a number of images or a strength out of its range.
        """
        return SampleDesign.standard(
            self.modalities, self.pair_rule_strength, self.triple_rule_strength
        )

    @property
    def probe_size(self) -> int:
        """Height and width at which images are probed: the first of `probe_sizes`."""
        return self.probe_sizes[0]

    @property
    def probe_sizes(self) -> tuple[int, ...]:
        """All heights and widths at which images are probed."""
        zooms = self.probe.zoom, *self.probe.further_zooms
        return tuple(round(zoom * self.model.size) for zoom in zooms)

    @property
    def probe_views(self) -> tuple[tuple[int, bool], ...]:
        """What is encoded of a probed image: each height and width, and whether it is mirrored."""
        sizes = self.probe_sizes
        if self.probe.mirrored_in_turn:
            return tuple((size, k % 2 == 0) for k, size in enumerate(sizes))
        sides = (False, True) if self.probe.mirrored else (False,)
        return tuple((size, mirrored) for mirrored in sides for size in sizes)

    @property
    def pairs(self) -> str:
        """The name of the pretraining design: unbiased, biased, or its strengths.

        Of three images and more: unbiased, pair-biased, triple-biased, or strengths as in
        ``pair0.5-triple1``. Of a dataset ``data-`` and the first 8 digits of its checksum.
        """
        if self.data.path:
            return self.data.name
        if self.modalities != 2:
            return _sample_design_name(self.pair_rule_strength, self.triple_rule_strength)
        shared, mapped = self.design.shared_strength, self.design.mapping_strength
        name = {0.0: "unbiased", 1.0: "biased"}.get(mapped, f"mapping{mapped:g}")
        return name if shared == 1 else f"shared{shared:g}-{name}"


def _sample_design_name(pair: float, triple: float) -> str:
    usual = {(0.0, 0.0): "unbiased", (1.0, 0.0): "pair-biased", (0.0, 1.0): "triple-biased"}
    rules = {"pair": pair, "triple": triple}
    parts = [f"{rule}{strength:g}" for rule, strength in rules.items() if strength]
    return usual.get((pair, triple)) or "-".join(parts)


def to_dict(config: RunConfig) -> dict[str, Any]:
    """A config as plain types, for JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return plain


def from_dict(plain: dict[str, Any]) -> RunConfig:
    """The inverse of :func:`to_dict`.

    Raises:
        ValueError: a field that is unknown or of a wrong type, or a value out of its range.
    """
    config = build(RunConfig, plain)
    assert isinstance(config, RunConfig)
    return config

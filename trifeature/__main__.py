"""``python -m trifeature generate | preview | audit``."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from interaction_probes.common.cli import friendly_errors, parse
from trifeature.dataset.export import Format, export
from trifeature.dataset.new_folder import check_free
from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import ImageDesign
from trifeature.images.render import PAPER, QUICK, Geometry
from trifeature.information.purity import purity_notes
from trifeature.pairs.design import Factor, PairDesign
from trifeature.samples.design import SampleDesign

from .audit import audit
from .dataset.image_samples import ImageSamples, generate_samples
from .dataset.paired_images import N_PAIRS, PairedImages, generate
from .dataset.vectors import VectorDesign, draw_factors, export_vectors
from .options_of_runs import check_names
from .sample_audit import audit_samples

#: Options of pairs, which samples of more images do not take.
_OF_PAIRS = ("shared", "unique", "mapped", "shared_strength", "mapping_strength")
#: Options of images, which vectors do not have.
_OF_IMAGES = ("preset", "image", "shape", "period")


@dataclass(frozen=True, kw_only=True)
class _Design:
    """What every command can choose."""

    seed: int = 0
    """Names the split, the renders, the mapping and the pairs."""
    shapes: int = 10
    """How many shapes there are, 2 to 10."""
    textures: int = 10
    """How many textures there are, 2 to 10."""
    colours: int = 10
    """How many colours there are, 2 to 10."""
    renders: int = 3
    """Images of each training combination."""
    pairs: int = N_PAIRS
    """Pairs, or samples of more images, to draw of each kind, at most."""
    shared: Factor = "shape"
    """The attribute that the images of a pair share."""
    unique: Factor = "texture"
    """The attribute that each image has to itself."""
    mapped: tuple[Factor, Factor] = ("texture", "colour")
    """The attributes of image 1 and image 2 that the mapping links."""
    shared_strength: float = 1.0
    """Fraction of the pretraining pairs drawn to share the shared attribute."""
    mapping_strength: float = 0.0
    """Fraction of the pretraining pairs drawn to obey the mapping."""
    modalities: int = 2
    """Images of a sample, 2 to 9. Pairs have the options above, samples of more the two below."""
    pair_rule_strength: float = 0.0
    """Fraction of the pretraining samples drawn to obey the rule of texture 1 and colour 3."""
    triple_rule_strength: float = 0.0
    """Fraction of the pretraining samples drawn to obey the rule of textures 1, 2 and 3."""

    @property
    def counts(self) -> FactorCounts:
        return FactorCounts(self.shapes, self.textures, self.colours)

    @property
    def pair_design(self) -> PairDesign:
        return PairDesign(
            self.shared, self.unique, self.mapped, self.shared_strength, self.mapping_strength
        )

    @property
    def geometry(self) -> Geometry:
        return QUICK

    @property
    def image_design(self) -> ImageDesign:
        return ImageDesign(self.geometry, self.counts, self.renders)

    @property
    def design(self) -> PairDesign | SampleDesign:
        """The design of pairs, or of samples of more images.

        Raises:
            ValueError: an option of the other kind, or a design that does not exist.
        """
        strengths = self.pair_rule_strength, self.triple_rule_strength
        if self.modalities == 2:
            if any(strengths):
                raise ValueError(
                    "--pair-rule-strength and --triple-rule-strength are of 3 modalities or more; "
                    "pairs have --mapping-strength"
                )
            return self.pair_design
        design = SampleDesign.standard(self.modalities, *strengths)
        for option in self._given(_OF_PAIRS):
            raise ValueError(
                f"{option} is an option of pairs; samples of {self.modalities} images have "
                "--pair-rule-strength and --triple-rule-strength"
            )
        return design

    def _given(self, names: Sequence[str]) -> list[str]:
        """Those of some options that are not as they are by default."""
        return [
            f"--{field.name.replace('_', '-')}"
            for field in fields(self)
            if field.name in names and getattr(self, field.name) != field.default
        ]

    def draw(self) -> PairedImages | ImageSamples:
        if isinstance(self.design, SampleDesign):
            return generate_samples(self.image_design, self.design, self.seed, self.pairs)
        return generate(self.image_design, self.design, self.seed, self.pairs)


@dataclass(frozen=True, kw_only=True)
class _Output(_Design):
    """What a command that writes images can choose besides."""

    out: Path
    """The folder to write."""
    preset: Literal["quick", "paper"] = "quick"
    """The geometry: 64 pixels for CPUs, or the paper's 224."""
    image: int | None = None
    """Side of an image in pixels, in place of the preset's."""
    shape: int | None = None
    """Side of a shape's box in pixels, in place of the preset's."""
    period: int | None = None
    """Period of the textures in pixels, in place of the preset's."""

    @property
    def geometry(self) -> Geometry:
        preset = PAPER if self.preset == "paper" else QUICK
        lengths = (
            (self.image, preset.image),
            (self.shape, preset.shape),
            (self.period, preset.period),
        )
        return Geometry(*(own if own is not None else other for own, other in lengths))


@dataclass(frozen=True, kw_only=True)
class Generate(_Output):
    """Write the images, the pairs with their labels, the mapping and a manifest to a new folder."""

    format: Format = "npz"
    """One npz file, PNG files in train/ and test/ as published code reads them, or Parquet."""
    kind: Literal["images", "vectors"] = "images"
    """Images, or in the place of each a vector: a random perceptron of its factors, plus noise."""

    def run(self) -> None:
        check_free(self.out)
        if self.kind == "vectors":
            data, manifest = self._vectors()
        else:
            data = self.draw()
            manifest = export(
                data, self.out, self.format, self.image_design, self.design, self.seed
            )
        files = len(manifest["files_sha256"])
        print(f"{self.out}: {files} file{'s' if files > 1 else ''} and manifest.json")
        print(f"sha256 of the content: {manifest['content_sha256']}")
        if isinstance(data, PairedImages):
            for note in purity_notes(data.truth):
                print(f"note: {note}")

    def _vectors(self) -> tuple[PairedImages | ImageSamples, dict[str, Any]]:
        if self.format != "npz":
            raise ValueError(f"vectors are written as npz, not as {self.format}")
        for option in self._given(_OF_IMAGES):
            raise ValueError(
                f"{option} is an option of images, which --kind vectors does not draw: omit it"
            )
        form = VectorDesign(self.counts, self.renders)
        data = draw_factors(form, self.design, self.seed, self.pairs)
        return data, export_vectors(data, self.out, form, self.design, self.seed)


@dataclass(frozen=True, kw_only=True)
class Preview(_Output):
    """Draw two sheets, factors.png and pairs.png or samples.png: every value, and examples."""

    def run(self) -> None:
        from .preview import factor_sheet, pair_sheet
        from .sample_sheet import sample_sheet

        data = self.draw()
        new = not self.out.exists()
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            factors = factor_sheet(self.out / "factors.png", self.image_design, self.seed)
            if isinstance(data, ImageSamples):
                examples = sample_sheet(self.out / "samples.png", data)
            else:
                examples = pair_sheet(self.out / "pairs.png", data, self.pair_design)
            print(factors, examples, sep="\n")
        finally:
            if new and not any(self.out.iterdir()):  # nothing could be written
                self.out.rmdir()


@dataclass(frozen=True, kw_only=True)
class Audit(_Design):
    """Print factor tables and the information of every task in bits, as drawn beside ideal."""

    def run(self) -> None:
        data = self.draw()
        if isinstance(data, ImageSamples):
            print(audit_samples(data, self.counts))
        else:
            print(audit(data, self.pair_design, self.counts))


Command = (
    Annotated[Generate, tyro.conf.subcommand("generate")]
    | Annotated[Preview, tyro.conf.subcommand("preview")]
    | Annotated[Audit, tyro.conf.subcommand("audit")]
)


#: Command → what it does, in the order of use.
COMMANDS = {
    "generate": "write images or vectors, pairs, labels and a manifest to a new folder",
    "preview": "draw two sheets: every value, and example pairs",
    "audit": "print what drawn pairs hold: counts, co-occurrences, information in bits",
}


def overview() -> str:
    """Text that the command prints without arguments."""
    listed = "\n".join(
        f"  python -m trifeature {name:<9} {said}" for name, said in COMMANDS.items()
    )
    return f"""Pairs and samples of n images whose information is known in bits.

All commands; each has --help:

{listed}"""


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; any mistake of the user's is one line on stderr and exit code 2."""
    words = sys.argv[1:] if args is None else args
    if not words:
        with friendly_errors():
            print(overview())
        return
    with friendly_errors():
        check_names(words)
    command = parse(
        Command,
        args,
        prog="python -m trifeature",
        description="Pairs and samples of n images whose information is known in bits.",
    )
    with friendly_errors():
        command.run()


if __name__ == "__main__":
    main()

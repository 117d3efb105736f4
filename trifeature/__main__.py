"""``python -m trifeature generate | preview | audit``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from interaction_probes.common.cli import friendly_errors, parse
from trifeature.dataset.export import Format, check_free, export
from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import ImageDesign
from trifeature.images.render import PAPER, QUICK, Geometry
from trifeature.information.purity import purity_notes
from trifeature.pairs.design import Factor, PairDesign

from .audit import audit
from .dataset.paired_images import N_PAIRS, PairedImages, generate


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
    """Pairs to draw of each kind, at most."""
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

    def draw(self) -> PairedImages:
        return generate(self.image_design, self.pair_design, self.seed, self.pairs)


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

    def run(self) -> None:
        check_free(self.out)
        data = self.draw()
        manifest = export(
            data, self.out, self.format, self.image_design, self.pair_design, self.seed
        )
        files = len(manifest["files_sha256"])
        print(f"{self.out}: {files} file{'s' if files > 1 else ''} and manifest.json, content")
        print(f"sha256 {manifest['content_sha256']}")
        for note in purity_notes(data.truth):
            print(f"note: {note}")


@dataclass(frozen=True, kw_only=True)
class Preview(_Output):
    """Draw two sheets, factors.png and pairs.png: every factor value, and example pairs."""

    def run(self) -> None:
        from .preview import factor_sheet, pair_sheet

        data = self.draw()
        new = not self.out.exists()
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            for path in (
                factor_sheet(self.out / "factors.png", self.image_design, self.seed),
                pair_sheet(self.out / "pairs.png", data, self.pair_design),
            ):
                print(path)
        finally:
            if new and not any(self.out.iterdir()):  # nothing could be written
                self.out.rmdir()


@dataclass(frozen=True, kw_only=True)
class Audit(_Design):
    """Print factor tables and the information of every task in bits, as drawn beside ideal."""

    def run(self) -> None:
        print(audit(self.draw(), self.pair_design, self.counts))


Command = (
    Annotated[Generate, tyro.conf.subcommand("generate")]
    | Annotated[Preview, tyro.conf.subcommand("preview")]
    | Annotated[Audit, tyro.conf.subcommand("audit")]
)


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; any mistake of the user's is one line on stderr and exit code 2."""
    command = parse(
        Command,
        args,
        prog="python -m trifeature",
        description="Image pairs whose redundancy, uniqueness and synergy are known in bits.",
    )
    with friendly_errors():
        command.run()


if __name__ == "__main__":
    main()

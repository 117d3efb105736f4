"""The two kinds of rules over attributes of images: sharing one, and a Latin square or cube."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from interaction_probes.common.values.scalars import as_strength, check_whole
from trifeature.images.factors import column
from trifeature.pairs.design import Factor


class ImageFactor(NamedTuple):
    """An attribute of one image of a sample; images are numbered from 1.

    >>> str(ImageFactor("texture", 1))
    'texture 1'
    """

    factor: Factor
    image: int

    def __str__(self) -> str:
        return f"{self.factor} {self.image}"


@dataclass(frozen=True)
class SharedFactor:
    """Several images show the same value of an attribute.

    Attributes:
        factor: the attribute.
        images: the numbers of the images, two or more.
        strength: ρ, the fraction of the samples drawn under the rule.

    Raises:
        ValueError: an unknown attribute, fewer than two images, one named twice, or a strength
            outside [0, 1].
    """

    factor: Factor
    images: tuple[int, ...]
    strength: float = 1.0

    def __post_init__(self) -> None:
        factors = image_factors(((self.factor, image) for image in self.images), "sharing")
        _check_different(factors, f"the {self.factor}")
        object.__setattr__(self, "images", tuple(sorted(factor.image for factor in factors)))
        rho = float(as_strength(self.strength, f"the strength of {self}"))
        object.__setattr__(self, "strength", rho)

    @property
    def factors(self) -> tuple[ImageFactor, ...]:
        """What the rule ties."""
        return tuple(ImageFactor(self.factor, image) for image in self.images)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the images in order."""
        return self.images

    def __str__(self) -> str:
        *others, last = map(str, self.images)
        return f"the {self.factor} shared by images {', '.join(others)} and {last}"


@dataclass(frozen=True)
class LatinRule:
    """The symbol of a Latin square or cube at attributes of different images is 0.

    Of two attributes the symbol 0 is a random bijection from the values of the first to those of
    the second; of three, each two of them determine the third. The symbol is the label of the
    rule's tasks: :class:`.latin.LatinArray`.

    Attributes:
        factors: the attributes, as (name, number of the image), of two different images or more.
        strength: ρ, the fraction of the samples drawn under the rule.

    Raises:
        ValueError: an unknown attribute, fewer than two, two of one image, or a strength outside
            [0, 1].
    """

    factors: tuple[ImageFactor, ...]
    strength: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", image_factors(self.factors, "a Latin rule"))
        _check_different(self.factors, "a Latin rule")
        rho = float(as_strength(self.strength, f"the strength of {self}"))
        object.__setattr__(self, "strength", rho)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the images in order."""
        return tuple(sorted(factor.image for factor in self.factors))

    def __str__(self) -> str:
        *others, last = map(str, self.factors)
        return f"the rule of {', '.join(others)} and {last}"


def image_factors(
    named: Iterable[tuple[Factor, int] | ImageFactor], what: str
) -> tuple[ImageFactor, ...]:
    """Attributes of images from pairs (name, number).

    Args:
        named: the pairs.
        what: what an error calls their place.

    Raises:
        ValueError: other forms, an unknown attribute, or a number below 1.
    """
    found = []
    for pair in named:
        if isinstance(pair, str) or len(tuple(pair)) != 2:
            raise ValueError(f"{what} names (attribute, image), as ('texture', 1), not {pair!r}")
        factor, image = pair
        column(factor)
        check_whole(image, "the number of an image")
        if image < 1:
            raise ValueError(f"images are numbered from 1, not {image}")
        found.append(ImageFactor(factor, int(image)))
    return tuple(found)


def _check_different(factors: tuple[ImageFactor, ...], what: str) -> None:
    numbers = [factor.image for factor in factors]
    if len(set(numbers)) < max(2, len(numbers)):
        raise ValueError(f"{what} ties 2 or more different images, not {numbers}")

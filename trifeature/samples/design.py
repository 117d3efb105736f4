"""Samples of n images whose attributes are tied by rules.

Image i of a sample shows a shape, a texture and a colour. A rule ties attributes of several images:
they share an attribute (redundancy), or a random Latin square or Latin cube ties attributes of two
or three images (synergy of two, synergy of three). What no rule ties is independent and uniform. A
strength ρ is the fraction of the samples that are drawn under a rule, as in
:class:`~trifeature.pairs.design.PairDesign`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from interaction_probes.common.values.scalars import check_whole
from trifeature.pairs.design import PairDesign

from .rules import ImageFactor, LatinRule, SharedFactor, image_factors

#: Images are numbered by one digit in the names of tasks, such as S13.
MOST_IMAGES = 9
#: Which rules are in force parts samples into 2ⁿ strata, and a digit of each rule fits in int64.
MOST_RULES = 18
Rule = SharedFactor | LatinRule


@dataclass(frozen=True)
class SampleDesign:
    """Which attributes of n images are tied, by which rules, and how strongly.

    The defaults are the standard design of three images without its pair rule and triple rule;
    :meth:`standard` makes it for any number of images.

    >>> design = SampleDesign.standard(3, triple_strength=1.0)
    >>> [str(rule) for rule in design.rules]  # doctest: +NORMALIZE_WHITESPACE
    ['the shape shared by images 1, 2 and 3', 'the colour shared by images 1 and 2',
     'the rule of texture 1 and colour 3', 'the rule of texture 1, texture 2 and texture 3']

    Attributes:
        images: how many images a sample has, 2 to 9.
        shared: attributes that several images share (tasks R).
        unique: attributes that one image has to itself (tasks U), one per image at most.
        latin: attributes of different images that Latin squares or cubes tie (tasks S).

    Raises:
        ValueError: an unknown attribute or image, a strength outside [0, 1], an attribute of an
            image that is shared twice, or is shared and unique, two rules of one kind over the
            same images, whose tasks would have one name, or more than 18 rules.
    """

    images: int = 3
    shared: tuple[SharedFactor, ...] = (
        SharedFactor("shape", (1, 2, 3)),
        SharedFactor("colour", (1, 2)),
    )
    unique: tuple[ImageFactor, ...] = (
        ImageFactor("texture", 1),
        ImageFactor("texture", 2),
        ImageFactor("colour", 3),
    )
    latin: tuple[LatinRule, ...] = (
        LatinRule((ImageFactor("texture", 1), ImageFactor("colour", 3))),
        LatinRule(tuple(ImageFactor("texture", image) for image in (1, 2, 3))),
    )

    def __post_init__(self) -> None:
        _check_number(self.images)
        object.__setattr__(self, "images", int(self.images))
        for name, rule in (("shared", SharedFactor), ("latin", LatinRule)):
            object.__setattr__(self, name, _rules(getattr(self, name), rule, name))
        if len(self.rules) > MOST_RULES:
            raise ValueError(f"a design has at most {MOST_RULES} rules, not {len(self.rules)}")
        object.__setattr__(self, "unique", image_factors(self.unique, "unique"))
        for factors in (rule.factors for rule in self.rules):
            _check_images(factors, self.images)
        _check_images(self.unique, self.images)
        tied = Counter(factor for rule in self.shared for factor in rule.factors)
        for factor, times in tied.items():
            if times > 1:
                raise ValueError(f"{factor} is in two rules of sharing; make one of them")
            if factor in self.unique:
                raise ValueError(f"{factor} cannot be both shared and unique")
        for kind in (self.shared, self.latin):
            for numbers, times in Counter(rule.numbers for rule in kind).items():
                if times > 1:
                    raise ValueError(
                        f"{times} rules of one kind over {images_in_words(numbers)}: their tasks "
                        "would have the same name"
                    )
        for number, times in Counter(factor.image for factor in self.unique).items():
            if times > 1:
                raise ValueError(f"image {number} has {times} unique attributes; name one")

    @classmethod
    def standard(
        cls,
        images: int = 3,
        pair_strength: float = 0.0,
        triple_strength: float = 0.0,
    ) -> "SampleDesign":
        """The benchmark's design for n images.

        All images share the shape. From three images on, images 1 and 2 share the colour, the pair
        rule ties texture 1 and colour 3, and the triple rule the textures 1, 2 and 3. Two images
        have the pair rule of texture 1 and colour 2, by default that of
        :class:`~trifeature.pairs.design.PairDesign`.

        Args:
            images: n, 2 to 9.
            pair_strength: fraction of the pretraining samples drawn under the pair rule.
            triple_strength: fraction drawn under the triple rule.

        Raises:
            ValueError: a triple rule for two images, or what the class refuses.
        """
        _check_number(images)
        if images == 2:
            if triple_strength:
                raise ValueError("a triple rule needs 3 images or more, not 2")
            return cls.of_pairs(PairDesign(mapping_strength=pair_strength))
        numbers = range(1, images + 1)
        return cls(
            images,
            (SharedFactor("shape", tuple(numbers)), SharedFactor("colour", (1, 2))),
            tuple(ImageFactor("colour" if k == 3 else "texture", k) for k in numbers),
            (
                replace(cls.latin[0], strength=pair_strength),
                replace(cls.latin[1], strength=triple_strength),
            ),
        )

    @classmethod
    def of_pairs(cls, design: PairDesign) -> "SampleDesign":
        """A design of pairs as a design of samples of two images.

        The mapping is the Latin square's symbol 0, as :func:`.latin.draw_latin_arrays` draws it.
        """
        first, second = design.mapped
        return cls(
            2,
            (SharedFactor(design.shared, (1, 2), design.shared_strength),),
            (ImageFactor(design.unique, 1), ImageFactor(design.unique, 2)),
            (LatinRule((ImageFactor(first, 1), ImageFactor(second, 2)), design.mapping_strength),),
        )

    def as_pairs(self) -> PairDesign | None:
        """The design of pairs that this is, if it is one: the inverse of :meth:`of_pairs`."""
        if self.images != 2 or (len(self.shared), len(self.unique), len(self.latin)) != (1, 2, 1):
            return None
        [shared], [rule] = self.shared, self.latin
        pairs = PairDesign(
            shared.factor,
            self.unique[0].factor,
            (rule.factors[0].factor, rule.factors[1].factor),
            shared.strength,
            rule.strength,
        )
        return pairs if SampleDesign.of_pairs(pairs) == self else None

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "SampleDesign":
        """The design that ``dataclasses.asdict`` made plain, as it lies in a manifest.

        Raises:
            ValueError: entries that are missing, unknown or no design.
        """
        try:
            return cls(
                plain["images"],
                tuple(SharedFactor(**rule) for rule in plain["shared"]),
                tuple(ImageFactor(*factor) for factor in plain["unique"]),
                tuple(LatinRule(**rule) for rule in plain["latin"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no design of samples: {error}") from error

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules: of sharing first, then Latin ones."""
        return (*self.shared, *self.latin)

    @property
    def unbiased(self) -> "SampleDesign":
        """The probes' design: attributes are always shared, no Latin rule is imposed."""
        return replace(
            self,
            shared=tuple(replace(rule, strength=1.0) for rule in self.shared),
            latin=tuple(replace(rule, strength=0.0) for rule in self.latin),
        )


def _check_number(images: int) -> None:
    check_whole(images, "the number of images of a sample")
    if not 2 <= images <= MOST_IMAGES:
        raise ValueError(f"a sample has 2 to {MOST_IMAGES} images, not {images}")


def _rules(given: Any, kind: type[Rule], name: str) -> tuple[Any, ...]:
    """Rules as a tuple, whatever they are given as: an iterator would be empty when it is read."""
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    wrong = [each for each in found if not isinstance(each, kind)]
    if wrong or not isinstance(given, Iterable):
        shown = f"{(wrong or [given])[0]!r:.60}"
        raise ValueError(f"{name} is a tuple of rules, {kind.__name__} each, not {shown}")
    return found


def _check_images(factors: Iterable[ImageFactor], images: int) -> None:
    for factor in factors:
        if factor.image > images:
            raise ValueError(f"{factor} is of no image: the samples have {images}")


def images_in_words(numbers: Iterable[int]) -> str:
    """Numbers of images as a phrase.

    >>> images_in_words((1, 2, 3)), images_in_words((2,))
    ('images 1, 2 and 3', 'image 2')
    """
    *others, last = map(str, numbers)
    return f"images {', '.join(others)} and {last}" if others else f"image {last}"

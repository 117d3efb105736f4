"""Options of ``interaction_probes.run`` under the names that the commands on data have for them."""

from collections.abc import Sequence

from interaction_probes.common.spelling import option_name

#: Option of ``run`` → that of ``generate``, ``preview`` and ``audit``.
EQUIVALENTS = {
    "--images.counts.shape": "--shapes",
    "--images.counts.texture": "--textures",
    "--images.counts.colour": "--colours",
    "--images.renders": "--renders",
    "--images.geometry.image": "--image",
    "--images.geometry.shape": "--shape",
    "--images.geometry.period": "--period",
    "--n-pairs": "--pairs",
    "--design.shared": "--shared",
    "--design.unique": "--unique",
    "--design.mapped": "--mapped",
    "--design.shared-strength": "--shared-strength",
    "--design.mapping-strength": "--mapping-strength",
}
_NOT_OF_AUDIT = ("--image", "--shape", "--period")


def check_names(words: Sequence[str]) -> None:
    """Refuse an option of ``run`` that has another name here.

    Args:
        words: of the command line, the command first; there is at least one.

    Raises:
        ValueError: one is given.
    """
    lacking = _NOT_OF_AUDIT if words[0] == "audit" else ()
    for word in words:
        option = word.partition("=")[0]
        here = EQUIVALENTS.get(option_name(word))
        if here in lacking:
            raise ValueError(
                f"no option {option}; audit draws no images: it is {here} of generate and preview"
            )
        if here:
            raise ValueError(f"no option {option}; it is {here} here")

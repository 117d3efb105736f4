"""What things are called in print: methods by their names in papers, numbers with a true minus."""

from collections import Counter
from collections.abc import Iterable

#: Method → its name in print, in the order of every legend and table.
METHOD_LABELS = {
    "comm": "CoMM",
    "infmasking": "InfMasking",
    "factorcl": "FactorCL",
    "cross_self": "Cross+Self",
    "clip": "CLIP",
    "symile": "Symile",
    "gram": "GRAM",
    "triangle": "TRIANGLE",
    "confu": "ConFu",
    "hril": "HRIL",
    "coral": "COrAL",
    "decur": "DeCUR",
    "disentangled": "DisentangledSSL",
    "mae": "MAE",
    "simclr": "SimCLR",
    "supervised": "Supervised",
    "random_init": "Random init",
    "pixels": "Pixels",
}

#: Ceilings of the project, which learn from labels. Of a user's own the column ``sees_labels`` says
#: so, where the table was collected since there is one.
CEILINGS = {"supervised"}

#: (method, loss weights) → what a figure calls the loss: a term of weight 0 leaves the other alone.
#: Methods of more terms keep the rest.
_LOSS_LABELS = {
    ("comm", ""): "both, L + ΣLᵢ",
    ("comm", "unimodal=0"): "L alone",
    ("comm", "joint=0"): "ΣLᵢ alone",
    ("comm", "partial=0.25"): "all masks",
    ("comm", "joint=0,partial=1,unimodal=0"): "pair masks alone",
    ("infmasking", "joint=0,unimodal=0"): "token masks alone",
    ("confu", "pair=0"): "fused pairs alone",
}
#: What tables call the loss of a method with its own weights.
WHOLE_LOSS = "whole"


def loss_label(method: str, weights: str) -> str:
    """What a figure calls a loss, by its weights with short numbers; of other methods these."""
    return _LOSS_LABELS.get((method, weights)) or weights or "all terms"


def names_of_loss(method: str, weights: str) -> set[str]:
    """Every name under which a filter finds a loss: its weights, and what is printed for them."""
    return {weights, loss_label(method, weights)} | ({WHOLE_LOSS} if weights == "" else set())


def method_label(method: str) -> str:
    """A method's name in print; of a user's own ``package.module:Class`` the class."""
    return METHOD_LABELS.get(method) or method.rpartition(":")[2]


def method_labels(methods: Iterable[str]) -> dict[str, str]:
    """Method → its name in print, no two alike: "Own", or "Own (package.module)" where two are.

    Args:
        methods: all that are shown together.
    """
    found = set(methods)
    counts = Counter(map(method_label, found.union(METHOD_LABELS)))
    labels = {}
    for name in found:
        label, module = method_label(name), name.rpartition(":")[0]
        alike = counts[label] > 1 and name not in METHOD_LABELS
        labels[name] = f"{label} ({module or name})" if alike else label
    return labels


def method_of(text: str, methods: Iterable[str]) -> str:
    """The method that a text names: by its name or its label, in any case; else the text itself.

    >>> method_of("CoMM", ["comm", "clip"])
    'comm'

    Args:
        text: what a user wrote.
        methods: those of the table.

    Raises:
        ValueError: the class name of several methods of one's own.
    """
    present = set(methods)
    if text in present:
        return text
    alike = sorted(name for name in present - set(METHOD_LABELS) if method_label(name) == text)
    if len(alike) > 1:
        raise ValueError(f"method={text} is {' or '.join(alike)}: write which")
    labels = method_labels(present | set(METHOD_LABELS))
    names = {label.casefold(): name for name, label in sorted(labels.items())}
    names |= {name.casefold(): name for name in sorted(labels)}
    return names.get(text.casefold(), alike[0] if alike else text)


def in_print_order(methods: Iterable[str]) -> list[str]:
    """Each method once, in the order of every legend and table: a user's own last, by name."""
    found = set(methods)
    return [name for name in METHOD_LABELS if name in found] + sorted(found - set(METHOD_LABELS))


def number(value: float, digits: int) -> str:
    """A number in print: a true minus, and none before a zero."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")

"""Registry of methods, by name or, for a user's class, by ``package.module:Class``."""

import hashlib
import inspect
import math
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.common.users_code import import_module_of
from interaction_probes.contrast.method import Method, modality_range

#: Name → "module:class". To add a method, write one file and add one line here.
METHODS = {
    "comm": "interaction_probes.comm.method:CoMM",
    "infmasking": "interaction_probes.baselines.infmasking:InfMasking",
    "factorcl": "interaction_probes.baselines.factorcl:FactorCL",
    "cross_self": "interaction_probes.baselines.cross_self:CrossSelf",
    "clip": "interaction_probes.baselines.clip:CLIP",
    "symile": "interaction_probes.baselines.beyond_pairs.symile:Symile",
    "gram": "interaction_probes.baselines.beyond_pairs.gram:GRAM",
    "triangle": "interaction_probes.baselines.beyond_pairs.triangle:TRIANGLE",
    "confu": "interaction_probes.baselines.beyond_pairs.confu:ConFu",
    "hril": "interaction_probes.baselines.since_comm.hril:HRIL",
    "coral": "interaction_probes.baselines.since_comm.coral:COrAL",
    "decur": "interaction_probes.baselines.since_comm.decur:DeCUR",
    "disentangled": "interaction_probes.baselines.since_comm.disentangled:DisentangledSSL",
    "mae": "interaction_probes.baselines.since_comm.mae:MAE",
    "simclr": "interaction_probes.baselines.simclr:SimCLR",
    "supervised": "interaction_probes.baselines.supervised:Supervised",
    "random_init": "interaction_probes.baselines.random_init:RandomInit",
    "pixels": "interaction_probes.baselines.pixels:Pixels",
}
_DESIGNS = ("unbiased", "biased")


def find_method(name: str) -> type[Method]:
    """The class of a method, by its name or by ``package.module:Class``.

    Only the second form runs code of the user.

    Raises:
        ValueError: there is no such name, module or class, the import of the module fails, or the
            class is not a valid method.
    """
    if ":" not in name and name not in METHODS:
        hint = did_you_mean(name, METHODS)
        raise ValueError(
            f"no method {name!r}; {hint}the methods are {', '.join(METHODS)}, "
            "or package.module:Class for a class of your own, a subclass of "
            "interaction_probes.Method"
        )
    module_name, _, class_name = METHODS.get(name, name).partition(":")
    if "/" in module_name or "\\" in module_name or module_name.endswith(".py"):
        folders, _, file = module_name.replace("\\", "/").rpartition("/")
        where = f"run from the folder {folders}" if folders else "run from its folder"
        raise ValueError(
            f"method {name!r} names a file: give module:Class, {file.removesuffix('.py')}:"
            f"{class_name or 'Class'}, and {where}"
        )
    module = import_module_of(module_name, f"method {name!r}")
    method = getattr(module, class_name, None)
    if not inspect.isclass(method):
        classes = [name for name, _ in inspect.getmembers(module, inspect.isclass)]
        hint = did_you_mean(class_name, classes)
        message = f"method {name!r}: {module_name} has no class {class_name!r}; {hint}"
        raise ValueError(message.rstrip("; "))
    if not issubclass(method, Method):
        raise ValueError(
            f"method {name!r} is not a subclass of interaction_probes.contrast.method.Method"
        )
    missing = sorted(getattr(method, "__abstractmethods__", ()))
    missing += [] if hasattr(method, "terms") else ["terms"]
    if missing:
        raise ValueError(f"method {name!r} lacks {', '.join(missing)}")
    if mistake := _invalid_attribute(method):
        raise ValueError(f"method {name!r}: {mistake}")
    return method


def source_line(error: BaseException, name: str) -> str:
    """``file, line n: `` of the innermost frame of an error that is in a user's method.

    It is empty for the project's methods, and if no frame of the error is in the user's package.

    Args:
        error: the error.
        name: name of the method, ``package.module:Class`` for a user's class.
    """
    module = sys.modules.get(name.partition(":")[0].partition(".")[0])
    if ":" not in name or module is None or name.startswith("interaction_probes."):
        return ""
    paths = [Path(path) for path in getattr(module, "__path__", [module.__file__])]
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if any(Path(frame.filename).is_relative_to(path) for path in paths)
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""


def source_sha256(method: type) -> str | None:
    """SHA-256 of the source file of a class; None if it has none, as in an interactive shell."""
    try:
        return hashlib.sha256(Path(inspect.getfile(method)).read_bytes()).hexdigest()
    except (OSError, TypeError):
        return None


def changed_source(status: Mapping[str, object], name: str) -> str:
    """Source file of a user's method if it has changed since a run was saved; else "".

    Args:
        status: content of the run's run.json.
        name: name of the method.
    """
    recorded = status.get("method_file")
    method = find_method(name)
    if not isinstance(recorded, str) or recorded.endswith(str(source_sha256(method))):
        return ""
    return inspect.getfile(method)


def methods_for(modalities: int) -> list[str]:
    """The names of the methods that are stated for so many images per sample."""
    names = []
    for name in METHODS:
        method = find_method(name)
        high = method.max_modalities
        if method.min_modalities <= modalities and (high is None or modalities <= high):
            names.append(name)
    return names


def method_table() -> str:
    """Text table of all methods.

    Its columns: name, numbers of images per sample, paper, objective, loss terms, the images that
    each term sees, probed representations.
    """
    rows = [
        (
            *("method", "images", "paper", "objective", "terms (--weights)"),
            *("a term sees", "probed (--features)"),
        )
    ]
    for name in METHODS:
        method = find_method(name)
        rows.append(
            (
                name,
                modality_range(method),
                method.paper or "-",
                objective(method),
                ", ".join(method.terms) or "-",
                _listed({term: method.sees.get(term, "-") for term in method.terms}) or "-",
                _listed(method.places),
            )
        )
    *padded, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(
        "  ".join([*(f"{row[k]:<{width}}" for k, width in enumerate(padded)), row[-1]])
        for row in rows
    )


def _listed(descriptions: Mapping[str, str]) -> str:
    """``name: what; name: what``, names of one description together."""
    names: dict[str, list[str]] = {}
    for name, what in descriptions.items():
        names.setdefault(what, []).append(name)
    return "; ".join(f"{', '.join(named)}: {what}" for what, named in names.items())


def objective(method: type[Method]) -> str:
    """A method's objective: the first line of its docstring."""
    return next(iter((method.__doc__ or "").strip().splitlines()), "").rstrip(".")


def _invalid_attribute(method: type[Method]) -> str | None:
    """Error message for the first invalid class attribute of a method; None if all are valid."""
    try:
        inspect.signature(method).bind("config")
    except TypeError:
        return "it is built from a ModelConfig and nothing else: __init__(self, config)"
    terms = method.terms
    if not isinstance(terms, Mapping) or not all(
        isinstance(term, str) and isinstance(weight, int | float) and math.isfinite(weight)
        for term, weight in terms.items()
    ):
        return "its terms map names to finite default weights"
    if not isinstance(method.n_views, int) or method.n_views < 1:
        return f"its n_views is a whole number of 1 or more, not {method.n_views!r}"
    if not isinstance(method.highest_lr, int | float) or not method.highest_lr > 0:
        return f"its highest_lr is a positive number, not {method.highest_lr!r}"
    low, high = method.min_modalities, method.max_modalities
    if not isinstance(low, int) or low < 1:
        return f"its min_modalities is a whole number of 1 or more, not {low!r}"
    if high is not None and not (isinstance(high, int) and high >= low):
        return f"its max_modalities is None or a whole number from {low} on, not {high!r}"
    if not isinstance(method.sees, Mapping):
        return "its sees map the names of its terms to the images that they see"
    places = method.places
    if not isinstance(places, Mapping) or not places or not all(isinstance(p, str) for p in places):
        return "its places map the name of a representation to what it is, for one or more"
    pairs = method.pairs
    if isinstance(pairs, str) or not isinstance(pairs, Sequence) or not pairs:
        return "its pairs are a tuple of pretraining designs"
    unknown = [name for name in pairs if name not in _DESIGNS]
    return f"its pairs are {' or '.join(_DESIGNS)}, not {unknown[0]!r}" if unknown else None

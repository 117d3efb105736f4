"""Registry of methods, by name or, for a user's class, by ``package.module:Class``."""

import hashlib
import importlib
import inspect
import math
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.method import Method

#: Name → "module:class". To add a method, write one file and add one line here.
METHODS = {
    "comm": "interaction_probes.comm.method:CoMM",
    "infmasking": "interaction_probes.baselines.infmasking:InfMasking",
    "factorcl": "interaction_probes.baselines.factorcl:FactorCL",
    "cross_self": "interaction_probes.baselines.cross_self:CrossSelf",
    "clip": "interaction_probes.baselines.clip:CLIP",
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
    try:
        module = importlib.import_module(module_name)
    except (ImportError, TypeError, ValueError) as error:  # the last two: the name is malformed
        raise ValueError(f"method {name!r} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:  # anything that a user's module may raise
        raise ValueError(
            f"method {name!r} cannot be imported: {_location(error)}{type(error).__name__}: {error}"
        ) from error
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


def _location(error: BaseException) -> str:
    """``file, line n: `` of the code that raised an error."""
    if isinstance(error, SyntaxError):  # its text has the location already
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""


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


def method_table() -> str:
    """Text table of all methods: name, paper, objective, loss terms, probed representations."""
    rows = [("method", "paper", "objective", "terms (--weights)", "probed (--features)")]
    for name in METHODS:
        method = find_method(name)
        places = "; ".join(f"{place}: {what}" for place, what in method.places.items())
        terms = ", ".join(method.terms) or "-"
        rows.append((name, method.paper or "-", objective(method), terms, places))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return "\n".join(
        "  ".join([*(f"{row[k]:<{width}}" for k, width in enumerate(widths)), row[4]])
        for row in rows
    )


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
    places = method.places
    if not isinstance(places, Mapping) or not places or not all(isinstance(p, str) for p in places):
        return "its places map the name of a representation to what it is, for one or more"
    pairs = method.pairs
    if isinstance(pairs, str) or not isinstance(pairs, Sequence) or not pairs:
        return "its pairs are a tuple of pretraining designs"
    unknown = [name for name in pairs if name not in _DESIGNS]
    return f"its pairs are {' or '.join(_DESIGNS)}, not {unknown[0]!r}" if unknown else None

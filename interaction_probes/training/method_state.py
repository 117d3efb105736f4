"""A method's whole state in a checkpoint: its state dict, and what it keeps outside of that.

What differs from a fresh method is saved by value (:mod:`.plain_values`). What cannot be saved, or
cannot be read back, is refused at the first save that shows it, before hours are lost.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

import torch
from torch import Tensor

from interaction_probes.contrast.distributed import gather, world_size
from interaction_probes.contrast.method import Method

from .attributes import attributes, delete_attribute, hooks, registered, set_attributes
from .digests import digest
from .plain_values import decode, encode

_TOOLKIT = __name__.partition(".")[0]
#: Entries of a checkpoint: the state dict, attributes, and the names of deleted ones.
_STATE, _ATTRIBUTES, _DELETED = "method", "attributes", "deleted"
#: What functions keep that are called before and after modules: compared, but never saved.
_HOOKS = "values of its hooks"


def load_method_state(method: Method, checkpoint: Mapping[str, Any], device: torch.device) -> None:
    """Load what :meth:`MethodState.entries` put into a checkpoint.

    Args:
        method: a fresh one of the same class and configuration.
        checkpoint: as it was read; those of earlier versions have the state dict alone.
        device: of attributes that were tensors on a GPU.

    Raises:
        KeyError: it has no state dict.
        RuntimeError: the state dict does not fit the method.
        ValueError: attributes that do not fit the method.
    """
    method.load_state_dict(checkpoint[_STATE])
    try:
        set_attributes(method, decode(checkpoint.get(_ATTRIBUTES, {}), device))
        for name in checkpoint.get(_DELETED, ()):
            delete_attribute(method, name)
    except AttributeError as error:
        raise ValueError(str(error)) from error


def attribute_digests(method: Method) -> dict[str, str]:
    """Name → digest of everything that a method keeps outside its state dict."""
    known = registered(method)
    found = {name: digest(value, known) for name, value in attributes(method).items()}
    return found | {_HOOKS: digest(hooks(method), known)}


class MethodState:
    """What a checkpoint has to hold of a method, so that a resumed training is the same.

    Args:
        method: the one that is trained.
        build: makes a fresh one, as a resumed run does before it loads the checkpoint.
    """

    def __init__(self, method: Method, build: Callable[[], Method]) -> None:
        self.method = method
        self.build = build
        self.fresh = attribute_digests(build())
        self.outside = _outside(method)
        self.not_plain: dict[str, str] = {}
        self.structure: object = None
        self.verified: object = None

    def entries(self) -> dict[str, Any]:
        """The entries of a checkpoint that :func:`load_method_state` reads.

        Raises:
            ValueError: what the method keeps on its class or in its file has changed, which
                no checkpoint has.
        """
        for name, known in _outside(self.method).items():
            if self.outside.get(name) != known:
                raise ValueError(
                    f"{name} changes during training, and a resumed run would lose it: "
                    "keep it on self"
                )
        now, values = attribute_digests(self.method), attributes(self.method)
        differing = {
            name: value for name, value in values.items() if self.fresh.get(name) != now[name]
        }
        # Extra states are no tensors.
        taken = [each for each in self.method.state_dict().values() if isinstance(each, Tensor)]
        encoded, self.not_plain = encode(differing, taken)
        deleted = sorted(self.fresh.keys() - now.keys())
        found: dict[str, Any] = {_STATE: self.method.state_dict()}
        if encoded:
            found[_ATTRIBUTES] = encoded
        if deleted:
            found[_DELETED] = deleted
        return found

    def needs_check(self, entries: Mapping[str, Any]) -> bool:
        """Whether entries differ in their structure from those that were checked last."""
        kept = sorted(entries.get(_ATTRIBUTES, ()))
        self.structure = _structure(entries[_STATE]), kept, sorted(self.not_plain)
        return self.verified != self.structure

    def check(self, restored: Mapping[str, Any]) -> Method:
        """Refuse a checkpoint that a fresh method cannot take over, or that lacks something.

        Args:
            restored: the checkpoint of the last :meth:`entries`, as it was read back.

        Returns:
            The fresh method that took it over.

        Raises:
            ValueError: a resumed run would differ; the line names what would be lost.
        """
        fresh = self.build()
        try:
            load_method_state(fresh, restored, torch.device("cpu"))
        except (RuntimeError, TypeError, ValueError, KeyError, AttributeError) as error:
            reason = _mismatch(self.method, fresh) or _last_line(error)
            raise ValueError(f"the checkpoint cannot be read back: {reason}") from error
        saved, loaded = self.method.state_dict(), fresh.state_dict()
        for name, value in saved.items():
            if digest(value) != digest(loaded.get(name)):
                raise ValueError(f"the checkpoint cannot be read back: {name} comes back changed")
        now, after = attribute_digests(self.method), attribute_digests(fresh)
        for name in now:
            if now[name] != after.get(name):
                raise ValueError(_lost(self.method, name, self.not_plain.get(name)))
        self.verified = self.structure
        return fresh

    def check_ranks(self) -> None:
        """Refuse what differs between the ranks, as only rank 0 saves its own.

        Attributes are compared by their digests, buffers, frozen parameters and extra states by
        their values. What the optimiser learns follows gradients that all ranks share.

        Raises:
            ValueError: something differs.
        """
        if world_size() == 1:
            return
        now = attribute_digests(self.method)
        differing = {name: known for name, known in now.items() if self.fresh.get(name) != known}
        device = next(iter(self.method.parameters()), torch.empty(0)).device
        if not _is_alike(differing, device):
            self._refuse_ranks(", ".join(differing) or "its attributes")
        if names := _names_of_some_ranks(self.method, device):
            self._refuse_ranks("not all have " + _first_three(names))
        if names := _unlike_rank0(self.method, device):
            self._refuse_ranks(_first_three(names))

    def _refuse_ranks(self, names: str) -> None:
        raise ValueError(
            f"{type(self.method).__name__} keeps other values on every rank ({names}), and a "
            "checkpoint has those of rank 0 alone: gather them, or train in one process"
        )


def _first_three(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _compared(method: Method) -> dict[str, Any]:
    """Name → value of what the ranks compare of a state dict, in the order of the names."""
    learnt = {name for name, parameter in method.named_parameters() if parameter.requires_grad}
    known = method.state_dict().items()
    return dict(sorted(each for each in known if each[0] not in {*learnt, *method.not_saved}))


def _names_of_some_ranks(method: Method, device: torch.device) -> list[str]:
    """Names that only some ranks compare, the same on every rank.

    Values are compared one name after another, and a rank that lacked one would wait for ever.
    """
    names = [*_compared(method)]
    if _is_alike(names, device):
        return []
    text = torch.tensor([*"\n".join(names).encode()], dtype=torch.long, device=device)
    sizes = gather(torch.tensor([len(text)], device=device))
    padded = torch.nn.functional.pad(text, (0, int(sizes.max()) - len(text)))
    every = gather(padded[None]).tolist()  # [ranks, bytes]
    known = [
        {*bytes(row[:size]).decode().splitlines()}
        for row, size in zip(every, sizes.tolist(), strict=True)
    ]
    return sorted(known[0].union(*known) - known[0].intersection(*known))


def _unlike_rank0(method: Method, device: torch.device) -> list[str]:
    """Names in the state dict whose values are not rank 0's on some rank, the same on every rank.

    All ranks have the same names.

    Ranks of unlike machines may round otherwise: numbers count as other ones from a thousandth of
    the largest on.
    """
    unlike: list[str] = []
    for name, value in _compared(method).items():
        if _is_alike(value, device):
            continue
        fine = isinstance(value, Tensor) and value.is_floating_point()
        if fine and _is_alike([value.dtype, tuple(value.shape)], device):
            # Only such values are gathered: a frozen backbone may be large.
            every = gather(value.detach().float().flatten()[None])  # [ranks, values]
            apart = (every - every[0]).abs() > 1e-3 * every.abs().nan_to_num(0, 0, 0).amax()
            if not (apart | (every.isfinite() != every[0].isfinite())).any():
                continue
        unlike.append(name)
    return unlike


def _is_alike(value: Any, device: torch.device) -> bool:
    """Whether all ranks have a value of the same digest; the answer is the same on every rank."""
    own = gather(torch.tensor([[int(digest(value)[:15], 16)]], device=device))
    return not (own != own[0]).any()


def _outside(method: Method) -> dict[str, str]:
    """Name in words → digest of plain values on a user's classes and in their files.

    Of a function these are its defaults and its attributes.

    Values of other kinds are not compared: files of a user's have loggers and the like.
    """
    found: dict[str, str] = {}
    own = [kind for kind in type(method).__mro__ if _is_users(kind)]
    files = {kind.__module__ for kind in own}
    parts = {kind for module in method.modules() for kind in type(module).__mro__}
    owners: dict[str, object] = {
        kind.__qualname__: kind for kind in parts if kind.__module__ in files
    }
    owners |= {name: sys.modules[name] for name in files if name in sys.modules}
    for owner, holder in sorted(owners.items()):
        for name, value in vars(holder).items():
            function = getattr(value, "__func__", value)
            if isinstance(function, FunctionType):
                value = [function.__defaults__, function.__kwdefaults__, vars(function)]
            elif name.startswith("__") or callable(value):
                continue
            if not encode({name: value})[1]:
                found[f"{owner}.{name}"] = digest(value)
    return found


def _is_users(kind: type) -> bool:
    """Whether a class is neither Python's, torch's nor the toolkit's."""
    return kind.__module__.partition(".")[0] not in ("builtins", "abc", "torch", _TOOLKIT)


def _structure(value: Any) -> object:
    """Names, shapes and types of nested values, without the values."""
    if isinstance(value, torch.Tensor):
        return "tensor", tuple(value.shape), str(value.dtype)
    if isinstance(value, Mapping):
        return [(key, _structure(part)) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, *dict.fromkeys(str(_structure(part)) for part in value)
    return type(value).__name__


def _mismatch(method: Method, fresh: Method) -> str | None:
    """The first difference between two state dicts, in words."""
    saved, expected = method.state_dict(), fresh.state_dict()
    for name, value in saved.items():
        shape = list(getattr(value, "shape", ()))
        if name not in expected:
            return (
                f"a fresh method has no {name} of shape {shape}: "
                "make every parameter and buffer in __init__"
            )
        if shape != (before := list(getattr(expected[name], "shape", ()))):
            return (
                f"{name} has the shape {shape}, and {before} in a fresh method: give it its final "
                "shape in __init__, or keep it as a plain attribute, whose shape may change"
            )
    lacking = [name for name in expected if name not in saved]
    return f"it lacks {lacking[0]}, which a fresh method has" if lacking else None


def _lost(method: Method, name: str, kind: str | None) -> str:
    what = f" ({_article(kind)})" if kind else ""
    return (
        f"{type(method).__name__} keeps {name}{what}, which a checkpoint cannot hold, so a "
        "resumed run would lose it: keep numbers, texts, lists, dicts, tensors, arrays or "
        "generators, return it from get_extra_state, or name it in `not_saved` if a run "
        "may lose it"
    )


def _article(kind: str) -> str:
    if kind.startswith(("a ", "an ")):
        return kind
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__

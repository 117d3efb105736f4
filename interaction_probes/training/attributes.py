"""What a method keeps outside its state dict: attributes, buffers that are not persistent, flags.

A state dict has parameters, persistent buffers and what ``get_extra_state`` returns. Everything
else that lies on a module is an attribute here, by its dotted name: ``encoders.0.steps``.
"""

from typing import Any

from torch import Tensor, nn

#: What every module has: its parameters, buffers, submodules and hooks.
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
#: Kinds of settings of torch's own modules, such as a dropout's rate.
_SETTINGS = (bool, int, float, str, tuple)


def attributes(method: nn.Module) -> dict[str, Any]:
    """Dotted name → value of everything that lies on a method outside its state dict.

    These are the plain attributes of every module, its buffers that are not persistent, and the
    flag ``requires_grad`` of every parameter. Names in the method's `not_saved` are left out.
    """
    found: dict[str, Any] = {}
    for path, module in method.named_modules():
        prefix = f"{path}." if path else ""
        own = {name: value for name, value in vars(module).items() if name not in _OF_EVERY_MODULE}
        if type(module).__module__.startswith("torch."):  # whose other attributes are its caches
            own = {
                name: value
                for name, value in own.items()
                if isinstance(value, _SETTINGS) and not name.startswith("_")
            }
        own |= {name: module._buffers.get(name) for name in module._non_persistent_buffers_set}
        found |= {prefix + name: value for name, value in own.items()}
    for name, parameter in method.named_parameters():
        found[f"{name}.requires_grad"] = parameter.requires_grad
    for name in getattr(method, "not_saved", ()):
        found.pop(name, None)
    return found


def set_attributes(method: nn.Module, values: dict[str, Any]) -> None:
    """Set attributes by their dotted names.

    Raises:
        AttributeError: the method lacks the module or the parameter that a name begins with.
    """
    for name, value in values.items():
        owner, attribute = _owner(method, name)
        setattr(owner, attribute, value)


def delete_attribute(method: nn.Module, name: str) -> None:
    """Delete an attribute by its dotted name, if it is there."""
    owner, attribute = _owner(method, name)
    if hasattr(owner, attribute):
        delattr(owner, attribute)


def hooks(method: nn.Module) -> list[tuple[str, list[Any]]]:
    """The functions that are called before and after a method's modules, by module."""
    kinds = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
    found = [
        (path, [hook for kind in kinds for hook in getattr(module, kind).values()])
        for path, module in method.named_modules()
    ]
    return [(path, own) for path, own in found if own]


def registered(method: nn.Module) -> dict[int, str]:
    """The id of each module, parameter and persistent buffer of a method → its name.

    An attribute that refers to one of them keeps nothing of its own.
    """
    found: dict[int, str] = {id(module): f"{path}." for path, module in method.named_modules()}
    found |= {id(parameter): name for name, parameter in method.named_parameters()}
    for path, module in method.named_modules():
        for name, buffer in module._buffers.items():
            if buffer is not None and name not in module._non_persistent_buffers_set:
                found[id(buffer)] = f"{path}.{name}"
    return found


def _owner(method: nn.Module, name: str) -> tuple[nn.Module | Tensor, str]:
    path, _, attribute = name.rpartition(".")
    try:
        return method.get_submodule(path), attribute
    except AttributeError:
        return method.get_parameter(path), attribute

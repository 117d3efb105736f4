"""Python values as what a checkpoint can hold: nested tuples of plain values and tensors, and back.

A checkpoint is read with torch's ``weights_only``, which builds no object of an arbitrary class.
Values here become tuples that begin with their kind; :func:`decode` builds them again. Objects that
several values share are shared afterwards, too.
"""

import random
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

#: Factories that a defaultdict may have.
_FACTORIES = {kind.__name__: kind for kind in (int, float, bool, str, list, dict, set, tuple)}
_MAPPINGS = {kind.__name__: kind for kind in (dict, OrderedDict, Counter)}
_SEQUENCES = {kind.__name__: kind for kind in (list, tuple, set, frozenset)}
_PLAIN = (type(None), bool, int, float, str)
#: numpy's bit generators, the only classes of it that are looked up by a name from a file.
_BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
#: Kinds of numpy's types that are plain bytes.
_ARRAY_KINDS = "biufcSUmM"


class NotPlainError(TypeError):
    """A value that no checkpoint can hold."""


def encode(
    values: Mapping[str, Any], taken: Iterable[Tensor] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values by name, as a checkpoint holds them.

    Args:
        values: numbers, texts, None, lists, tuples, sets, dicts, deques, tensors, arrays, and
            generators of torch, numpy and Python, nested as they like. Tensors and arrays that
            share their memory would come back apart, and cannot be encoded.
        taken: tensors that are saved elsewhere, whose memory no value may share.

    Returns:
        The encoded values by name; and, for those that cannot be encoded, the class at fault.
    """
    encoder = _Encoder(taken)
    encoded: dict[str, Any] = {}
    failed: dict[str, str] = {}
    for name, value in values.items():
        known = dict(encoder.numbers)
        try:
            encoded[name] = encoder.encode(value)
        except NotPlainError as error:
            failed[name] = str(error)
            encoder.numbers = known  # nothing may refer to what was not kept
        except RecursionError:
            failed[name] = "a value nested too deeply"
            encoder.numbers = known
    return encoded, failed


def decode(encoded: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """The values that :func:`encode` encoded.

    Args:
        encoded: as it was read from a checkpoint.
        device: of tensors that were not on the CPU.

    Raises:
        ValueError: another program wrote this.
    """
    decoder = _Decoder(device)
    try:
        return {name: decoder.decode(value) for name, value in encoded.items()}
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ValueError(f"attributes that cannot be decoded: {error}") from error


def generator_state(value: Any) -> Any:
    """The state of a random generator, as plain values; None for anything else."""
    if isinstance(value, torch.Generator):
        return str(value.device), value.get_state()
    if type(value) is random.Random:
        return value.getstate()
    if type(value) is np.random.RandomState:
        return value.get_state(legacy=False)
    if type(value) is np.random.Generator:
        bits = value.bit_generator
        seeds = bits.seed_seq
        if type(bits).__name__ in _BIT_GENERATORS and type(seeds) is np.random.SeedSequence:
            return bits.state, seeds.state  # the latter counts the generators that were spawned
    return None


class _Encoder:
    """Encodes values that may share objects."""

    def __init__(self, taken: Iterable[Tensor] = ()) -> None:
        self.numbers: dict[int, tuple[int, Any]] = {}  # id → number, and the object, kept alive
        self.count = 0
        self.memory = {_memory(tensor) for tensor in taken} - {0}

    def encode(self, value: Any) -> tuple[Any, ...]:
        """A value as a tuple that begins with its kind.

        Raises:
            NotPlainError: a value of another kind; its text is the class.
        """
        if type(value) in _PLAIN:
            return ("plain", value)
        if type(value) is complex:
            return ("complex", value.real, value.imag)
        if type(value) is bytes:
            return ("bytes", _as_tensor(value))
        if id(value) in self.numbers:
            return ("same", self.numbers[id(value)][0])
        number = self.count
        self.count += 1
        self.numbers[id(value)] = (number, value)
        return ("new", number, *self._content(value))

    def _content(self, value: Any) -> tuple[Any, ...]:
        kind = type(value)
        if kind in (list, tuple):
            return (kind.__name__, [self.encode(part) for part in value])
        if kind in (set, frozenset):  # the same bytes in every process
            return (kind.__name__, [self.encode(part) for part in sorted(value, key=repr)])
        if kind is deque:
            return ("deque", [self.encode(part) for part in value], value.maxlen)
        if kind in (dict, OrderedDict, Counter):
            return (kind.__name__, self._items(value))
        if kind is defaultdict and value.default_factory in (None, *_FACTORIES.values()):
            factory = value.default_factory
            return ("defaultdict", self._items(value), factory and factory.__name__)
        if kind in (Tensor, nn.Parameter, np.ndarray):
            self._take_memory(value)
        if kind in (Tensor, nn.Parameter) and value.layout == torch.strided:
            wanted = value.requires_grad and value.is_leaf
            return (kind.__name__, value.detach().clone(), wanted, value.device.type)
        if kind is np.ndarray and value.dtype.kind in _ARRAY_KINDS:
            return ("ndarray", value.dtype.str, list(value.shape), _as_tensor(value.tobytes()))
        if isinstance(value, np.generic) and value.dtype.kind in _ARRAY_KINDS:
            return ("scalar", value.dtype.str, _as_tensor(value.tobytes()))
        state = generator_state(value)
        if state is None:
            raise NotPlainError(f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."))
        return (kind.__name__, self.encode(state))

    def _take_memory(self, value: Tensor | np.ndarray) -> None:
        """Refuse a tensor or an array whose memory belongs to another one.

        Raises:
            NotPlainError: it does.
        """
        memory = _memory(value)
        if memory in self.memory:
            what = "a tensor" if isinstance(value, Tensor) else "an array"
            raise NotPlainError(f"{what} that shares its memory with another")
        if memory:
            self.memory.add(memory)

    def _items(self, value: Mapping[Any, Any]) -> list[Any]:
        return [(self.encode(key), self.encode(part)) for key, part in value.items()]


class _Decoder:
    """Decodes what one encoder encoded."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.known: dict[int, Any] = {}

    def decode(self, encoded: tuple[Any, ...]) -> Any:
        kind, *content = encoded
        if kind == "plain":
            return content[0]
        if kind == "complex":
            return complex(*content)
        if kind == "bytes":
            return bytes(content[0].numpy())
        if kind == "same":
            return self.known[content[0]]
        number, kind, *content = content
        if kind in ("list", "deque", "dict", "OrderedDict", "Counter", "defaultdict"):
            return self._fill(number, kind, *content)
        self.known[number] = value = self._build(kind, *content)
        return value

    def _fill(self, number: int, kind: str, parts: list[Any], *options: Any) -> Any:
        """A container that may hold itself: known before it is filled."""
        if kind in ("list", "deque"):
            sequence: Any = [] if kind == "list" else deque(maxlen=options[0])
            self.known[number] = sequence
            sequence.extend(self.decode(part) for part in parts)
            return sequence
        mapping: Any
        if kind == "defaultdict":
            mapping = defaultdict(options[0] and _FACTORIES[options[0]])
        else:
            mapping = _MAPPINGS[kind]()
        self.known[number] = mapping
        for key, part in parts:
            name = self.decode(key)
            mapping[name] = self.decode(part)
        return mapping

    def _build(self, kind: str, *content: Any) -> Any:
        if kind in _SEQUENCES:
            return _SEQUENCES[kind](self.decode(part) for part in content[0])
        if kind in ("Tensor", "Parameter"):
            tensor, requires_grad, device = content
            tensor = tensor.detach().clone().to("cpu" if device == "cpu" else self.device)
            if kind == "Parameter":
                return nn.Parameter(tensor, requires_grad)
            return tensor.requires_grad_(requires_grad)
        if kind == "ndarray":
            code, shape, raw = content
            return np.frombuffer(bytes(raw.numpy()), np.dtype(code)).reshape(shape).copy()
        if kind == "scalar":
            code, raw = content
            return np.frombuffer(bytes(raw.numpy()), np.dtype(code))[0]
        return _generator(kind, self.decode(content[0]))


def _generator(kind: str, state: Any) -> Any:
    """A random generator by the name of its class, and its state.

    Raises:
        KeyError: there is no such kind.
    """
    if kind == "Random":
        python = random.Random()
        python.setstate(state)
        return python
    if kind == "RandomState":
        legacy = np.random.RandomState()
        legacy.set_state(state)
        return legacy
    device_or_bits, rest = state
    if kind == "Generator" and isinstance(device_or_bits, str):
        found = torch.Generator(device_or_bits)
        found.set_state(rest)
        return found
    name = device_or_bits["bit_generator"]
    if kind != "Generator" or name not in _BIT_GENERATORS:
        raise KeyError(kind)
    bits = getattr(np.random, name)(np.random.SeedSequence(**rest))
    bits.state = device_or_bits
    return np.random.Generator(bits)


def _memory(value: Tensor | np.ndarray) -> int:
    """The address of the memory behind a tensor or an array; 0 where there is none."""
    if isinstance(value, Tensor):
        strided = value.layout == torch.strided
        return value.untyped_storage().data_ptr() if strided else 0
    while isinstance(value.base, np.ndarray):
        value = value.base
    return int(value.__array_interface__["data"][0]) if value.nbytes else 0


def _as_tensor(raw: bytes) -> Tensor:
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8) if raw else torch.empty(0).byte()

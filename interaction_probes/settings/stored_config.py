"""The form of a config in config.json, which older runs have too."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, get_type_hints

from .config import RunConfig, to_dict

#: Fields that config.json of a run of pairs lacks, as before there were more images → their value
#: then.
SAMPLE_FIELDS = {"modalities": 2, "pair_rule_strength": 0.0, "triple_rule_strength": 0.0}


def stored_dict(config: RunConfig) -> dict[str, Any]:
    """A config without what is about more images or other inputs only."""
    plain = to_dict(config)
    if config.modalities == 2:
        plain = {name: value for name, value in plain.items() if name not in SAMPLE_FIELDS}
    if config.kind == "images":
        del plain["kind"]
        if not config.data.path:
            del plain["data"]
    if not config.model.inputs:
        del plain["model"]["inputs"]
    return plain


def with_unstored(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A config as :func:`to_dict` makes it, from one that :func:`stored_dict` made, now or earlier.

    Fields that were added since have the value that earlier versions meant.
    """
    return _filled(RunConfig, plain)


def _filled(kind: type[Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    filled, kinds = dict(plain), get_type_hints(kind)
    for each in fields(kind):
        value = filled.get(each.name)
        if each.name not in filled and "added_with_default" in each.metadata:
            meant = each.metadata["added_with_default"]
            named = is_dataclass(meant) and not isinstance(meant, type)
            value = asdict(meant) if named else meant
            filled[each.name] = json.loads(json.dumps(value))
        elif is_dataclass(kinds[each.name]) and isinstance(value, Mapping):
            filled[each.name] = _filled(kinds[each.name], value)
    return filled

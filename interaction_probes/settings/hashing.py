"""The hash of a config, which is part of the name of a run's folder.

Every field of a config enters the hash, but for what its dataclass field declares in its metadata:

``added_with_default``
    The field was added after runs had been named without it. The value is the one that older
    versions meant; the field enters the hash only where it differs from that, so that a new field
    renames no run. Every field that is added needs this, and a test fails without it.
``hashed: False``
    The field never enters the hash: the path of a folder of images, whose checksum does.
"""

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

from .config import RunConfig, from_dict, to_dict


def config_hash(config: RunConfig) -> str:
    """The first 8 hexadecimal digits of the SHA-256 of the fields that enter the hash."""
    exact = from_dict(to_dict(config))  # 1 becomes 1.0 where a field is a float
    text = json.dumps(_hashed(exact), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _hashed(config: Any) -> dict[str, Any]:
    """The fields of a dataclass that enter the hash, nested as in config.json."""
    found: dict[str, Any] = {}
    for each in fields(config):
        value, declared = getattr(config, each.name), each.metadata
        if not declared.get("hashed", True):
            continue
        if "added_with_default" in declared and value == declared["added_with_default"]:
            continue
        if isinstance(value, tuple):
            found[each.name] = [_hashed(item) if is_dataclass(item) else item for item in value]
        else:
            found[each.name] = _hashed(value) if is_dataclass(value) else value
    return found

"""The form of a config in config.json, which older runs have too."""

from collections.abc import Mapping
from typing import Any

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
    """A config as :func:`to_dict` makes it, from one that :func:`stored_dict` made."""
    model = plain.get("model")
    filled = {**SAMPLE_FIELDS, "kind": "images", "data": to_dict(RunConfig())["data"], **plain}
    return {**filled, "model": {"inputs": [], **model}} if isinstance(model, dict) else filled

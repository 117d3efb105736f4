"""Descriptions of modalities that follow from a dataset and the options of its encoders."""

from dataclasses import replace

from .config import RunConfig


def without_derived_inputs(config: RunConfig) -> RunConfig:
    """A config whose `model.inputs` are left out where they follow from the data and its options.

    They are then described anew, with other options or for other data. Inputs with encoders of
    their own are kept.
    """
    derived = [each == config.data.encoded(each) for each in config.model.inputs]
    described = config.data.path or config.kind == "vectors"
    if not described or not all(derived):
        return config
    return replace(config, model=replace(config.model, inputs=()))


def with_inputs_that_follow(changed: RunConfig, before: RunConfig) -> RunConfig:
    """A changed config whose `model.inputs` follow from its own data options, if they did before.

    Inputs of other data, or of another number of modalities, are left out, to be described anew.

    Args:
        changed: the config with other values of some fields.
        before: what it was.
    """
    inputs = changed.model.inputs
    if inputs != before.model.inputs or without_derived_inputs(before) == before:
        return changed
    if _source(changed) == _source(before):
        inputs = tuple(changed.data.encoded(each) for each in inputs)
    else:
        inputs = ()
    return replace(changed, model=replace(changed.model, inputs=inputs))


def _source(config: RunConfig) -> tuple[object, ...]:
    """What a config's modalities are from, and how many there are."""
    data = config.data
    return config.kind, config.modalities, data.path, data.format, data.modalities

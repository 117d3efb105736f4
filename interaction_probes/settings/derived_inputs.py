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

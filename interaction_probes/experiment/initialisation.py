"""The method that a run begins with: initialised, and as its ranks and its probes want it."""

import inspect
from dataclasses import replace

import torch

from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.phases import phase_epochs
from interaction_probes.contrast.sync_batchnorm import synchronise
from interaction_probes.runtime.global_random_state import seeded_global_state
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.method_settings import usual_values
from interaction_probes.settings.plain_types import value_of
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import overridden

from .data import classes_of
from .evaluation.named_controls import check_named_controls


def fresh_method(method_class: type[Method], config: RunConfig, modalities: int = 2) -> Method:
    """The method that a run trains, before its first step and on the CPU.

    Args:
        method_class: the method.
        config: the run's.
        modalities: how many images a sample of the data has.

    Raises:
        ValueError: as :func:`initialise` does, or there is no such probed representation.
    """
    method = initialise(method_class, config, modalities)
    method.place = method_class.find_place(config.probe.features)
    if world_size() > 1:
        synchronise(method)
    return method


def initialise(method_class: type[Method], config: RunConfig, modalities: int = 2) -> Method:
    """A fresh method, its parameters drawn from the run's initialisation stream.

    The global random states of NumPy and Python are seeded as torch's, for what a user's own draws.

    Args:
        method_class: the method.
        config: the run's.
        modalities: how many images a sample of the data has.

    Raises:
        ValueError: a method that is impossible, or that cannot be built for so many modalities.
    """
    classes = classes_of(config)
    with seeded_global_state(config.seed, "initialisation", device=torch.device("cpu")):
        if modalities == 2:  # a user's own build may take no number
            return method_class.build(config.model, classes)
        check_takes_modalities(method_class)
        return method_class.build(config.model, classes, modalities=modalities)


def check_method(method_class: type[Method], config: RunConfig) -> None:
    """Refuse a method that is not stated for a run's modalities, or a control without effect.

    It is asked before any image is generated.

    Raises:
        ValueError: from how many modalities on the method is, or up to how many; a kind of modality
            that it does not learn from; fewer epochs than it has phases; a batch larger than what
            there is to train on; or the control.
    """
    method_class.check_modalities(config.modalities)
    method_class.check_inputs(config.model, config.modalities)
    phase_epochs(method_class, config.optim.epochs)
    check_batch_exists(method_class, config, config.n_pairs)
    if config.modalities != 2:
        check_takes_modalities(method_class)
    check_named_controls(config)


def check_batch_exists(method_class: type[Method], config: RunConfig, existing: int) -> None:
    """Refuse a batch of more than what there is to pretrain on; runs that train nothing have none.

    Args:
        method_class: the method.
        config: the run's.
        existing: how many pairs or samples there are, which a design may leave fewer than the
            config asks for.

    Raises:
        ValueError: the batch is larger.
    """
    if config.optim.batch > existing and _is_trained(method_class, config):
        what = "samples" if config.data.path or config.modalities > 2 else "pairs"
        raise ValueError(
            f"a batch of {config.optim.batch} is more than the {existing} {what} to pretrain on: "
            f"--optim.batch is at most {existing}"
        )


def with_existing_batch(config: RunConfig) -> RunConfig:
    """A config whose batch is all rows of its dataset, where that has fewer than the batch.

    It is for a batch that nobody asked for, as a preset's.

    Args:
        config: the run's, after :func:`interaction_probes.experiment.own_dataset.with_dataset`.
    """
    if not config.data.path or config.optim.batch <= config.n_pairs:
        return config
    if not _is_trained(find_method(config.method), config):
        return config
    return replace(config, optim=replace(config.optim, batch=config.n_pairs))


def batch_note(config: RunConfig) -> str | None:
    """A note that a preset's batch was more than a dataset has, where the config's is all of it."""
    usual = usual_values(config.preset, config.preset_version, config.method)
    rows = config.n_pairs
    if not config.data.path or config.optim.batch != rows or usual is None:
        return None
    if value_of(usual, "optim.batch") <= rows:
        return None
    return f"note: batches of {rows}: the dataset has {rows} rows to pretrain on"


def _is_trained(method_class: type[Method], config: RunConfig) -> bool:
    terms = method_class.terms_for(config.modalities, classes_of(config))
    return bool(terms) and config.optim.epochs > 0


def weights_of_run(method_class: type[Method], config: RunConfig) -> dict[str, float]:
    """The weight of every loss term that a method has in a run, before the method is built.

    A method can have other terms for other numbers of images, or for other tasks.

    Raises:
        ValueError: the method has no such term there, or every weight is 0.
    """
    terms = method_class.terms_for(config.modalities, classes_of(config))
    return overridden(terms, config.weights)


def check_takes_modalities(method_class: type[Method]) -> None:
    """Refuse a method whose build, or __init__ where build is inherited, takes no modalities.

    Raises:
        ValueError: it can be built for two modalities only.
    """
    try:
        inspect.signature(method_class.build).bind(None, {}, modalities=2)
        if method_class.build.__func__ is Method.build.__func__:
            inspect.signature(method_class).bind(None, 2)
    except TypeError as error:
        raise ValueError(
            f"{method_class.__name__} is built for 2 modalities only: its build and __init__ take "
            "no argument `modalities: int = 2`"
        ) from error

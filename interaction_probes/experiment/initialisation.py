"""The method that a run begins with: initialised, and as its ranks and its probes want it."""

import inspect

import torch

from interaction_probes.contrast.distributed import world_size
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.phases import phase_epochs
from interaction_probes.contrast.sync_batchnorm import synchronise
from interaction_probes.runtime.global_random_state import seeded_global_state
from interaction_probes.settings.config import RunConfig
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
    _check_batch(method_class, config)
    if config.modalities != 2:
        check_takes_modalities(method_class)
    check_named_controls(config)


def _check_batch(method_class: type[Method], config: RunConfig) -> None:
    """Refuse a batch that no epoch has, since an incomplete last batch is dropped."""
    trained = method_class.terms_for(config.modalities, classes_of(config))
    if trained and config.optim.batch > config.n_pairs:
        what = "samples" if config.data.path or config.modalities > 2 else "pairs"
        raise ValueError(
            f"a batch of {config.optim.batch} is more than the {config.n_pairs} {what} to pretrain "
            f"on: optim.batch is at most {config.n_pairs}"
        )


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

"""How much redundancy, uniqueness and synergy a multimodal self-supervised method captures.

The names below are the library's face; each is imported when it is first used, so that
``import interaction_probes`` itself costs nothing.

>>> from interaction_probes import find_preset
>>> find_preset("smoke").optim.epochs
2
"""

from typing import TYPE_CHECKING

from interaction_probes.common.lazy import attach

from .earlier_paths import install as _install_earlier_paths

if TYPE_CHECKING:
    from interaction_probes.baselines.clip import CLIP, clip_loss
    from interaction_probes.baselines.cross_self import CrossSelf, cross_self_loss
    from interaction_probes.baselines.factorcl import FactorCL, factorcl_loss
    from interaction_probes.baselines.infmasking import InfMasking, infmasking_loss
    from interaction_probes.baselines.pixels import Pixels
    from interaction_probes.baselines.random_init import RandomInit
    from interaction_probes.baselines.simclr import SimCLR, simclr_loss
    from interaction_probes.baselines.supervised import Supervised
    from interaction_probes.comm.fusion import Fusion
    from interaction_probes.comm.loss import comm_loss
    from interaction_probes.comm.method import CoMM
    from interaction_probes.contrast.losses import club_upper_bound, infonce_lower_bound, nce
    from interaction_probes.contrast.method import Batch, Method, ModelConfig
    from interaction_probes.experiment.evaluation.representations import represent
    from interaction_probes.experiment.loading import load_run
    from interaction_probes.experiment.runner import run as pretrain_and_probe
    from interaction_probes.probing.estimator import LinearProbe
    from interaction_probes.probing.intervals import over_seeds
    from interaction_probes.probing.linear import linear_probe
    from interaction_probes.probing.own_features import probe
    from interaction_probes.probing.result import Score
    from interaction_probes.settings.config import RunConfig
    from interaction_probes.settings.fields import with_fields
    from interaction_probes.settings.presets import find_preset
    from interaction_probes.storage.run_folder import RunFolder

    from .collect import collect as collect_runs
    from .sweep_results import SweepResults, read_sweep

__all__ = [
    "CLIP",
    "Batch",
    "CoMM",
    "CrossSelf",
    "FactorCL",
    "Fusion",
    "InfMasking",
    "LinearProbe",
    "Method",
    "ModelConfig",
    "Pixels",
    "RandomInit",
    "RunConfig",
    "RunFolder",
    "Score",
    "SimCLR",
    "Supervised",
    "SweepResults",
    "clip_loss",
    "club_upper_bound",
    "collect_runs",
    "comm_loss",
    "cross_self_loss",
    "factorcl_loss",
    "find_preset",
    "infmasking_loss",
    "infonce_lower_bound",
    "linear_probe",
    "load_run",
    "nce",
    "over_seeds",
    "pretrain_and_probe",
    "probe",
    "read_sweep",
    "represent",
    "simclr_loss",
    "with_fields",
]

#: Where each name comes from: module of this package, or module:name where the two differ.
_HOMES = {
    "CLIP": "baselines.clip",
    "Batch": "contrast.method",
    "CoMM": "comm.method",
    "CrossSelf": "baselines.cross_self",
    "FactorCL": "baselines.factorcl",
    "Fusion": "comm.fusion",
    "InfMasking": "baselines.infmasking",
    "LinearProbe": "probing.estimator",
    "Method": "contrast.method",
    "ModelConfig": "contrast.method",
    "Pixels": "baselines.pixels",
    "RandomInit": "baselines.random_init",
    "RunConfig": "settings.config",
    "RunFolder": "storage.run_folder",
    "Score": "probing.result",
    "SimCLR": "baselines.simclr",
    "Supervised": "baselines.supervised",
    "SweepResults": "sweep_results",
    "clip_loss": "baselines.clip",
    "club_upper_bound": "contrast.losses",
    "collect_runs": "collect:collect",
    "comm_loss": "comm.loss",
    "cross_self_loss": "baselines.cross_self",
    "factorcl_loss": "baselines.factorcl",
    "find_preset": "settings.presets",
    "infmasking_loss": "baselines.infmasking",
    "infonce_lower_bound": "contrast.losses",
    "linear_probe": "probing.linear",
    "load_run": "experiment.loading",
    "nce": "contrast.losses",
    "over_seeds": "probing.intervals",
    "pretrain_and_probe": "experiment.runner:run",
    "probe": "probing.own_features",
    "read_sweep": "sweep_results",
    "represent": "experiment.evaluation.representations",
    "simclr_loss": "baselines.simclr",
    "with_fields": "settings.fields",
}

__getattr__, __dir__ = attach(__name__, _HOMES)
_install_earlier_paths()

"""The tuning trials of the methods since CoMM: twenty-one for each, as in trials.py.

The first trials change what every method has: rate, batches, colours, BatchNorm. Those up to 16
change the weights of the method's own terms, from the rate, colours and towers that the quick
preset has in version 2. The last five are of version 4. What no field of a configuration sets stays
as the method has it: the common dimensions of DeCUR, the masked share of MAE, the zeroed share of
COrAL, the ranks of HRIL's core, the concentration of DisentangledSSL's codes and the share of its
first step.
"""

from collections.abc import Mapping, Sequence

from benchmarks.experiments.tuning.changes import (
    ADAMW,
    GREY_AND_JITTER,
    NO_BATCHNORM,
    RECIPE_4,
    VERSION_4,
    WARM_RECIPE_4,
    WARMER,
    Setting,
)
from interaction_probes.execution.grid import Pairs

_LONGER: Setting = {"optim.epochs": 8, "probe.every": 8}
_BATCH_128: Setting = {"optim.batch": 128}
_WARM: Setting = {"model.temperature": 0.15}
#: The rate, colours and towers of version 2, for methods without a temperature.
_RECIPE: Setting = {"optim.lr": 0.006, **GREY_AND_JITTER, **NO_BATCHNORM}
_WARM_RECIPE: Setting = {**_WARM, **_RECIPE}
_OF_COMM_4: Setting = {**WARM_RECIPE_4, **WARMER}
_HRIL_4: Setting = {**VERSION_4, **WARMER}


def _weighing(compression: float = 1.0, orthogonality: float = 1.0) -> Setting:
    """Weights of DisentangledSSL; those that its class has by now, .1 each, need no naming."""
    weights = {"compression": compression, "orthogonality": orthogonality}
    named = {term: weight for term, weight in weights.items() if weight != 0.1}
    return {"weights": named} if named else {}


#: A mild crop and nothing else: He et al. (MAE) find that jitter of the colours does harm.
_CROP_ALONE: Setting = {
    "views.crop_scale": (0.5, 1.0),
    "views.jitter_probability": 0.0,
    "views.grayscale_probability": 0.0,
    "views.flip_probability": 0.0,
}

#: Method → its trials.
TRIALS: Mapping[str, Sequence[Setting]] = {
    # Its paper publishes neither weight.
    "hril": (
        {},
        {"optim.lr": 0.006},
        _BATCH_128,
        _WARM,
        {**_WARM, **GREY_AND_JITTER},
        _WARM_RECIPE,
        {**_WARM_RECIPE, **_LONGER},
        {**_WARM_RECIPE, "weights": {"alignment": 0.1}},
        {**_WARM_RECIPE, "weights": {"alignment": 0.3}},
        {**_WARM_RECIPE, "weights": {"alignment": 3.0}},
        {**_WARM_RECIPE, "weights": {"alignment": 10.0}},
        {**_WARM_RECIPE, "weights": {"synergy": 0.1}},
        {**_WARM_RECIPE, "weights": {"synergy": 10.0}},
        {**_WARM_RECIPE, "weights": {"alignment": 0.3, "synergy": 10.0}},
        {**_WARM_RECIPE, "optim.lr": 0.003},
        {**_WARM, **ADAMW, **GREY_AND_JITTER},
        _HRIL_4,
        _OF_COMM_4,
        {**_HRIL_4, "optim.lr": 0.006},
        {**_OF_COMM_4, "weights": {"alignment": 3.0}},
        {**_HRIL_4, "optim.lr": 0.009},
    ),
    # Its paper has a weight of 1 and a weight decay of 1e-3, at its own scale.
    "coral": (
        {},
        {"optim.lr": 0.006},
        _BATCH_128,
        _WARM,
        {**_WARM, **GREY_AND_JITTER},
        _WARM_RECIPE,
        {**_WARM_RECIPE, **_LONGER},
        {**_WARM_RECIPE, "optim.weight_decay": 1e-3},
        {**_WARM_RECIPE, "weights": {"orthogonal": 0.1}},
        {**_WARM_RECIPE, "weights": {"orthogonal": 0.3}},
        {**_WARM_RECIPE, "weights": {"orthogonal": 3.0}},
        {**_WARM_RECIPE, "weights": {"orthogonal": 10.0}},
        {**_WARM_RECIPE, "optim.lr": 0.012},
        {**_WARM_RECIPE, "optim.lr": 0.003},
        {**_WARM, "optim.lr": 0.006, **NO_BATCHNORM},
        {**_WARM, **ADAMW, **GREY_AND_JITTER},
        {**_OF_COMM_4, "optim.lr": 0.003},
        _OF_COMM_4,
        {**_OF_COMM_4, "optim.lr": 0.0015},
        {**_OF_COMM_4, "optim.lr": 0.003, "optim.weight_decay": 1e-4},
        {**_OF_COMM_4, "optim.lr": 0.003, "weights": {"orthogonal": 0.3}},
    ),
    # Its paper's heads are wider, and statistics of a batch are the better the larger it is.
    "decur": (
        {},
        {"optim.lr": 0.006},
        {"optim.lr": 0.003},
        _BATCH_128,
        GREY_AND_JITTER,
        NO_BATCHNORM,
        _RECIPE,
        {**_RECIPE, **_BATCH_128},
        {**_RECIPE, **_LONGER},
        {**_RECIPE, "weights": {"common": 0.125, "unique": 0.125}},
        {**_RECIPE, "weights": {"common": 2.0, "unique": 2.0}},
        {**_RECIPE, "weights": {"common": 2.0}},
        {**_RECIPE, "weights": {"unique": 2.0}},
        {**_RECIPE, "model.projection": 512},
        {**_RECIPE, **_BATCH_128, "model.projection": 512},
        {**ADAMW, **GREY_AND_JITTER},
        RECIPE_4,
        {**RECIPE_4, "optim.lr": 0.009},
        {**RECIPE_4, "optim.weight_decay": 1e-4},
        {**RECIPE_4, **_BATCH_128, "model.projection": 512},
        {**RECIPE_4, "model.projection": 512},
    ),
    # Its paper chooses both weights for each data set. Of 64 independent codes λ's term is about 8,
    # and the two NCEs beside it begin at 4.8 nats each: the weights tried are mostly below 1.
    "disentangled": (
        _weighing(),
        {"optim.lr": 0.006, **_weighing()},
        {"optim.lr": 0.003, **_weighing()},
        {**_BATCH_128, **_weighing()},
        {**GREY_AND_JITTER, **_weighing()},
        {**NO_BATCHNORM, **_weighing()},
        {**_RECIPE, **_weighing()},
        {**_RECIPE, **_LONGER, **_weighing()},
        {**_RECIPE, **_weighing(orthogonality=0.03)},
        {**_RECIPE, **_weighing(orthogonality=0.1)},
        {**_RECIPE, **_weighing(orthogonality=0.3)},
        {**_RECIPE, **_weighing(compression=0.1)},
        {**_RECIPE, **_weighing(compression=10.0)},
        {**_RECIPE, **_weighing(compression=0.1, orthogonality=0.1)},
        {**_RECIPE, "model.projection": 64, **_weighing()},
        {**ADAMW, **GREY_AND_JITTER, **_weighing()},
        RECIPE_4,
        {**RECIPE_4, "optim.lr": 0.009},
        {**RECIPE_4, "optim.weight_decay": 1e-4},
        {**RECIPE_4, **_weighing(compression=0.03, orthogonality=0.1)},
        {**RECIPE_4, **_weighing(compression=0.1, orthogonality=0.3)},
    ),
    # One term, so no weights: what is left is how hard its images are, and how wide its codes.
    "mae": (
        {},
        {"optim.lr": 0.006},
        {"optim.lr": 0.003},
        _BATCH_128,
        {**_BATCH_128, "optim.lr": 0.006},
        _LONGER,
        GREY_AND_JITTER,
        NO_BATCHNORM,
        {"optim.lr": 0.006, **NO_BATCHNORM},
        _RECIPE,
        _CROP_ALONE,
        {**_CROP_ALONE, "optim.lr": 0.006, **NO_BATCHNORM},
        {"model.dim": 128},
        {"model.dim": 512},
        ADAMW,
        {**ADAMW, **NO_BATCHNORM},
        {**VERSION_4, "optim.lr": 0.003},
        RECIPE_4,
        {**VERSION_4, "optim.lr": 0.0015},
        {**VERSION_4, "optim.lr": 0.003, **NO_BATCHNORM},
        {**VERSION_4, "optim.lr": 0.003, "optim.weight_decay": 1e-4},
    ),
}

#: Version of the quick preset → method → the trial whose rate, schedule, colours and towers are
#: CoMM's in that version (3: those of version 2), with the weights that the method has by default.
OF_COMM: Mapping[int, Mapping[str, int]] = {
    3: {"hril": 6, "coral": 6, "decur": 7, "disentangled": 7, "mae": 10},
    4: {"hril": 18, "coral": 18, "decur": 17, "disentangled": 17, "mae": 18},
}

#: Version of the quick preset → method → the trial that it has, by the rule of ranking.py.
TAKEN: Mapping[int, Mapping[str, int]] = {
    3: {"hril": 4, "coral": 14, "decur": 7, "disentangled": 14, "mae": 3},
    4: {"hril": 19, "coral": 18, "decur": 21, "disentangled": 17, "mae": 21},
}

#: Method → the pairs that its trials learn from, as in trials.py. HRIL's learn from both: in CoMM's
#: trials, whose parts it has, biased pairs show a U1 that is 8 points higher and a U2 that is 3
#: points lower. A step of COrAL costs twice as much: its trials learn from biased pairs alone, as
#: InfMasking's.
PAIRS: Mapping[str, Pairs] = {
    "hril": "both",
    "coral": "biased",
    "decur": "unbiased",
    "disentangled": "unbiased",
    "mae": "unbiased",
}

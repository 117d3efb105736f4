"""The tuning trials: settings of every method, each a change of one common setting.

Of the five methods of CoMM's comparison each has as many trials as every other, twenty-five
(CLIP's last five on five seeds):
sixteen from which version 2 of the quick preset was chosen, the chosen one with four weight decays,
of which version 3 was, and five for version 4. The methods since CoMM have sixteen for version 3
and five for version 4. A trial is a field of the configuration → its value, as
``--grid`` of a sweep takes them.
"""

from collections.abc import Mapping, Sequence

from benchmarks.experiments.tuning import since_comm
from benchmarks.experiments.tuning.changes import (
    ADAMW,
    GREY_AND_JITTER,
    LARGE_BATCH,
    NO_BATCHNORM,
    SOME_GREY_AND_JITTER,
    VERSION_4,
    WARM_RECIPE_4,
    WARMER,
    Setting,
)
from interaction_probes.execution.grid import Pairs

_ENCODER: Setting = {"probe.features": "encoder"}


def _decayed(chosen: Setting) -> Sequence[Setting]:
    """The setting that version 2 of the preset has, with four weight decays in place of 1e-4."""
    return tuple({**chosen, "optim.weight_decay": decay} for decay in (0.1, 0.3, 1.0, 3.0))


_OF_COMM: Setting = {
    "model.temperature": 0.15,
    "optim.lr": 0.006,
    **GREY_AND_JITTER,
    **NO_BATCHNORM,
}
_OF_CLIP: Setting = {"model.dim": 16, **NO_BATCHNORM}
_OF_CROSS_SELF: Setting = {"model.temperature": 0.15, **GREY_AND_JITTER}
_OF_FACTORCL: Setting = {
    "optim.batch": 128,
    "optim.lr": 0.006,
    "model.dim": 64,
    **NO_BATCHNORM,
    **_ENCODER,
}
_CLIP_4: Setting = {**VERSION_4, **_OF_CLIP, "optim.weight_decay": 1.0}
_CROSS_SELF_4: Setting = {**VERSION_4, **_OF_CROSS_SELF, "model.temperature": 0.16}
_FACTORCL_4: Setting = {**VERSION_4, **_OF_FACTORCL, "optim.weight_decay": 1.0}

_FUSED: Sequence[Setting] = (
    {},
    {"optim.lr": 0.008},
    {"optim.schedule": "cosine"},
    LARGE_BATCH,
    {**LARGE_BATCH, "optim.lr": 0.018},
    {"model.temperature": 0.07},
    {"model.temperature": 0.15},
    SOME_GREY_AND_JITTER,
    {"model.temperature": 0.2},
    {"model.temperature": 0.15, **SOME_GREY_AND_JITTER},
    {"model.temperature": 0.15, **GREY_AND_JITTER},
    {"model.temperature": 0.15, "optim.epochs": 5},
    {"model.temperature": 0.15, "optim.epochs": 5, "probe.every": 5, **GREY_AND_JITTER},
    {"model.temperature": 0.15, "optim.batch": 96, "optim.lr": 0.015, **GREY_AND_JITTER},
    {"model.temperature": 0.15, **GREY_AND_JITTER, **NO_BATCHNORM},
    _OF_COMM,
    *_decayed(_OF_COMM),
    WARM_RECIPE_4,
    {**WARM_RECIPE_4, "optim.lr": 0.004},
    {**WARM_RECIPE_4, "optim.lr": 0.009},
    {**WARM_RECIPE_4, "model.temperature": 0.18},
    {**WARM_RECIPE_4, **WARMER},
)

#: Method → its trials.
TRIALS: Mapping[str, Sequence[Setting]] = {
    "comm": _FUSED,
    "infmasking": _FUSED,
    "clip": (
        {},
        {"model.dim": 64},
        {"model.dim": 32},
        {"model.dim": 16},
        {"model.dim": 16, "optim.epochs": 10},
        {"model.dim": 16, "optim.lr": 0.024},
        {"model.dim": 16, **ADAMW},
        {"model.dim": 32, "optim.weight_decay": 0.1},
        {"model.dim": 16, **_ENCODER},
        {"model.dim": 8},
        {"model.dim": 16, "optim.batch": 128},
        {"model.dim": 16, "probe.further_zooms": (), "probe.zoom": 1.33},
        {"model.dim": 16, **ADAMW, "optim.lr": 0.012},
        {"model.dim": 16, **ADAMW, "optim.batch": 128},
        _OF_CLIP,
        {"model.dim": 32, **NO_BATCHNORM},
        *_decayed(_OF_CLIP),
        _CLIP_4,
        {**_CLIP_4, "optim.weight_decay": 0.5},
        {**_CLIP_4, "optim.weight_decay": 2.0},
        {**_CLIP_4, "optim.lr": 0.018},
        {**_CLIP_4, "model.dim": 12},
    ),
    "cross_self": (
        {},
        {"optim.lr": 0.008},
        {"optim.lr": 0.018},
        LARGE_BATCH,
        {**LARGE_BATCH, "optim.lr": 0.018},
        {"optim.epochs": 8},
        GREY_AND_JITTER,
        SOME_GREY_AND_JITTER,
        ADAMW,
        {"model.temperature": 0.07},
        {"model.dim": 512},
        {"optim.schedule": "cosine"},
        _OF_CROSS_SELF,
        {"model.temperature": 0.15},
        {"model.temperature": 0.15, **GREY_AND_JITTER, **NO_BATCHNORM},
        _OF_COMM,
        *_decayed(_OF_CROSS_SELF),
        _CROSS_SELF_4,
        {**_CROSS_SELF_4, "optim.lr": 0.008},
        {**_CROSS_SELF_4, "optim.lr": 0.018},
        WARM_RECIPE_4,
        {**_CROSS_SELF_4, **WARMER},
    ),
    "factorcl": (
        {"optim.batch": 128, "optim.lr": 0.006},
        {"optim.batch": 128, "optim.lr": 0.006, **_ENCODER},
        {"optim.lr": 0.004, **_ENCODER},
        {"optim.lr": 0.012, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.012, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.003, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "optim.epochs": 10, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, **GREY_AND_JITTER, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 128, **_ENCODER},
        {**ADAMW, "optim.lr": 0.002, "optim.batch": 128, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "optim.epochs": 10},
        {"optim.batch": 128, "optim.lr": 0.006, **NO_BATCHNORM, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 32, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 32},
        _OF_FACTORCL,
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 32, **NO_BATCHNORM, **_ENCODER},
        *_decayed(_OF_FACTORCL),
        _FACTORCL_4,
        {**_FACTORCL_4, "optim.lr": 0.009},
        {**_FACTORCL_4, "optim.weight_decay": 2.0},
        {**_FACTORCL_4, "model.dim": 48},
        {**_FACTORCL_4, "optim.weight_decay": 3.0},
    ),
    **since_comm.TRIALS,
}

#: Version of the quick preset → method → the trial that it has unless another of the version's is
#: clearly nearer (ranking.py): what version 3 has of the method, on the towers of version 4, and of
#: the methods since CoMM CoMM's settings. In version 3 the methods of CoMM's comparison had none.
USUAL: Mapping[int, Mapping[str, int]] = {
    3: since_comm.OF_COMM[3],
    4: {
        **dict.fromkeys(("comm", "infmasking", "cross_self", "clip", "factorcl"), 21),
        **since_comm.OF_COMM[4],
    },
}

#: Methods whose trial of version 4 was not set by that rule: the temperature by S of CoMM on five
#: seeds, CLIP's projection by five seeds of its trials (docs/quick-preset.md).
SET_OTHERWISE = {"comm": 25, "infmasking": 25, "cross_self": 25, "clip": 25}

#: Version of the quick preset → method → the trial that it has.
TAKEN: Mapping[int, Mapping[str, int]] = {
    3: {
        **{"comm": 16, "infmasking": 16, "cross_self": 13, "clip": 19, "factorcl": 19},
        **since_comm.TAKEN[3],
    },
    4: {
        **SET_OTHERWISE,
        "factorcl": 23,
        **since_comm.TAKEN[4],
    },
}

#: Method → the pairs that its trials learn from. A linear probe of a concatenation reads no
#: synergy, so unbiased pairs suffice for methods that concatenate. InfMasking's step costs half as
#: much again as CoMM's: its trials learn from biased pairs alone, which show R and U as well.
PAIRS: Mapping[str, Pairs] = {
    "comm": "both",
    "infmasking": "biased",
    "clip": "unbiased",
    "cross_self": "unbiased",
    "factorcl": "unbiased",
    **since_comm.PAIRS,
}

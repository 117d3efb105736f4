"""The tuning trials: for every method sixteen settings, each a change of one common setting.

Each method has as many trials as every other. A trial is a field of the configuration → its value,
as ``--grid`` of a sweep takes them.
"""

from collections.abc import Mapping, Sequence

from interaction_probes.execution.grid import Pairs

Setting = Mapping[str, object]

#: What every trial has unless it says otherwise, as changes of the quick preset.
COMMON: Setting = {
    "optim.optimizer": "muon",
    "optim.lr": 0.012,
    "optim.batch": 64,
    "optim.schedule": "linear",
    "optim.epochs": 6,
    "probe.every": 6,
    "probe.further_zooms": (1.33, 1.0),
    "probe.mirrored": True,
    "probe.controls": (),
}

_LARGE_BATCH: Setting = {"optim.batch": 128, "optim.schedule": "cosine"}
_ADAMW: Setting = {"optim.optimizer": "adamw", "optim.lr": 0.006}
_GREY_AND_JITTER: Setting = {
    "views.grayscale_probability": 0.2,
    "views.brightness": 0.4,
    "views.contrast": 0.4,
    "views.saturation": 0.4,
    "views.hue": 0.1,
}
_SOME_GREY_AND_JITTER: Setting = {
    "views.grayscale_probability": 0.1,
    "views.brightness": 0.3,
    "views.contrast": 0.3,
    "views.saturation": 0.3,
    "views.hue": 0.05,
}
_NO_BATCHNORM: Setting = {"model.encoder.norm": "none"}
_ENCODER: Setting = {"probe.features": "encoder"}

_FUSED: Sequence[Setting] = (
    {},
    {"optim.lr": 0.008},
    {"optim.schedule": "cosine"},
    _LARGE_BATCH,
    {**_LARGE_BATCH, "optim.lr": 0.018},
    {"model.temperature": 0.07},
    {"model.temperature": 0.15},
    _SOME_GREY_AND_JITTER,
    {"model.temperature": 0.2},
    {"model.temperature": 0.15, **_SOME_GREY_AND_JITTER},
    {"model.temperature": 0.15, **_GREY_AND_JITTER},
    {"model.temperature": 0.15, "optim.epochs": 5},
    {"model.temperature": 0.15, "optim.epochs": 5, "probe.every": 5, **_GREY_AND_JITTER},
    {"model.temperature": 0.15, "optim.batch": 96, "optim.lr": 0.015, **_GREY_AND_JITTER},
    {"model.temperature": 0.15, **_GREY_AND_JITTER, **_NO_BATCHNORM},
    {"model.temperature": 0.15, "optim.lr": 0.006, **_GREY_AND_JITTER, **_NO_BATCHNORM},
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
        {"model.dim": 16, **_ADAMW},
        {"model.dim": 32, "optim.weight_decay": 0.1},
        {"model.dim": 16, **_ENCODER},
        {"model.dim": 8},
        {"model.dim": 16, "optim.batch": 128},
        {"model.dim": 16, "probe.further_zooms": (), "probe.zoom": 1.33},
        {"model.dim": 16, **_ADAMW, "optim.lr": 0.012},
        {"model.dim": 16, **_ADAMW, "optim.batch": 128},
        {"model.dim": 16, **_NO_BATCHNORM},
        {"model.dim": 32, **_NO_BATCHNORM},
    ),
    "cross_self": (
        {},
        {"optim.lr": 0.008},
        {"optim.lr": 0.018},
        _LARGE_BATCH,
        {**_LARGE_BATCH, "optim.lr": 0.018},
        {"optim.epochs": 8},
        _GREY_AND_JITTER,
        _SOME_GREY_AND_JITTER,
        _ADAMW,
        {"model.temperature": 0.07},
        {"model.dim": 512},
        {"optim.schedule": "cosine"},
        {"model.temperature": 0.15, **_GREY_AND_JITTER},
        {"model.temperature": 0.15},
        {"model.temperature": 0.15, **_GREY_AND_JITTER, **_NO_BATCHNORM},
        {"model.temperature": 0.15, "optim.lr": 0.006, **_GREY_AND_JITTER, **_NO_BATCHNORM},
    ),
    "factorcl": (
        {"optim.batch": 128, "optim.lr": 0.006},
        {"optim.batch": 128, "optim.lr": 0.006, **_ENCODER},
        {"optim.lr": 0.004, **_ENCODER},
        {"optim.lr": 0.012, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.012, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.003, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "optim.epochs": 10, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, **_GREY_AND_JITTER, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 128, **_ENCODER},
        {**_ADAMW, "optim.lr": 0.002, "optim.batch": 128, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "optim.epochs": 10},
        {"optim.batch": 128, "optim.lr": 0.006, **_NO_BATCHNORM, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 32, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 32},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 64, **_NO_BATCHNORM, **_ENCODER},
        {"optim.batch": 128, "optim.lr": 0.006, "model.dim": 32, **_NO_BATCHNORM, **_ENCODER},
    ),
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
}

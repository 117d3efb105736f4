"""What trials are made of: their common setting, and changes of it that several methods share."""

from collections.abc import Mapping

#: Field of the configuration → its value, as ``--grid`` of a sweep takes them.
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

LARGE_BATCH: Setting = {"optim.batch": 128, "optim.schedule": "cosine"}
ADAMW: Setting = {"optim.optimizer": "adamw", "optim.lr": 0.006}
GREY_AND_JITTER: Setting = {
    "views.grayscale_probability": 0.2,
    "views.brightness": 0.4,
    "views.contrast": 0.4,
    "views.saturation": 0.4,
    "views.hue": 0.1,
}
SOME_GREY_AND_JITTER: Setting = {
    "views.grayscale_probability": 0.1,
    "views.brightness": 0.3,
    "views.contrast": 0.3,
    "views.saturation": 0.3,
    "views.hue": 0.05,
}
NO_BATCHNORM: Setting = {"model.encoder.norm": "none"}
#: What all methods share in version 4 of the preset, here with the weak colours of the trials.
VERSION_4: Setting = {
    "optim.epochs": 5,
    "probe.every": 5,
    "optim.schedule": "trapezoidal",
    "optim.weight_decay": 0.2,
    "probe.further_zooms": (1.33,),
    "model.dim": 192,
    "model.encoder.kernels": (2, 3, 3),
    "model.encoder.widths": (48, 64, 96, 96),
}
#: Version 4 with CoMM's rate, colours and towers, for methods without a temperature.
RECIPE_4: Setting = {**VERSION_4, "optim.lr": 0.006, **GREY_AND_JITTER, **NO_BATCHNORM}
#: Version 4 of CoMM, as its first trials had it.
WARM_RECIPE_4: Setting = {**RECIPE_4, "model.temperature": 0.16}
#: The temperature that it has by now: S of five fresh seeds was below what the preset aims at.
WARMER: Setting = {"model.temperature": 0.165}

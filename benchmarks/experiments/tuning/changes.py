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

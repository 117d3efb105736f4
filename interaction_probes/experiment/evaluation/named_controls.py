"""Controls that a config names and that have no effect on its samples: refused, as a slip.

A run with such a control would be another run's double under another name. ``all`` takes the
controls that there are, and the default ones are nobody's slip.
"""

from interaction_probes.probing.labels.profile import MOST_MODALITIES
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.probe_config import Control, ProbeConfig

from .label_scores import CONTROLS

#: Controls of generated samples.
_GENERATED: tuple[Control, ...] = ("bilinear", "mlp", "public", "sklearn", "pid", "factors")
#: Those that are stated for pairs only.
_OF_PAIRS: tuple[Control, ...] = ("pid", "factors")


def check_named_controls(config: RunConfig) -> None:
    """Refuse a control that a config names without effect.

    Raises:
        ValueError: there is one.
    """
    if config.probe.controls == ProbeConfig().controls:
        return
    reasons = _without_effect(config)
    for control in config.probe.controls:
        if control in reasons:
            raise ValueError(f"--controls {control} {reasons[control]}: leave it out")


def _without_effect(config: RunConfig) -> dict[Control, str]:
    """Control → why it has none."""
    reasons: dict[Control, str] = {}
    if config.data.path:
        listed = " and ".join(CONTROLS)
        reasons = dict.fromkeys(_GENERATED, f"has no effect on a dataset, which has {listed}")
        if config.modalities > MOST_MODALITIES:
            reasons["masks"] = f"is of up to {MOST_MODALITIES} modalities, not {config.modalities}"
        return reasons
    if config.modalities != 2:
        stated = f"is stated for 2 modalities, not for {config.modalities}"
        reasons |= dict.fromkeys(_OF_PAIRS, stated)
    if config.kind == "vectors":
        reasons["public"] = "crops images, and these samples are vectors"
    elif config.probe.protocol == "public":
        reasons["public"] = "adds nothing to --probe public, which runs it at every probing"
    return reasons

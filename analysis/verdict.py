"""The conclusion from the probes of S, by a rule that is fixed beforehand."""

from collections.abc import Mapping

from .schema import image_only_label

_CHANCE = 0.5
#: An AUC that is far above chance: an interval that reaches it says little.
_FAR = 0.6
#: Probes that see interactions of what the representation holds.
_INTERACTING = ("bilinear", "mlp")

EXPOSED = "S is linearly exposed"
PRESENT = "S is present, not linearly exposed"
ABSENT = "S is absent: neither linear nor interacting probes find it"
UNRESOLVED = "S is not resolved: no probe finds it, and intervals reach far above chance"
UNDECIDED = "S is not linearly exposed; whether it is present, --controls all would tell"


def synergy_in_words(
    auc_low: Mapping[str, float], auc_high: Mapping[str, float] | None = None
) -> str:
    """The sentence that follows from the ends of the AUC's 95 % intervals.

    S is linearly exposed where the linear probe ranks above chance: its interval lies above .5.
    Otherwise it is present where that holds for the bilinear or the MLP probe, and absent where
    both ran and it holds for neither. It is not resolved where one of the three intervals then
    reaches an AUC of .6, as with few test pairs. AUC decides, since accuracy stays at 50 % long
    after a ranking is there. The linear probe on one image alone must not be above chance, nor one
    that was fitted to shuffled labels; where one is, the sentence says so, since what was measured
    is then no synergy.

    Args:
        auc_low: probe → lower end of its AUC's interval, for the probes that ran.
        auc_high: probe → upper end; where it is not given, absence is said without it.
    """
    # Probes that must not find S.
    controls = {probe: image_only_label(probe) for probe in auc_low}
    controls["shuffled"] = "a probe of shuffled labels"
    leaks = [name for probe, name in controls.items() if name and auc_low.get(probe, 0.0) > _CHANCE]
    if leaks:
        verb = "ranks" if len(leaks) == 1 else "rank"
        return f"S cannot be judged: {' and '.join(leaks)} {verb} above chance"
    if auc_low["linear"] > _CHANCE:
        return EXPOSED
    ran = [probe for probe in _INTERACTING if probe in auc_low]
    if any(auc_low[probe] > _CHANCE for probe in ran):
        return PRESENT
    if len(ran) < len(_INTERACTING):
        return UNDECIDED
    highest = max((auc_high or {}).get(probe, _CHANCE) for probe in ("linear", *_INTERACTING))
    return UNRESOLVED if highest >= _FAR else ABSENT

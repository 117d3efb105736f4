"""The conclusion from the probes of S, by a rule that is fixed beforehand."""

from collections.abc import Mapping

from interaction_probes.analysis.schema import image_only_label

_CHANCE = 0.5
#: An AUC that is far above chance: an interval that reaches it says little.
_FAR = 0.6
#: Probes that see interactions of what the representation holds.
_INTERACTING = ("bilinear", "mlp")

EXPOSED = "S is linearly exposed"
PRESENT = "S is present, not linearly exposed"
ABSENT = "S is absent: neither linear nor interacting probes find it"
#: Where one image alone can answer, a ranking that it explains shows no synergy.
NOT_BEYOND = "S shows no synergy: no probe ranks better than one image alone can"
NO_SYNERGY = "S is no synergy: one image alone determines its label, by the design"
UNRESOLVED = "S is not resolved: no probe finds it, and intervals reach far above chance"
UNDECIDED = "S is not linearly exposed; whether it is present, --controls all would tell"


def synergy_in_words(
    auc_low: Mapping[str, float],
    auc_high: Mapping[str, float] | None = None,
    single_image_auc: Mapping[str, float] | None = None,
) -> str:
    """The sentence that follows from the ends of the AUC's 95 % intervals.

    S is linearly exposed where the linear probe ranks above chance: its interval lies above .5.
    Otherwise it is present where that holds for the bilinear or the MLP probe, and absent where
    both ran and it holds for neither. It is not resolved where one of the three intervals then
    reaches an AUC of .6, as with few test pairs. AUC decides, since accuracy stays at 50 % long
    after a ranking is there. The linear probe on one image alone must not be above chance, nor one
    that was fitted to shuffled labels; where one is, the sentence says so, since what was measured
    is then no synergy.

    Where S is not pure, one image alone may rank above chance, up to a limit that is known. In the
    place of chance stands then that limit: an image's own for its control, and the highest for the
    probes that are to find S, since a lower ranking may come from that image.

    Args:
        auc_low: probe → lower end of its AUC's interval, for the probes that ran.
        auc_high: probe → upper end; where it is not given, absence is said without it.
        single_image_auc: probe of an image alone → the highest AUC that it can have; chance where
            it is not named.
    """
    limits = single_image_auc or {}
    # Probes that must not find S.
    controls = {probe: image_only_label(probe) for probe in auc_low}
    controls["shuffled"] = "a probe of shuffled labels"
    leaks = {
        probe: name
        for probe, name in controls.items()
        if name and auc_low.get(probe, 0.0) > limits.get(probe, _CHANCE)
    }
    if leaks:
        verb = "ranks" if len(leaks) == 1 else "rank"
        than = "it can" if len(leaks) == 1 else "they can"
        informed = any(limits.get(probe, _CHANCE) > _CHANCE for probe in leaks)
        how = f"better than {than}" if informed else "above chance"
        return f"S cannot be judged: {' and '.join(leaks.values())} {verb} {how}"
    needed = max([_CHANCE, *limits.values()])
    if needed >= 1:
        return NO_SYNERGY
    if auc_low["linear"] > needed:
        return EXPOSED
    ran = [probe for probe in _INTERACTING if probe in auc_low]
    if any(auc_low[probe] > needed for probe in ran):
        return PRESENT
    if len(ran) < len(_INTERACTING):
        return UNDECIDED
    if needed > _CHANCE and auc_low["linear"] > _CHANCE:
        return NOT_BEYOND
    highest = max((auc_high or {}).get(probe, _CHANCE) for probe in ("linear", *_INTERACTING))
    return UNRESOLVED if highest >= _FAR else ABSENT

"""How much information chance alone shows in few samples."""

import warnings

import numpy as np

#: Samples from which a table is taken as an observation; fewer may list every case once.
_MIN_SAMPLES = 50
#: Share of the label's entropy above which chance is too much to be left unsaid.
_MUCH = 0.05


def chance_information(counts: np.ndarray) -> float:
    """The bits that a plug-in estimate of I(sources; label) has on average where there are none.

    (values of the sources − 1) (values of the label − 1) / 2n nats, by the correction of Miller,
    *Note on the bias of information estimates*, 1955, for the values that were seen; at most the
    label's entropy bound.

    Args:
        counts: [..., m] how often the values of the sources and of the label meet.
    """
    by_source = counts.reshape(-1, counts.shape[-1])
    sources, labels = (int((by_source.sum(axis) > 0).sum()) for axis in (1, 0))
    samples = float(counts.sum())
    bits = (sources - 1) * (labels - 1) / (2 * samples * np.log(2))
    return float(min(bits, np.log2(max(labels, 1))))


def warn_of_chance(counts: np.ndarray, remedy: str) -> None:
    """Warn where chance alone gives a twentieth of the label's entropy or more.

    Args:
        counts: [..., m] of samples.
        remedy: what can be done about it.
    """
    samples = counts.sum()
    frequency = counts.reshape(-1, counts.shape[-1]).sum(0) / max(samples, 1)
    seen = frequency[frequency > 0]
    entropy = float(-(seen * np.log2(seen)).sum())
    chance = chance_information(counts)
    if samples >= _MIN_SAMPLES and chance > _MUCH * entropy > 0:
        warnings.warn(
            f"few samples for so many values: of {int(samples)} samples chance alone reads about "
            f"{chance:.2g} bits; {remedy}",
            UserWarning,
            stacklevel=3,
        )

"""The trials of three images: eleven settings per method, and those that are repeated.

They learn from samples of vectors with five values per attribute. run_trials.py runs them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from interaction_probes.execution.grid import Pairs, grid
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import find_preset

SEED = 1000
#: Seeds that no trial saw.
FRESH_SEEDS = (10, 11, 12)
#: Epochs of a trial that says nothing of them.
_EPOCHS = "12"


@dataclass(frozen=True)
class Trial:
    """Term weights, where they differ from the method's, and fields → values."""

    weights: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)


_LONG = {"optim.epochs": "40"}
_LONGEST = {"optim.epochs": "120"}
_ADAMW = {"optim.optimizer": "adamw", "optim.lr": "0.003"}
_TRAINING = (
    Trial(),
    Trial(changes={"optim.lr": "0.02"}),
    Trial(changes={"optim.lr": "0.08"}),
    Trial(changes={"optim.batch": "64"}),
    Trial(changes=_LONG),
    Trial(changes=_LONGEST),
    Trial(changes=_ADAMW),
    Trial(changes={**_ADAMW, **_LONG}),
)
_PAIR_MASKS = {"joint": 0.0, "unimodal": 0.0, "partial": 1.0}
_ALL_NEGATIVES = {"shuffled": 0.0, "all": 1.0}
_FUSED_ALONE = {"pair": 0.0}
_TOKEN_MASKS_ALONE = {"joint": 0.0, "unimodal": 0.0}
_NARROW = {"model.dim": "32"}
_NARROWER = (Trial(changes=_NARROW), Trial(changes={**_NARROW, **_LONG}))

#: Method → its trials.
TRIALS: Mapping[str, Sequence[Trial]] = {
    "comm": (
        *_TRAINING,
        Trial({"partial": 0.25}),
        Trial({"partial": 0.25}, _LONG),
        Trial(_PAIR_MASKS),
    ),
    "infmasking": (
        *_TRAINING,
        Trial(_TOKEN_MASKS_ALONE),
        Trial(_TOKEN_MASKS_ALONE, _LONG),
        Trial(_TOKEN_MASKS_ALONE, _ADAMW),
    ),
    "clip": (*_TRAINING, *_NARROWER, Trial(changes={"model.dim": "8"})),
    "symile": (
        *_TRAINING,
        Trial(_ALL_NEGATIVES),
        Trial(_ALL_NEGATIVES, _LONG),
        Trial(changes=_NARROW),
    ),
    "gram": (*_TRAINING, *_NARROWER, Trial(changes={**_ADAMW, **_LONGEST})),
    "triangle": (*_TRAINING, *_NARROWER, Trial(changes={**_ADAMW, **_LONGEST})),
    "confu": (
        *_TRAINING,
        Trial(_FUSED_ALONE),
        Trial(_FUSED_ALONE, _LONG),
        Trial(_FUSED_ALONE, _ADAMW),
    ),
}
#: What a method's trials have that its preset has not: CLIP's width is that of the others, and
#: ConFu's fused pairs are probed.
_OWN: Mapping[str, Mapping[str, str]] = {
    "clip": {"model.dim": "192"},
    "confu": {"probe.features": "fused"},
}


@dataclass(frozen=True)
class Run:
    """A trial's number, from 1, and what it learns from: a design, or a strength of the rule."""

    method: str
    number: int
    seed: int = SEED
    pairs: Pairs = "triple-biased"
    strength: str | None = None

    @property
    def trial(self) -> Trial:
        """Weights and changes."""
        return TRIALS[self.method][self.number - 1]

    def config(self) -> RunConfig:
        """The run."""
        preset = find_preset("vectors")
        fields = {
            "modalities": "3",
            "images.counts.texture": "5",
            "images.counts.colour": "5",
            "optim.epochs": _EPOCHS,
            **_OWN.get(self.method, {}),
            **self.trial.changes,
        }
        fields["probe.every"] = fields["optim.epochs"]
        base = replace(preset, probe=replace(preset.probe, controls=()))
        if self.strength:
            fields["triple_rule_strength"] = self.strength
        lists = {name: [value] for name, value in fields.items()}
        weights = [self.trial.weights]
        pairs = "design" if self.strength else self.pairs
        (config,) = grid(base, [self.method], [self.seed], weights, lists, pairs=pairs)
        return config


def trial_runs() -> list[Run]:
    """Every trial."""
    return [Run(name, k + 1) for name, trials in TRIALS.items() for k in range(len(trials))]


#: CoMM's own loss for 40 epochs.
_OWN_LOSS_OF_COMM = ("comm", 5)


def confirming_runs(tuning: pd.DataFrame) -> list[Run]:
    """The trials that are repeated on seeds that no trial saw, seed by seed.

    Args:
        tuning: the table of all trials.
    """
    best = tuning.loc[tuning.groupby("method", sort=False)["S12to3"].idxmax()]
    numbered = [_OWN_LOSS_OF_COMM, *zip(best["method"], best["trial"], strict=True)]
    designs: tuple[Pairs, ...] = ("triple-biased", "unbiased")
    return [
        Run(name, int(number), seed, pairs)
        for seed in FRESH_SEEDS
        for name, number in dict.fromkeys(numbered)
        for pairs in designs
    ]


#: The trials that read the rule when they were repeated: method and number.
_THAT_READ_THE_RULE = (("comm", 11), ("confu", 8))
#: Between 0 and 1, which `confirming_runs` have.
STRENGTHS = ("0.1", "0.3", "0.5", "0.7", "0.9")


def strength_runs() -> list[Run]:
    """The trials that read the rule, where it holds in a part of the samples; seed by seed."""
    return [
        Run(name, number, seed, strength=strength)
        for seed in FRESH_SEEDS
        for name, number in _THAT_READ_THE_RULE
        for strength in STRENGTHS
    ]

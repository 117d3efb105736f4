"""How representations are probed: penalties, sizes of images, validation, controls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

#: What runs beside the linear probe after the last epoch.
Control = Literal[
    "masks", "shuffled", "bilinear", "mlp", "public", "sklearn", "pid", "factors", "all"
]
#: Controls that came after ``all``, which leaves them out: runs of ``all`` keep their rows.
NOT_IN_ALL: tuple[Control, ...] = ("sklearn", "pid", "factors")
#: The L2 penalties of probes of Trifeature, which has many rows and few features beside them.
STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
#: Those of datasets of a user's own, where features may outnumber the rows: stronger ones too.
DATASET_STRENGTHS = (100.0, 10.0, 1.0, *STRENGTHS)


def check_strengths(strengths: Sequence[float]) -> None:
    """Refuse what no probe can choose among.

    Raises:
        ValueError: no strengths, or some that are not positive and finite.
    """
    if not len(strengths) or not all(0 < strength < math.inf for strength in strengths):
        given = ", ".join(map(str, strengths)) or "none"
        raise ValueError(f"probes need one or more positive strengths, not {given}")


@dataclass(frozen=True)
class ProbeConfig:
    """How representations are probed.

    Attributes:
        every: probe every this many epochs, and before the first and after the last epoch.
        zoom: size of probed images relative to training views. Random resized crops enlarge
            objects, so encoders score higher on larger images at test time; see "Fixing the
            train-test resolution discrepancy" by Touvron et al., NeurIPS 2019.
        further_zooms: further such sizes. What a method encodes of an image is then the mean over
            all sizes, as in testing at several scales (Simonyan and Zisserman, ICLR 2015).
        mirrored: whether each image is encoded mirrored left to right as well, at every size. What
            is encoded of it is then the mean over both, as in Krizhevsky et al., NeurIPS 2012.
        mirrored_in_turn: whether the first size, the third and so on show each image mirrored in
            place of as it is: views that differ more for the same cost (docs/quick-preset.md).
        strengths: regularisation of the linear probe: L2 penalties λ to choose from, in mean
            cross-entropy + λ/2 ‖W‖². Runs with --data have 100, 10 and 1 as well by default.
        protocol: linear: score by the linear probe; public: in addition, score by the protocol of
            the released research code, for comparison with published curves.
        features: which representation of the method is probed; --list prints the names, the
            default first.
        validation: how a validation set for the choice of λ is split from the probe's training
            pairs: pairs at random, or combinations of factors, so that no image of a validation
            pair shows a combination that was fitted. The test split is never used.
        controls: additional probes after the last epoch; those that are named replace the default
            ones, and --controls with nothing after it runs none. masks: each image alone; shuffled:
            shuffled labels; bilinear, mlp: a bilinear and an MLP probe of S; public: the protocol
            of the released code; all: all of these; not part of all are sklearn: every task by
            scikit-learn's LogisticRegression; pid: which information the predictions use; factors:
            bits of every factor of every image.

    Raises:
        ValueError: an interval or a zoom under 1, no or negative strengths, or one size to mirror
            in turn, or all of them mirrored already.
    """

    every: int = 2
    zoom: float = 1.0
    protocol: Annotated[
        Literal["linear", "public"], tyro.conf.arg(name="probe", prefix_name=False)
    ] = field(default="linear", metadata={"added_with_default": "linear"})
    features: Annotated[str, tyro.conf.arg(prefix_name=False)] = "default"
    strengths: tuple[float, ...] = STRENGTHS
    validation: Literal["pairs", "combinations"] = "pairs"
    controls: Annotated[tuple[Control, ...], tyro.conf.arg(prefix_name=False)] = (
        "masks",
        "shuffled",
    )
    further_zooms: tuple[float, ...] = field(default=(), metadata={"added_with_default": ()})
    mirrored: bool = field(default=False, metadata={"added_with_default": False})
    mirrored_in_turn: bool = field(default=False, metadata={"added_with_default": False})

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"probes run every 1 epoch or more, not every {self.every}")
        for zoom in (self.zoom, *self.further_zooms):
            if not 1 <= zoom < math.inf:
                raise ValueError(f"probed images have a zoom of 1 or more, not {zoom}")
        if len({self.zoom, *self.further_zooms}) <= len(self.further_zooms):
            raise ValueError("a zoom of the probed images is given twice")
        if self.mirrored_in_turn and not self.further_zooms:
            raise ValueError(
                "sizes are mirrored in turn where there are two or more (--probe.further-zooms)"
            )
        if self.mirrored_in_turn and self.mirrored:
            raise ValueError(
                "images are mirrored at every size already: --probe.no-mirrored, to mirror in turn"
            )
        check_strengths(self.strengths)

    def has(self, control: Control) -> bool:
        """Whether a control is to run."""
        in_all = "all" in self.controls and control not in NOT_IN_ALL
        return control in self.controls or in_all

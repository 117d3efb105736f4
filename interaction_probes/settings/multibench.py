"""The settings with which the CoMM paper trains on the data sets of MultiBench.

Source: CoMM, ICLR 2025, arXiv 2409.07402, its appendix and released code. Batches of 64, 100
epochs, AdamW at 1e-3 with weight decay 1e-2, τ .1, no schedule; noise and dropped steps are the
defaults of :class:`interaction_probes.contrast.views.noise.NoiseConfig`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.encoders.inputs import InputConfig, InputEncoderConfig
from interaction_probes.contrast.method import ModelConfig

from .config import OptimConfig

#: How every data set is trained on.
MULTIBENCH_OPTIM = OptimConfig(
    epochs=100, batch=64, lr=1e-3, weight_decay=1e-2, warmup=0.0, schedule="constant"
)


@dataclass(frozen=True)
class MultibenchRow:
    """The models of one row of the paper's table.

    Attributes:
        sequences: the encoder of sequences.
        vectors: that of vectors.
        dim: width of the fused representation.
        heads: attention heads of the fusion.
    """

    sequences: InputEncoderConfig
    vectors: InputEncoderConfig
    dim: int
    heads: int = 8


#: The rows by name. A kind that a row has no encoder for in the paper gets the toolkit's default.
MULTIBENCH_ROWS = {
    # MOSI, UR-FUNNY, MUsTARD: 1 × 1 convolution to 40, 5 blocks of 5 heads.
    "affect": MultibenchRow(
        InputEncoderConfig("transformer", width=40, layers=5, heads=5), InputEncoderConfig(), 40
    ),
    # MIMIC: 5-10-10, whose 10 outputs are 10 tokens; a GRU of 512, whose 24 states are tokens.
    "mimic": MultibenchRow(
        InputEncoderConfig("recurrent", width=512),
        InputEncoderConfig("perceptron", widths=(10, 10), tokens=10),
        512,
    ),
    # Vision & Touch: 5 convolutions to 128, each halving the steps. The paper's read the past only,
    # and leave one token of 32 steps; the images' ResNet-18 is not among the toolkit's towers.
    "vision_touch": MultibenchRow(
        InputEncoderConfig("convolution", widths=(16, 32, 64, 128, 128), kernel=2, stride=2),
        InputEncoderConfig(),
        128,
    ),
}


def multibench(inputs: Sequence[InputConfig], row: str = "affect") -> ModelConfig:
    """The model of a row of the paper's table for modalities of the kinds that it is stated for.

    Args:
        inputs: what each modality is; the encoders are replaced by the row's.
        row: affect (MOSI, UR-FUNNY, MUsTARD), mimic or vision_touch.

    Returns:
        A ModelConfig, to be trained with :data:`MULTIBENCH_OPTIM`. The projections are 256 wide, as
        on Trifeature.

    Raises:
        ValueError: there is no such row.
    """
    if row not in MULTIBENCH_ROWS:
        hint = did_you_mean(row, MULTIBENCH_ROWS)
        raise ValueError(f"no row {row!r}; {hint}the rows are {', '.join(MULTIBENCH_ROWS)}")
    chosen = MULTIBENCH_ROWS[row]
    encoders = {"sequences": chosen.sequences, "vectors": chosen.vectors}
    described = tuple(
        replace(each, encoder=encoders.get(each.kind, InputEncoderConfig())) for each in inputs
    )
    return ModelConfig(
        dim=chosen.dim, heads=chosen.heads, projection=256, temperature=0.1, inputs=described
    )

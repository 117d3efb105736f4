"""Presets: named configurations. Every field can be overridden on the command line.

A preset that changes gets the next version, and its earlier form stays in `EARLIER_PRESETS`: what
old runs and tables leave to their preset is read from the version that they name. A version whose
study is under way is in `COMING_PRESETS`: it is the preset's as soon as the study is whole.
"""

from dataclasses import replace

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.encoders import EncoderConfig, InputEncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.views.config import AUGMENTATIONS
from interaction_probes.contrast.views.noise import NoiseConfig
from trifeature import PAPER, FactorCounts, Geometry, ImageDesign, PairDesign

from .config import OptimConfig, RunConfig
from .data_config import DataConfig
from .multibench import MULTIBENCH_OPTIM, MULTIBENCH_ROWS, multibench
from .probe_config import DATASET_STRENGTHS, STRENGTHS, ProbeConfig

_BIASED = PairDesign(mapping_strength=1.0)
PRESETS: dict[str, RunConfig] = {
    # A minute or two on two CPU cores: small images, compact encoders with small kernels where maps
    # are large, few steps of Muon at a rate that stays up long, a temperature and colours with
    # which the loss without its unimodal terms learns redundancy too (docs/quick-preset.md).
    "quick": RunConfig(
        preset="quick",
        preset_version=4,
        design=_BIASED,
        views=AUGMENTATIONS["large_crops"],
        model=ModelConfig(
            encoder=EncoderConfig(
                "compact", 4, (48, 64, 96, 96), (2, 1, 1), norm="none", kernels=(2, 3, 3)
            ),
            size=48,
            dim=192,
            temperature=0.165,
        ),
        optim=OptimConfig(
            epochs=5,
            batch=64,
            lr=6e-3,
            weight_decay=0.2,
            warmup=0.1,
            schedule="trapezoidal",
            optimizer="muon",
        ),
        # 80 and 64 pixels: random resized crops enlarge objects, by more or less, so probed
        # images are enlarged as well.
        probe=ProbeConfig(every=2, zoom=1.67, further_zooms=(1.33,), mirrored=True),
    ),
    # For samples of three images or more: version 3 with BatchNorm and twice the rate: without them
    # textures stayed behind there (docs/quick-preset.md).
    "quick-3": RunConfig(
        preset="quick-3",
        modalities=3,
        views=AUGMENTATIONS["large_crops"],
        model=ModelConfig(
            encoder=EncoderConfig("compact", 4, (32, 64, 96, 96), (2, 1, 1)),
            size=48,
            temperature=0.15,
        ),
        optim=OptimConfig(
            epochs=6, batch=64, lr=0.012, warmup=0.1, schedule="linear", optimizer="muon"
        ),
        probe=ProbeConfig(every=2, zoom=1.67, further_zooms=(1.33, 1.0), mirrored=True),
    ),
    # The scale of the paper: 100 epochs of AlexNet at 224 pixels; needs a GPU. Version 2 begins
    # with the released code's weights of the fusion, version 3 jitters colours as it does.
    "paper": RunConfig(
        preset="paper",
        preset_version=3,
        design=_BIASED,
        images=ImageDesign(geometry=PAPER),
        views=AUGMENTATIONS["released"],
        model=ModelConfig(
            encoder=EncoderConfig("alexnet"),
            size=224,
            dim=512,
            heads=8,
            projection=256,
            initialisation="released",
        ),
        optim=OptimConfig(epochs=100, batch=64, lr=3e-4, warmup=0.0, schedule="constant"),
        probe=ProbeConfig(every=5),
    ),
    # The paper's images in about an hour on two CPU cores: views of half the side, and the recipe
    # of quick's version 1 with one more pooling and convolution (docs/paper-preset.md).
    "paper-112": RunConfig(
        preset="paper-112",
        design=_BIASED,
        images=ImageDesign(geometry=PAPER),
        views=AUGMENTATIONS["soft"],
        model=ModelConfig(
            encoder=EncoderConfig("compact", 4, (32, 64, 96, 128, 128), (2, 2, 1, 1)), size=112
        ),
        optim=OptimConfig(epochs=30, batch=128, lr=6e-3, warmup=0.1, schedule="cosine"),
        # 187 pixels
        probe=ProbeConfig(every=5, zoom=1.67),
    ),
    # Seconds: for tests and for trying out the commands. Its scores mean nothing.
    "smoke": RunConfig(
        preset="smoke",
        design=_BIASED,
        n_pairs=200,
        images=ImageDesign(
            geometry=Geometry(image=32, shape=20, period=6), counts=FactorCounts(4, 4, 4)
        ),
        model=ModelConfig(
            encoder=EncoderConfig("compact", 4, (16, 32), (2,)),
            size=32,
            dim=32,
            heads=4,
            projection=16,
        ),
        optim=OptimConfig(epochs=2, batch=50, lr=2e-3),
        probe=ProbeConfig(every=1),
    ),
    # The vector twin of the images, in seconds on one CPU core: small perceptrons, few steps of
    # Muon, in float32 since conversions cost more than so small products. Version 2 has a wider
    # fusion, and settings with which the methods rank as published (docs/vectors.md); version 3 a
    # wider one for InfMasking.
    "vectors": RunConfig(
        preset="vectors",
        preset_version=3,
        kind="vectors",
        n_pairs=7_000,
        design=_BIASED,
        data=DataConfig(
            vectors=InputEncoderConfig(widths=(64, 64), tokens=2),
            noise=NoiseConfig(noise=0.2, drop_probability=0.0),
        ),
        model=ModelConfig(dim=192, heads=4, projection=32, temperature=0.25),
        optim=OptimConfig(
            epochs=3, batch=128, lr=0.04, warmup=0.1, optimizer="muon", precision="fp32"
        ),
        probe=ProbeConfig(every=1, strengths=(1e-1, 1e-3, 1e-5)),
    ),
    # Datasets (--data) by the CoMM paper's settings for MOSI, UR-FUNNY and MUsTARD.
    "multibench": RunConfig(
        preset="multibench",
        data=DataConfig(
            sequences=MULTIBENCH_ROWS["affect"].sequences, vectors=MULTIBENCH_ROWS["affect"].vectors
        ),
        model=multibench((), "affect"),
        optim=MULTIBENCH_OPTIM,
        probe=ProbeConfig(every=10),
    ),
}


_PAPER, _VECTORS = PRESETS["paper"], PRESETS["vectors"]
#: Version 3 is version 2 with a weight decay for CLIP and FactorCL.
_QUICK_3 = RunConfig(
    preset="quick",
    preset_version=3,
    design=_BIASED,
    views=AUGMENTATIONS["large_crops"],
    model=ModelConfig(
        encoder=EncoderConfig("compact", 4, (32, 64, 96, 96), (2, 1, 1), norm="none"),
        size=48,
        temperature=0.15,
    ),
    optim=OptimConfig(epochs=6, batch=64, lr=6e-3, warmup=0.1, schedule="linear", optimizer="muon"),
    probe=ProbeConfig(every=2, zoom=1.67, further_zooms=(1.33, 1.0), mirrored=True),
)
#: (name, version) → what the preset was.
EARLIER_PRESETS: dict[tuple[str, int], RunConfig] = {
    ("quick", 1): RunConfig(
        preset="quick",
        design=_BIASED,
        views=AUGMENTATIONS["soft"],
        model=ModelConfig(
            encoder=EncoderConfig("compact", 4, (32, 64, 96, 96), (2, 1, 1)), size=48
        ),
        optim=OptimConfig(epochs=14, batch=128, lr=6e-3, warmup=0.1, schedule="cosine"),
        probe=ProbeConfig(every=3, zoom=1.67),
    ),
    ("quick", 2): replace(_QUICK_3, preset_version=2),
    ("quick", 3): _QUICK_3,
    ("paper", 1): replace(
        _PAPER,
        preset_version=1,
        views=AUGMENTATIONS["paper"],
        model=replace(_PAPER.model, initialisation="default"),
    ),
    ("paper", 2): replace(_PAPER, preset_version=2, views=AUGMENTATIONS["paper"]),
    ("vectors", 2): replace(_VECTORS, preset_version=2),
    ("vectors", 1): replace(
        _VECTORS, preset_version=1, model=replace(_VECTORS.model, dim=96, temperature=0.3)
    ),
}
_QUICK = PRESETS["quick"]
#: (name, version) → what the preset will be; ``--preset-version`` takes it already.
COMING_PRESETS: dict[tuple[str, int], RunConfig] = {
    # Version 4 with the released code's weights of the fusion, as `paper` begins with, and four
    # sizes of probed images that are mirrored in turn, at .8 of the cost (docs/quick-preset.md).
    ("quick", 5): replace(
        _QUICK,
        preset_version=5,
        model=replace(_QUICK.model, initialisation="released"),
        probe=replace(
            _QUICK.probe,
            zoom=1.58,
            further_zooms=(1.42, 1.25, 1.08),
            mirrored=False,
            mirrored_in_turn=True,
        ),
    ),
}
_OTHER_VERSIONS = {**EARLIER_PRESETS, **COMING_PRESETS}


def default_preset(
    modalities: int = 2, own_data: bool = False, version: int | None = None
) -> RunConfig:
    """The preset of runs that name none.

    On images it is quick, of three or more quick-3. On datasets it is the first version of quick:
    the present one has settings of each method that were chosen by scores on images.

    Args:
        modalities: images per sample.
        own_data: whether runs learn from a dataset in place of images.
        version: of the preset quick, if one is asked for.

    Raises:
        ValueError: quick has no such version.
    """
    if version is not None:
        found = find_preset("quick", version)
    elif own_data:
        found = find_preset("quick", 1)
    else:
        found = find_preset("quick" if modalities == 2 else "quick-3")
    return for_datasets(found) if own_data else found


def for_datasets(preset: RunConfig) -> RunConfig:
    """A preset as runs on datasets start from it: its probes have stronger penalties to choose too.

    Features of a dataset may outnumber its rows, and the grid of Trifeature's probes then ends
    below the penalty that they need. A preset with a grid of its own keeps it.

    Args:
        preset: before any option of the user, whose own grid wins over this one.
    """
    if preset.probe.strengths != STRENGTHS:
        return preset
    return replace(preset, probe=replace(preset.probe, strengths=DATASET_STRENGTHS))


def find_preset(name: str, version: int | None = None) -> RunConfig:
    """A preset by its name.

    Args:
        name: of the preset.
        version: an earlier version of it, or a coming one; None: the present one.

    Raises:
        ValueError: there is no such preset, or no such version of it.
    """
    if name not in PRESETS:
        hint = did_you_mean(name, PRESETS)
        raise ValueError(f"no preset {name!r}; {hint}the presets are {', '.join(PRESETS)}")
    if version is None or version == PRESETS[name].preset_version:
        return PRESETS[name]
    if (name, version) not in _OTHER_VERSIONS:
        raise ValueError(
            f"the preset {name} has no version {version}: "
            f"its present one is {PRESETS[name].preset_version}"
        )
    return _OTHER_VERSIONS[name, version]


def versions_of(name: str) -> list[int]:
    """All versions of a preset, the earlier and the coming ones among them.

    Args:
        name: of the preset.
    """
    others = [version for known, version in _OTHER_VERSIONS if known == name]
    return sorted([PRESETS[name].preset_version, *others])


def preset_of(name: str, version: int) -> RunConfig | None:
    """The preset that a config started from; None for a name or a version that is not known."""
    try:
        return find_preset(name, version)
    except ValueError:
        return None

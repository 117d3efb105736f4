"""Trifeature: image pairs whose redundancy, uniqueness and synergy are known exactly, in bits.

>>> from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
>>> small = ImageDesign(Geometry(image=32, shape=20, period=6), FactorCounts(4, 4, 4), renders=1)
>>> data = generate(small, PairDesign(mapping_strength=1.0), seed=0, size=50)
>>> data.train.images.shape, len(data.pretrain)
((51, 32, 32, 3), 50)
>>> round(data.truth["R"].redundancy, 3), round(data.truth["S"].synergy, 3)
(2.0, 0.811)
"""

from .dataset import PairedImages, generate, pair_images
from .design import PairDesign, Task, draw_mapping
from .factors import FactorCounts
from .folders import FolderImages, read_folder
from .images import GENERATOR_VERSION, ImageDesign, ImageSet, generate_images
from .information import PID, decompose, entropy, mutual_information
from .pairs import PairSet, draw_pairs
from .render import PAPER, QUICK, Geometry, render
from .samples import estimate_pid
from .truth import empirical_truth, exact_truth

__all__ = [
    "GENERATOR_VERSION",
    "PAPER",
    "PID",
    "QUICK",
    "FactorCounts",
    "FolderImages",
    "Geometry",
    "ImageDesign",
    "ImageSet",
    "PairDesign",
    "PairSet",
    "PairedImages",
    "Task",
    "decompose",
    "draw_mapping",
    "draw_pairs",
    "empirical_truth",
    "entropy",
    "estimate_pid",
    "exact_truth",
    "generate",
    "generate_images",
    "mutual_information",
    "pair_images",
    "read_folder",
    "render",
]

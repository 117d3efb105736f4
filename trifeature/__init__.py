"""Trifeature: image pairs whose redundancy, uniqueness and synergy are known exactly, in bits."""

from .dataset import PairedImages, generate
from .design import PairDesign, Task, draw_mapping
from .factors import FactorCounts
from .images import GENERATOR_VERSION, ImageDesign, ImageSet, generate_images
from .information import PID, decompose, entropy, mutual_information
from .pairs import PairSet, draw_pairs
from .render import PAPER, QUICK, Geometry, render
from .truth import empirical_truth, exact_truth

__all__ = [
    "GENERATOR_VERSION",
    "PAPER",
    "PID",
    "QUICK",
    "FactorCounts",
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
    "exact_truth",
    "generate",
    "generate_images",
    "mutual_information",
    "render",
]

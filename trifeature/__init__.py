"""Trifeature: pairs and samples of n images whose information is known exactly, in bits.

May import: common.
Must not know: that anything is learnt.

>>> from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
>>> small = ImageDesign(Geometry(image=32, shape=20, period=6), FactorCounts(4, 4, 4), renders=1)
>>> data = generate(small, PairDesign(mapping_strength=1.0), seed=0, size=50)
>>> data.train.images.shape, len(data.pretrain)
((51, 32, 32, 3), 50)
>>> round(data.truth["R"].redundancy, 3), round(data.truth["S"].synergy, 3)
(2.0, 0.811)
"""

from trifeature.dataset.folders import FolderImages, read_folder
from trifeature.images.factors import FactorCounts
from trifeature.images.image_sets import GENERATOR_VERSION, ImageDesign, ImageSet, generate_images
from trifeature.images.render import PAPER, QUICK, Geometry, render
from trifeature.information.design_profiles import empirical_profile, exact_profile
from trifeature.information.estimate import estimate_pid
from trifeature.information.pid import PID, decompose, entropy, mutual_information
from trifeature.information.profile import Profile, information_profile
from trifeature.information.shared import SharedInformation, shared_information
from trifeature.information.truth import empirical_truth, exact_truth
from trifeature.pairs.design import PairDesign, Task, draw_mapping
from trifeature.pairs.draw import PairSet, draw_pairs
from trifeature.samples.design import SampleDesign
from trifeature.samples.draw import draw_samples
from trifeature.samples.latin import LatinArray, draw_latin_arrays
from trifeature.samples.rules import ImageFactor, LatinRule, SharedFactor

from .dataset.image_samples import ImageSamples, generate_samples, sample_images
from .dataset.latin_labels import with_latin_label
from .dataset.paired_images import PairedImages, generate, pair_images

__all__ = [
    "GENERATOR_VERSION",
    "PAPER",
    "PID",
    "QUICK",
    "FactorCounts",
    "FolderImages",
    "Geometry",
    "ImageDesign",
    "ImageFactor",
    "ImageSamples",
    "ImageSet",
    "LatinArray",
    "LatinRule",
    "PairDesign",
    "PairSet",
    "PairedImages",
    "Profile",
    "SampleDesign",
    "SharedFactor",
    "SharedInformation",
    "Task",
    "decompose",
    "draw_latin_arrays",
    "draw_mapping",
    "draw_pairs",
    "draw_samples",
    "empirical_profile",
    "empirical_truth",
    "entropy",
    "estimate_pid",
    "exact_profile",
    "exact_truth",
    "generate",
    "generate_images",
    "generate_samples",
    "information_profile",
    "mutual_information",
    "pair_images",
    "read_folder",
    "render",
    "sample_images",
    "shared_information",
    "with_latin_label",
]

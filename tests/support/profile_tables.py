"""A table of results of runs on three images, made up: what is there is captured to nine tenths."""

import pandas as pd

from interaction_probes.analysis.row_filters import teaching_design
from interaction_probes.analysis.schema import subset_bits, subset_probe
from trifeature.images.factors import FactorCounts
from trifeature.information.design_profiles import exact_profile
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import draw_latin_arrays

DESIGNS = ("unbiased", "pair-biased", "triple-biased")


def profile_table(methods=("comm", "clip"), seeds=(0, 1)):
    """Rows of each method and seed on the three designs; a task is learnt where it is taught."""
    design, counts = SampleDesign.standard(3), FactorCounts()
    truth = exact_profile(design, counts, draw_latin_arrays(design, counts, 0))
    rows = [
        (method, "quick", pairs, seed, *row)
        for method in methods
        for pairs in DESIGNS
        for seed in seeds
        for task, profile in truth.items()
        for row in _rows(task, profile, 0.9 if teaching_design(task) == pairs else 0.1)
    ]
    columns = ("method", "preset", "pairs", "seed", "epoch", "task", "probe", "metric", "value")
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(weights="", run=table["method"] + table["pairs"] + table["seed"].map(str))


def _rows(task, profile, share):
    yield 0, task, "exact", "bits", profile.total
    for images, bits in profile.bits.items():
        yield 0, task, "exact", subset_bits(images), bits
        probe = "linear" if len(images) == 3 else subset_probe(images)
        yield 2, task, probe, "bits", share * bits

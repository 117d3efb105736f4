"""A small dataset of pairs, as options of a command and as the designs that they mean."""

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign

SMALL = "--image 24 --shape 16 --period 5 --shapes 3 --textures 4 --colours 4 --renders 2"
SMALL = [*SMALL.split(), "--pairs", "60", "--seed", "4", "--mapping-strength", "0.5"]
DESIGN = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4), renders=2)
PAIRS = PairDesign(mapping_strength=0.5)

"""What the bits as drawn leave out, and audits tell: shape and texture of drawn pairs."""

import itertools
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from trifeature import FactorCounts, PairDesign
from trifeature.__main__ import main
from trifeature.audit import unlinked_dependence
from trifeature.dataset.vectors import VectorDesign, draw_factors

PAGE = Path(__file__).parents[2] / "docs" / "measurement.md"


def dependence(images, pairs):
    """I(shape of image 2; texture of image 1), from counts."""
    met = Counter((images.factors[b, 0], images.factors[a, 1]) for a, b in pairs.index.tolist())
    shapes, textures = Counter(), Counter()
    for (shape, texture), n in met.items():
        shapes[shape] += n
        textures[texture] += n
    return sum(
        n / len(pairs) * math.log2(n * len(pairs) / (shapes[shape] * textures[texture]))
        for (shape, texture), n in met.items()
    )


def test_the_page_has_the_figures_of_the_benchmark():
    rows = re.findall(r"^\| shape, (scored|fitting) pairs \| (.*) \|$", PAGE.read_text(), re.M)
    said = {pairs: [float(cell) for cell in cells.split(" | ")] for pairs, cells in rows}
    for seed in range(3):
        data = draw_factors(VectorDesign(FactorCounts()), PairDesign(), seed)
        for name, images, pairs in (
            ("fitting", data.train, data.probe_train),
            ("scored", data.test, data.probe_test),
        ):
            bits = dependence(images, pairs)
            assert said[name][seed] == pytest.approx(bits, abs=6e-4)
            line = unlinked_dependence(images, pairs, PairDesign(), FactorCounts())
            assert f"the shape of image 2 holds {bits:.3f} bits about the texture of im" in line
            assert f"(chance alone about {said[name][3]:.3f})" in line


def test_an_audit_tells_it_of_learnt_and_of_scored_pairs(capsys):
    main(["audit", "--pairs", "200"])
    report = capsys.readouterr().out
    assert report.count("attributes that no rule links are taken as independent; here the sha") == 2
    assert "is an image with itself" not in report
    main(["audit", "--pairs", "200", "--mapping-strength", "1", "--mapped", "texture", "shape"])
    assert capsys.readouterr().out.count("attributes that no rule links are taken as indepen") == 1


def test_an_audit_warns_where_each_scored_pair_is_one_image(capsys):
    main(["audit", *itertools.chain(*((f"--{n}", "2") for n in ("shapes", "textures", "colours")))])
    assert "each of the 2 probing pairs is an image with itself" in capsys.readouterr().out

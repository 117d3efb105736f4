"""``python -m trifeature audit``: counts and bits of the pairs."""

import re

import numpy as np
import pytest
from small_pairs import SMALL

from trifeature.__main__ import main


def test_audit_counts_and_bits(data, capsys):
    geometry = SMALL.index("--shapes")  # an audit needs no geometry
    main(["audit", *SMALL[geometry:]])
    report = capsys.readouterr().out
    share = 100 * data.pretrain.labels["S"].mean()
    mapping = f"mapping obeyed by design in 50 %, {share:.1f} % with those that obey it by chance"
    assert f"Pretraining pairs: 60, shape shared by design in 100 %, {mapping}\n" in report
    chance = 100 * data.probe_test.labels["S"].mean()
    mapping = f"mapping not imposed; {chance:.1f} % obey it by chance"
    assert f", shape shared by design in 100 %, {mapping}\n" in report
    first = data.train.factors[data.pretrain.index[:, 0]]
    second = data.train.factors[data.pretrain.index[:, 1]]
    counts = " +".join(map(str, np.bincount(first[:, 0], minlength=3)))
    assert re.search(rf"image 1 +{counts}\n", report)
    met = np.zeros((4, 4), int)
    np.add.at(met, (first[:, 1], second[:, 2]), 1)
    rows = re.findall(r"^  (solid|stripes|grid|hexgrid) +(.*)$", report, re.MULTILINE)[:4]
    for k, (_, cells) in enumerate(rows):
        assert [int(n) for n in re.findall(r"\d+", cells)] == met[k].tolist()
        assert cells.split()[data.mapping[k]] == f"[{met[k, data.mapping[k]]}]"
    bits = re.findall(r"^  (R|U1|U2|S) +(\d.*)$", report, re.MULTILINE)
    assert [task for task, _ in bits[:4]] == ["R", "U1", "U2", "S"]
    ideal = [float(value) for value in bits[-4][1].split()[4:]]
    assert ideal == [pytest.approx(np.log2(3), abs=1e-3), 0, 0, 0]

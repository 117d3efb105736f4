"""Which runs the figure ``dynamics`` takes; how it draws them is in drawing/test_trajectories."""

import pandas as pd
from quick_figures import without_layout

from interaction_probes.figures.dynamics import dynamics


def test_a_method_with_runs_at_other_strengths_alone_is_left_out(results, monkeypatch):
    """Its curve would stand among those of pairs that obey the mapping wholly or not at all."""
    without_layout(monkeypatch)
    partly = results[(results["method"] == "clip") & (results["pairs"] == "unbiased")]
    partly = partly.assign(
        method="factorcl", pairs="mapping0.5", mapping_strength=0.5, run=partly["run"] + "-partly"
    )
    names = [
        [text.get_text() for text in dynamics(table).legends[0].get_texts()]
        for table in (results, pd.concat([results, partly], ignore_index=True))
    ]
    assert names[0] == names[1]
    assert "CLIP" in names[1]

"""Published values in a report: their source, or why there are none."""

import re

import pytest

from interaction_probes.analysis.published import read_published
from interaction_probes.reporting.page import page


@pytest.mark.usefixtures("without_figures")
def test_published_values_have_their_source_and_what_must_be_known(few):
    table = few.replace({"method": {"clip": "infmasking"}})
    text = page(table, read_published(), "Title")
    [said] = re.findall(r'<p class="note">(.*?)</p>', text)
    assert "CoMM: CoMM, ICLR 2025, arXiv 2409.07402." in said
    assert (
        "InfMasking: InfMasking, NeurIPS 2025, arXiv 2509.25270; its epoch was selected on test."
        in said
    )
    assert "FactorCL" not in said  # the table has no run of it


def test_a_report_without_published_values_says_why(few):
    told = "No published values are shown: they are of images, these runs of vectors."
    text = page(few.assign(kind="vectors"), read_published(), "x")
    assert f'<p class="note">{told}</p>' in text
    assert "No published values are shown" not in page(few, read_published(), "x")

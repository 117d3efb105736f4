import pytest
from quick_figures import without_layout
from report_page import Page

from interaction_probes.analysis.published import read_published
from interaction_probes.reporting import page as page_module
from interaction_probes.reporting.page import page
from interaction_probes.reporting.page_figures import FIGURES


@pytest.fixture(scope="module", autouse=True)
def _without_layout():
    """The tests of each figure lay it out."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_layout(monkeypatch)
        yield


@pytest.fixture(scope="session")
def text(results):
    """A page of all results. It takes seconds, and is made before any module's own fixtures."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_layout(monkeypatch)
        return page(results, read_published(), "Title & <more>")


@pytest.fixture(scope="session")
def read(text):
    """The same, read."""
    return Page(text)


@pytest.fixture(scope="module")
def few(results):
    """Of the same table two methods in one seed each, whose page is drawn sooner."""
    plain = (results["weights"] == "") & results["pairs"].isin(["unbiased", "biased"])
    return results[plain & results["method"].isin(["comm", "clip"]) & (results["seed"] == 0)]


@pytest.fixture
def without_figures(monkeypatch):
    """Pages of tables alone, which are written sooner."""
    monkeypatch.setattr(page_module, "FIGURES", FIGURES[:0])

import importlib

import pytest

from interaction_probes.analysis.published import read_published
from interaction_probes.analysis.results_table import read_results
from interaction_probes.figures.drawing.save import save
from interaction_probes.probing.intervals import over_seeds
from interaction_probes.settings.config import from_dict, to_dict
from interaction_probes.settings.registry import find_method

#: What pages of earlier versions imported.
SHOWN = {
    ("config", "from_plain"): from_dict,
    ("config", "as_plain"): to_dict,
    ("registry", "find_method"): find_method,
    ("intervals", "over_seeds"): over_seeds,
    ("figures.table", "read_results"): read_results,
    ("figures.published", "read_published"): read_published,
    ("figures.save", "save"): save,
}


@pytest.mark.parametrize(("path", "name"), SHOWN)
def test_a_path_that_pages_showed_answers_with_a_warning(path, name):
    module = importlib.import_module(f"interaction_probes.{path}")
    with pytest.warns(DeprecationWarning, match=f"{path}.{name} is now interaction_probes"):
        assert getattr(module, name) is SHOWN[path, name]
    with pytest.raises(AttributeError, match=f"interaction_probes.{path}' has no attribute 'no_"):
        module.no_such_name  # noqa: B018


def test_other_paths_are_still_not_found():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        importlib.import_module("interaction_probes.no_such_module")

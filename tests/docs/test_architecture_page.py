"""The plan of the packages in docs/architecture.md, against the rules that the packages state."""

import importlib.util
import re

import pytest
from project_files import ROOT

_found = importlib.util.spec_from_file_location("rules", ROOT / "tests" / "test_architecture.py")
assert _found
assert _found.loader
rules = importlib.util.module_from_spec(_found)
_found.loader.exec_module(rules)

PAGE = (ROOT / "docs" / "architecture.md").read_text()


def floors(page):
    """Package → its floor, as the drawing has them."""
    drawing = re.findall(r"## The floors\n+```text\n(.*?)```", page, flags=re.DOTALL)[0]
    lines = re.findall(r"^(\d)  (\w+) +\S", drawing, flags=re.MULTILINE)
    assert len(lines) == len(drawing.splitlines())
    tops = ("trifeature", "interaction_probes")
    return {n if n in tops else f"interaction_probes.{n}": int(k) for k, n in lines}


def above(page):
    """(package, what it may import) of which the second is not on a lower floor."""
    plan = floors(page)

    def floor(package):
        return plan[package] if package in plan else floor(package.rpartition(".")[0])

    for package, others in rules.RULES.items():
        inside = {other for other in others if floor(other) == floor(package)}
        near = {other for other in inside if other.split(".")[:2] == package.split(".")[:2]}
        near |= {o for o in inside if package.startswith("trifeature.") and o.startswith("trif")}
        for other in others - near:
            if floor(other) >= floor(package):
                yield package, other


def test_the_plan_has_every_package():
    outer = {p for p in rules.PACKAGES if p.count(".") <= (p.startswith("interaction_probes"))}
    assert set(floors(PAGE)) == outer


def test_packages_import_from_lower_floors_only():
    assert list(above(PAGE)) == []


def test_a_wrong_floor_is_found():
    wrong = re.sub(r"^\d  storage ", "6  storage ", PAGE, flags=re.MULTILINE)
    found = list(above(wrong))
    assert ("interaction_probes.experiment", "interaction_probes.storage") in found


def test_the_way_to_a_figure_names_files_that_exist():
    way = PAGE.partition("## From a seed to a figure")[2].partition("\n## ")[0]
    named = re.findall(r"(?:[a-z_]+/)+\w+\.py", way)
    assert len(named) >= 10
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("subject", ["a method", "a loss", "the augmentation", "resuming"])
def test_the_table_has_the_subjects_that_readers_come_for(subject):
    assert f"\n| {subject} |" in PAGE

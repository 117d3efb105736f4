import pytest

from interaction_probes.analysis.names import CEILINGS
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.method import modality_range
from interaction_probes.settings.registry import METHODS, find_method, method_table, objective

MODULE = """
from interaction_probes.contrast.method import Method

class Whole(Method):
    terms = {"one": 1.0}
    def loss(self, batch, terms): ...
    def encode(self, modality, images): ...
    def combine(self, encoded): ...

class Untermed(Whole.__mro__[1]):
    loss = encode = combine = lambda *_: None

class Partial(Method):
    terms = {"one": 1.0}
    def loss(self, batch, terms): ...

class Costly(Whole):
    def __init__(self, config, modalities, depth): ...

class Wordy(Whole):
    terms = ["one"]

class Heavy(Whole):
    terms = {"one": float("inf")}

class Restless(Whole):
    highest_lr = 0

class Sightless(Whole):
    n_views = 0

class Placeless(Whole):
    places = {}

class Elsewhere(Whole):
    places = ["somewhere"]

class Unpaired(Whole):
    pairs = "unbiased"

class Mispaired(Whole):
    pairs = ("unbiased", "mapped")

class Crowded(Whole):
    min_modalities = 0

class Reversed(Whole):
    min_modalities, max_modalities = 3, 2

class Unseeing(Whole):
    sees = "all images"

class Ranged(Whole):
    min_modalities, max_modalities = 3, 5
    sees = {"one": "all images"}

class Stranger:
    pass

number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    (tmp_path / "registry_example.py").write_text(MODULE)
    (tmp_path / "registry_lacking.py").write_text("import no_such_package_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", METHODS)
def test_every_registered_method_is_whole(name):
    found = find_method(name)
    assert not found.__abstractmethods__
    assert all(isinstance(weight, int | float) for weight in found.terms.values())


@pytest.mark.parametrize("name", METHODS)
def test_every_registered_method_has_a_line_of_its_own(name):
    [line] = [line for line in method_table().splitlines() if line.split()[0] == name]
    found = find_method(name)
    assert found.paper in line
    assert "__doc__" in vars(found)
    assert len(objective(found)) > 20
    assert objective(found) in line
    assert all(f"{place}: {what}" in line for place, what in found.places.items())
    assert line.split(maxsplit=1)[1].startswith(modality_range(found))
    assert set(found.sees) == set(found.terms)
    assert all(what in line for what in found.sees.values())


@pytest.mark.parametrize("name", METHODS)
def test_places_are_found_by_name(name):
    found = find_method(name)
    assert found.find_place("default") == next(iter(found.places))
    assert all(found.find_place(place) == place for place in found.places)
    with pytest.raises(ValueError, match="this method is probed at " + ", ".join(found.places)):
        found.find_place("nowhere")


def test_a_method_of_a_users_own_has_its_range():
    found = find_method("registry_example:Ranged")
    assert modality_range(found) == "3 to 5"
    assert modality_range(find_method("registry_example:Whole")) == "1 or more"
    found.check_modalities(3)
    found.check_modalities(5)
    with pytest.raises(ValueError, match=r"Ranged is stated for 3 to 5 modalities, not for 6$"):
        found.check_modalities(6)


def test_tables_know_the_projects_ceilings_by_name():
    """They start without a model, and so cannot ask its class."""
    assert {name for name in METHODS if find_method(name).sees_labels} == CEILINGS


def test_comm_is_registered():
    assert find_method("comm") is CoMM


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="no method 'com'; did you mean 'comm'") as caught:
        find_method("com")
    assert "package.module:Class" in str(caught.value)
    assert all(name in str(caught.value) for name in METHODS)


def test_methods_of_a_users_own_are_found():
    assert find_method("registry_example:Whole").terms == {"one": 1.0}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module_here:Class", "No module named 'no_such_module_here'"),
        ("registry_lacking:Class", "No module named 'no_such_package_at_all'"),
        (
            "mine/own.py:Own",
            "names a file: give module:Class, own:Own, and run from the folder mine",
        ),
        ("mine\\sub\\own:Own", "own:Own, and run from the folder mine/sub"),
        ("own.py:", "give module:Class, own:Class, and run from its folder"),
        ("/own.py:Own", "give module:Class, own:Own, and run from its folder"),
        (".relative:Class", "cannot be imported"),
        (":Class", "cannot be imported"),
        ("registry_example:", "has no class ''"),
        ("registry_example:Whol", "has no class 'Whol'; did you mean 'Whole'"),
        ("registry_example:number", "has no class 'number'"),
        ("registry_example:Stranger", "is not a subclass"),
        ("registry_example:Partial", "lacks combine, encode"),
        ("registry_example:Untermed", "lacks terms"),
        ("registry_example:Costly", "it is built from a ModelConfig and nothing else"),
        ("registry_example:Wordy", "its terms map names to finite default weights"),
        ("registry_example:Heavy", "its terms map names to finite default weights"),
        ("registry_example:Sightless", "its n_views is a whole number of 1 or more, not 0"),
        ("registry_example:Restless", "its highest_lr is a positive number, not 0"),
        ("registry_example:Placeless", "its places map the name of a representation"),
        ("registry_example:Elsewhere", "its places map the name of a representation"),
        ("registry_example:Unpaired", "its pairs are a tuple of pretraining designs"),
        ("registry_example:Mispaired", "its pairs are unbiased or biased, not 'mapped'"),
        ("registry_example:Crowded", "its min_modalities is a whole number of 1 or more, not 0"),
        ("registry_example:Reversed", "its max_modalities is None or .* from 3 on, not 2"),
        ("registry_example:Unseeing", "its sees map the names of its terms to the images"),
        ("interaction_probes.contrast.method:Method", "lacks combine, encode, loss, terms"),
    ],
)
def test_what_is_no_method_is_refused(name, message):
    with pytest.raises(ValueError, match=message) as caught:
        find_method(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 / 0", "fails.py, line 1: ZeroDivisionError"),
        ("raise SystemExit(0)", "fails.py, line 1: SystemExit: 0"),
        ("import math\nmath.nothing", "fails.py, line 2: AttributeError"),
        ("class A(:", "SyntaxError: .*fails.py, line 1"),
    ],
)
def test_a_module_that_fails_is_told_with_its_line(tmp_path, monkeypatch, content, message):
    (tmp_path / "fails.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=message):
        find_method("fails:Method")

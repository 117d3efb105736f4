import pytest

from interaction_probes.comm.method import CoMM
from interaction_probes.registry import METHODS, find_method

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
        (".relative:Class", "cannot be imported"),
        (":Class", "cannot be imported"),
        ("registry_example:", "has no class ''"),
        ("registry_example:Whol", "has no class 'Whol'; did you mean 'Whole'"),
        ("registry_example:number", "has no class 'number'"),
        ("registry_example:Stranger", "is not a subclass"),
        ("registry_example:Partial", "lacks combine, encode"),
        ("registry_example:Untermed", "lacks terms"),
        ("interaction_probes.contrast.method:Method", "lacks combine, encode, loss, terms"),
    ],
)
def test_what_is_no_method_is_refused(name, message):
    with pytest.raises(ValueError, match=message) as caught:
        find_method(name)
    assert repr(name) in str(caught.value)

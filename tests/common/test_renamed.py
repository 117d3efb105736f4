import inspect

import pytest

from interaction_probes.common.renamed import renamed_arguments


@renamed_arguments(strengths="penalties", weights="counts")
def both(penalties, counts=1):
    """Its docstring."""
    return penalties, counts


def test_old_and_new_names_mean_the_same():
    assert both(strengths=2, weights=3) == both(penalties=2, counts=3) == both(2, weights=3)
    assert both(2) == (2, 1)


def test_help_shows_the_new_names():
    assert both.__doc__ == "Its docstring."
    assert list(inspect.signature(both).parameters) == ["penalties", "counts"]


def test_an_argument_by_both_names_is_refused():
    with pytest.raises(TypeError, match="strengths and penalties, two names of one argument"):
        both(strengths=2, penalties=2)
    with pytest.raises(TypeError, match="multiple values"):
        both(2, strengths=2)


def test_an_unknown_name_is_refused():
    with pytest.raises(TypeError, match="unknown"):
        both(unknown=2)

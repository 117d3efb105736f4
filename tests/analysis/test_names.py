import pytest

from interaction_probes.analysis.names import (
    METHOD_LABELS,
    in_print_order,
    method_labels,
    method_of,
)


def test_a_method_of_ones_own_is_called_by_its_class():
    assert method_labels(["comm", "my.module:Own"]) == {"comm": "CoMM", "my.module:Own": "Own"}


def test_no_two_methods_have_one_label():
    found = method_labels(["a.b:Own", "c:Own", "mine:CoMM", "Own", "plain"])
    assert found == {
        "a.b:Own": "Own (a.b)",
        "c:Own": "Own (c)",
        "mine:CoMM": "CoMM (mine)",  # also where the project's is not in the table
        "Own": "Own (Own)",
        "plain": "plain",
    }
    assert method_labels([*METHOD_LABELS, *found]) == METHOD_LABELS | found


@pytest.mark.parametrize("names", [["z:A", "a:B"], ["a:B", "z:A"]])
def test_a_users_own_methods_come_last_by_name(names):
    assert in_print_order([*names, "pixels", "comm"]) == ["comm", "pixels", "a:B", "z:A"]


@pytest.mark.parametrize("text", ["comm", "CoMM", "COMM"])
def test_a_method_is_named_by_its_label_in_any_case(text):
    assert method_of(text, ["comm", "my:Own"]) == "comm"
    assert method_of("own", ["comm", "my:Own"]) == "my:Own"
    assert method_of("nothing", ["comm"]) == "nothing"
    with pytest.raises(ValueError, match="method=Own is a:Own or b:Own: write which"):
        method_of("Own", ["a:Own", "b:Own"])
    assert method_of("own (B)", ["a:Own", "b:Own"]) == "b:Own"

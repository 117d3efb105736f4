import pytest
from matplotlib.figure import Figure

from interaction_probes.figures.drawing.label_placement import label_position
from interaction_probes.figures.drawing.style import reference_line


@pytest.mark.parametrize(
    ("curve", "place"),
    [
        ([50, 60, 70, 70, 70], "end"),  # below all along
        ([50, 60, 70, 80, 82], "start"),  # it ends where the name would be
        ([82, 80, 70, 60, 50], "end"),
        ([82, 80, 70, 80, 82], "inside"),
        ([98, 98, 98, 98, 98], "end"),  # far above
    ],
)
def test_a_level_line_is_named_where_no_curve_runs(curve, place):
    axes = Figure().subplots()
    axes.plot(range(5), curve)
    axes.set(xlim=(0, 4), ylim=(40, 100))
    assert label_position(axes, "limit", 75) == place


def test_lines_that_only_refer_to_something_are_in_no_way():
    axes = Figure().subplots()
    axes.set(xlim=(0, 4), ylim=(40, 100))
    reference_line(axes, 78, "another")
    assert label_position(axes, "limit", 75) == "end"

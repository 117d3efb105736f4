import pytest
from matplotlib.figure import Figure

from interaction_probes.figures.drawing.label_placement import label_position
from interaction_probes.figures.drawing.level_lines import name_levels, reference_line
from interaction_probes.figures.drawing.style import new_figure, style


def panel():
    axes = Figure(figsize=(1.6, 1.2)).subplots()  # as large as a panel of a page's four
    axes.set(xlim=(0, 4), ylim=(40, 100))
    return axes


@pytest.mark.parametrize(
    ("curve", "place"),
    [
        ([50, 60, 70, 70, 70], "end"),  # below all along
        ([50, 60, 70, 80, 82], "start"),  # it ends where the name would be
        ([82, 80, 70, 60, 50], "end"),
        ([82, 80, 80, 80, 82], "end below"),
        ([98, 98, 98, 98, 98], "end"),  # far above
    ],
)
def test_a_level_line_is_named_where_no_curve_runs(curve, place):
    axes = panel()
    axes.plot(range(5), curve)
    assert label_position(axes, "limit", 75) == place


def test_marks_on_the_line_itself_are_in_the_way_as_well():
    """S that stays at chance, with hollow squares on it."""
    axes = panel()
    axes.plot(range(5), [50.5] * 5, "s-", markersize=4.8)
    assert label_position(axes, "chance", 50) == "end below"
    axes.plot([3.5], [44], "^")
    assert label_position(axes, "chance", 50) == "start below"


def test_a_name_that_has_no_room_beside_its_line_is_further_away():
    axes = panel()
    axes.plot(range(5), [50.5] * 5, "s-", markersize=8)  # on the line itself
    assert label_position(axes, "chance", 50) == "end above 6"


@pytest.mark.parametrize("height", [16, 18, 20, 22, 28])
def test_no_name_stands_beyond_a_curve(height):
    """Above a curve that runs over the line it would be the curve's name, to the eye."""
    axes = panel()
    axes.set_ylim(0, 103)
    axes.plot(range(5), [height - 4, height, height, height, height], "v-", markersize=4)
    where = label_position(axes, "chance", 10)
    assert where.startswith("outside") or not where.endswith("6")


def test_a_band_is_crossed_only_without_other_room():
    axes = panel()
    axes.fill_between([0, 1, 4], [50, 60, 64], [50, 76, 84])
    assert label_position(axes, "limit", 75) == "start"
    axes.fill_between([0, 4], [44, 44], [98, 98])
    assert label_position(axes, "limit", 75) == "end"


def test_a_name_keeps_off_other_levels():
    axes = panel()
    assert label_position(axes, "limit", 75, levels=[80]) == "end below"
    assert label_position(axes, "limit", 75, levels=[80, 70]) == "end inside"


def test_names_beside_a_panel_keep_off_each_other():
    with style():
        figure = new_figure(1.8, 1.5)
        axes = figure.subplots()
        axes.set(xlim=(0, 4), ylim=(40, 100))
        for height in range(40, 101, 3):
            axes.plot([0, 4], [height, height], "o-", markersize=5)
        name_levels(figure, [(axes, 60, "one\nlimit"), (axes, 64, "other\nlimit")])
        figure.draw_without_rendering()
        lower, upper = (text.get_window_extent() for text in axes.texts)
    assert lower.x0 > axes.bbox.x1
    assert not lower.overlaps(upper)
    assert upper.x1 < figure.bbox.x1


def test_a_name_is_measured_as_it_is_drawn():
    """Beside a curve that leaves as much room as a narrower name would need."""
    for end in range(40, 90):
        with style():
            figure = new_figure(1.8, 1.5)
            axes = figure.subplots()
            axes.set(xlim=(0, 100), ylim=(0, 100))
            axes.plot([0, end, end, 100], [80, 80, 54, 54], solid_joinstyle="miter")
            [curve] = axes.lines
            name_levels(figure, [(axes, 50, "chance")])
            figure.draw_without_rendering()
            [name] = axes.texts
            assert not crosses(curve, name.get_window_extent()), end


def test_a_name_that_has_room_nowhere_is_beside_the_panel():
    axes = panel()
    for height in range(40, 101, 3):
        axes.plot([0, 4], [height, height], "o-", markersize=5)
    assert label_position(axes, "chance", 48) == "outside"


def test_a_name_keeps_off_another_name():
    axes = panel()
    other = reference_line(axes, 75, "limit")
    assert label_position(axes, "chance", 74, [other]) == "start"
    assert label_position(axes, "chance", 74) == "end"


def test_lines_that_only_refer_to_something_are_in_no_way():
    axes = panel()
    reference_line(axes, 78, "another")
    assert label_position(axes, "limit", 75) == "end"


@pytest.mark.parametrize("place", ["end", "start", "end below", "start below"])
def test_names_are_drawn_where_they_were_found_to_fit(place):
    """On the side of the line, and inside the panel."""
    with style():
        figure = new_figure(1.8, 1.5)
        axes = figure.subplots()
        axes.set(xlim=(0, 4), ylim=(0, 100))
        axes.plot([0, 2, 4], {"end": [0, 0, 0], "start": [0, 56, 60]}.get(place, [60, 56, 60]))
        if place == "start below":
            axes.plot(3.7, 42, "^")
        name_levels(figure, [(axes, 50, "chance")])
        figure.draw_without_rendering()
        [name] = axes.texts
        box, inside = name.get_window_extent(), axes.bbox
        level = axes.transData.transform((0, 50))[1]
    assert (box.y1 < level) == place.endswith("below")
    assert (box.x0 - inside.x0 < inside.x1 - box.x1) == place.startswith("start")
    assert inside.x0 <= box.x0 < box.x1 <= inside.x1


def crosses(line, box):
    """Whether a drawn line runs through a box, both in pixels."""
    path = line.get_path().transformed(line.get_transform())
    return path.intersects_bbox(box, filled=False)


@pytest.mark.parametrize("turn", [1, -1])
def test_no_name_is_crossed_by_a_curve(turn):
    """Curves of all slopes through a limit; by where names are drawn, not by where they fit."""
    for end in range(52, 100, 8):
        with style():
            figure = new_figure(2.2, 1.9)
            axes = figure.subplots()
            axes.set(xlim=(0, 4), ylim=(46, 103))
            axes.plot([0, 0.3, 1, 4], [50, 58, 66, end][::turn])
            axes.plot([0, 0.3, 1, 4], [50, 56, 62, (end + 60) / 2][::turn])
            curves = list(axes.lines)
            levels = [
                (50, "chance"),
                (70.4, "additive limit,\n70 %"),
                (84, "pairwise limit,\n84 %"),
            ]
            name_levels(figure, [(axes, *level) for level in levels])
            figure.draw_without_rendering()
            boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(crosses(line, box) for line in curves for box in boxes), end
        assert not boxes[0].overlaps(boxes[1])
        assert not boxes[1].overlaps(boxes[2])

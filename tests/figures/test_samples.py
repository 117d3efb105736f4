"""The data at a glance: what is drawn is what the data say."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch

from interaction_probes.figures.__main__ import main
from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.style import COLUMN, PAGE
from interaction_probes.figures.examples import example_pairs, one_at_a_time
from interaction_probes.figures.exported import read_exported
from interaction_probes.figures.samples import samples
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
from trifeature.dataset.export import export
from trifeature.images.factors import RGB

GEOMETRY = Geometry(24, 16, 5)


def written(folder, counts=(10, 10, 10), **design):
    images, pairs = ImageDesign(GEOMETRY, FactorCounts(*counts), renders=1), PairDesign(**design)
    export(generate(images, pairs, 1, 600), folder, "npz", images, pairs, 1)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def data(folder):
    return read_exported(folder)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def in_groups(things, n):
    """Lists of n things each."""
    return [list(things[k : k + n]) for k in range(0, len(things), n)]


def links(axes):
    return [patch for patch in axes.patches if isinstance(patch, PathPatch)]


def test_each_factor_varies_alone(data):
    found = one_at_a_time(data)
    assert {name: len(pictures) for name, pictures in found.items()} == {
        "shape": 10,
        "texture": 10,
        "colour": 10,
    }
    np.testing.assert_array_equal(found["colour"][:, 0, 0], np.trunc(255 * RGB))
    assert found["shape"].shape[1:] == found["texture"].shape[1:]
    white, grey = (255, 255, 255), (127, 127, 127)
    for picture in (found["shape"][3], found["texture"][0]):  # plain white on grey
        assert (picture == white).all(-1).sum() > 40
        assert (picture[0, 0] == grey).all()


@pytest.mark.parametrize(("width", "shown"), [(PAGE, 8), (COLUMN, 6)])
def test_every_value_is_named_and_pictured(data, width, shown):
    figure = samples(data, width)
    assert figure.get_figwidth() == width
    factors, pairs = figure.axes
    assert factors.get_title(loc="left") == "Factors, and the mapping M"
    assert pairs.get_title(loc="left") == "Pairs, and their labels"
    names = list(itertools.chain(*data.values.values()))
    assert [text for text in texts(factors) if text in names] == names
    assert {"shape", "texture", "colour"} <= set(texts(factors))
    assert {"R", "U1, U2\nS, image 1", "S, image 2"} <= set(texts(factors))
    assert len(factors.images) == 30
    assert len(pairs.images) == 2 * shown
    small = figure.get_supxlabel().replace("\n", " ")
    assert f"{shown} of the 600 pairs" in small
    assert "24 pixels, seed 1" in small
    assert "one to one" in small


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_the_drawn_mapping_is_the_datas(data, width):
    axes = samples(data, width).axes[0]
    centres = {}
    for row, pictures in enumerate(in_groups(axes.images, 10)):
        for k, picture in enumerate(pictures):
            left, right, bottom, top = picture.get_extent()
            centres[row, k] = ((left + right) / 2, top, bottom)
    drawn = links(axes)
    assert len(drawn) == 10
    for k, line in enumerate(drawn):
        value = int(data.mapping[k])
        (x0, y0), *_, (x1, y1) = line.get_path().vertices
        assert (x0, x1) == pytest.approx((centres[1, k][0], centres[2, value][0]))
        assert y0 == pytest.approx(centres[1, k][2], abs=0.02)  # from the foot of a texture
        assert y1 == pytest.approx(centres[2, value][1], abs=0.02)  # to the head of a colour
        assert to_rgb(line.get_edgecolor()) == pytest.approx(tuple(RGB[value]), abs=1 / 255)
        told = f"M({data.values['texture'][k]}) = {data.values['colour'][value]}"
        assert described(line) == ("", told)


def test_the_labels_under_a_pair_are_those_of_its_images(data):
    axes = samples(data).axes[1]
    chosen = example_pairs(data, 8)
    for k, (pair, said) in enumerate(zip(chosen, in_groups(texts(axes), 8), strict=True)):
        ends = data.index[pair]
        for picture, end in zip(axes.images[2 * k : 2 * k + 2], ends, strict=True):
            np.testing.assert_array_equal(picture.get_array(), data.images[end])
        (shape, texture, _), (shape_2, texture_2, colour_2) = data.factors[ends].tolist()
        assert shape == shape_2
        names = data.values
        meant, seen = names["texture"][texture], names["colour"][colour_2]
        obeys = data.mapping[texture] == colour_2
        synergy = f"1   {seen} = M({meant})" if obeys else f"0   {seen} ≠ M({meant})"
        tasks = {
            "R": names["shape"][shape],
            "U1": names["texture"][texture],
            "U2": names["texture"][texture_2],
            "S": synergy,
        }
        assert dict(zip(said[::2], said[1::2], strict=True)) == tasks


def test_examples_are_varied_and_half_of_them_obey(data):
    chosen = example_pairs(data, 8)
    assert len(set(chosen)) == 8
    assert [int(data.labels["S"][pair]) for pair in chosen] == [1] * 4 + [0] * 4
    assert (data.index[chosen][:, 0] != data.index[chosen][:, 1]).all()
    shapes, textures, colours = data.factors[data.index[chosen]].reshape(-1, 3).T
    assert len(set(shapes)) == 8
    assert len(set(textures)) == len(set(colours)) == 10


def test_examples_where_pairs_are_few(data):
    few = replace(
        data,
        index=data.index[:3],
        labels={task: labels[:3] for task, labels in data.labels.items()},
    )
    assert sorted(example_pairs(few, 8)) == [0, 1, 2]
    assert len(samples(few).axes[1].images) == 6
    same = np.repeat(data.index[:3, :1], 2, axis=1)
    with pytest.raises(ValueError, match="no pair of two images"):
        example_pairs(replace(few, index=same), 8)


def test_a_missing_image_is_named(data):
    kept = (data.factors != (3, 0, 9)).any(1)
    with pytest.raises(ValueError, match="no image of circle, solid, white"):
        one_at_a_time(replace(data, images=data.images[kept], factors=data.factors[kept]))


@pytest.mark.parametrize(
    ("counts", "design", "rows"),
    [
        ((3, 5, 4), {}, (3, 5, 4)),  # more textures than colours: M is not one to one
        ((4, 3, 2), {"mapped": ("shape", "texture")}, (2, 4, 3)),
        ((3, 4, 2), {"mapped": ("texture", "texture")}, (3, 2, 4, 4)),
        ((2, 2, 2), {"shared": "colour", "unique": "shape"}, (2, 2, 2)),
    ],
)
def test_other_designs_can_be_drawn(tmp_path, counts, design, rows):
    data = read_exported(written(tmp_path / "data", counts, **design))
    figure = samples(data)
    axes = figure.axes[0]
    assert len(axes.images) == sum(rows)
    assert len(links(axes)) == rows[-2]
    one_to_one = sorted(data.mapping) == list(range(rows[-1]))
    assert ("one to one" in figure.get_supxlabel().replace("\n", " ")) == one_to_one


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_no_text_leaves_the_figure_or_runs_into_another(data, width):
    figure = samples(data, width)
    figure.draw_without_rendering()
    for axes in figure.axes:
        for box in (text.get_window_extent() for text in axes.texts if text.get_text()):
            assert figure.bbox.x0 <= box.x0
            assert box.x1 <= figure.bbox.x1
        upright = [text for text in axes.texts if not text.get_rotation() and text.get_text()]
        boxes = [text.get_window_extent() for text in upright]
        assert len(boxes) >= 6
        for (one, a), (other, b) in itertools.combinations(zip(upright, boxes, strict=True), 2):
            assert not a.overlaps(b), (one.get_text(), other.get_text())


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_command_draws_a_folder(folder, tmp_path, suffix):
    out = tmp_path / f"samples.{suffix}"
    main(["samples", str(folder), "-o", str(out), "--width", "column"])
    assert out.stat().st_size > 10_000
    assert [path.name for path in tmp_path.iterdir()] == [out.name]

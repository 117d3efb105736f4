import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from interaction_probes.figures import embedding as module
from interaction_probes.figures.drawing.style import style
from interaction_probes.figures.drawing.wrapped_title import wrap_title
from interaction_probes.figures.embedding import embedding, principal_components, read_features

NAMES = np.array(["R  shape", "S  mapping"])
VALUES = np.array([["square", "circle", "star"], ["broken", "obeyed", ""]])


def write(path: Path, **changes):
    rng = np.random.default_rng(0)
    factors = np.stack([np.arange(60) % 3, np.arange(60) % 2], axis=1)
    features = rng.normal(size=(60, 5)) + 4 * np.eye(5)[factors[:, 0]]
    arrays = {"features": features, "factors": factors, "names": NAMES, "values": VALUES}
    arrays |= {"title": "comm, seed 0"} | changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_principal_components_are_those_of_the_covariance():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4))
    standard = (features - features.mean(0)) / features.std(0)
    places, shares = principal_components(np.column_stack([features, np.ones(40)]))
    left, singular, _ = np.linalg.svd(standard, full_matrices=False)
    np.testing.assert_allclose(np.abs(places), np.abs(left[:, :2] * singular[:2]), atol=1e-9)
    np.testing.assert_allclose(shares, singular[:2] ** 2 / (singular**2).sum())


def test_a_panel_per_factor_with_the_same_places_and_named_classes(tmp_path):
    data = read_features(write(tmp_path / "f.npz"))
    figure = embedding(data)
    places, shares = principal_components(data.features)
    for axes, name, named in zip(figure.axes, NAMES, VALUES, strict=True):
        assert axes.get_title(loc="left") == name
        assert {text.get_text() for text in axes.get_legend().get_texts()} == set(named) - {""}
        drawn = np.concatenate([part.get_offsets() for part in axes.collections])
        np.testing.assert_allclose(np.sort(drawn, axis=0), np.sort(places, axis=0))
        classes = [
            (p.get_facecolor()[0].tolist(), p.get_paths()[0].vertices) for p in axes.collections
        ]
        assert len({str(colour) for colour, _ in classes}) == len(set(named) - {""})
        assert len({str(outline) for _, outline in classes}) == len(set(named) - {""})
    figure.draw_without_rendering()
    assert f"{100 * shares[0]:.0f}\N{NO-BREAK SPACE}% and" in figure.get_supxlabel()
    assert "comm, seed 0" in figure.get_supxlabel()
    assert "n = 60" in figure.get_supxlabel()


@pytest.mark.parametrize("shown", [range(13), range(25), (0, 10), (0, 2)])
def test_no_two_classes_look_alike(tmp_path, shown):
    factors = np.resize(list(shown), 60)[:, None]
    values = np.array([[f"class {k}" for k in range(25)]])
    path = write(tmp_path / "f.npz", factors=factors, names=NAMES[:1], values=values)
    [axes] = embedding(read_features(path)).axes
    handles = axes.get_legend().legend_handles
    assert len({(line.get_color(), line.get_marker()) for line in handles}) == len(shown)
    drawn = {
        (part.get_facecolor()[0].tobytes(), part.get_paths()[0].vertices.tobytes())
        for part in axes.collections
    }
    assert len(drawn) == len(shown)


def test_more_classes_than_looks_are_refused(tmp_path):
    values = np.array([[f"class {k}" for k in range(101)]])
    path = write(tmp_path / "f.npz", factors=np.full((60, 1), 100), names=NAMES[:1], values=values)
    with pytest.raises(ValueError, match="up to 100 classes can be told apart, not 101"):
        embedding(read_features(path))


@pytest.mark.parametrize("width", [3.3, 6.8])
@pytest.mark.parametrize("stretch", [(1, 30), (30, 1)])
def test_a_cloud_of_any_form_leaves_room_for_titles(tmp_path, width, stretch, monkeypatch):
    monkeypatch.setattr(
        module, "principal_components", lambda x: (x[:, :2] * stretch, np.array([0.6, 0.4]))
    )
    figure = embedding(read_features(write(tmp_path / "f.npz")), width)
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1
    for axes in figure.axes:
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert 0.39 < (high - low) / (right - left) < 1.01


@pytest.mark.parametrize("width", [3.3, 6.8])
def test_titles_of_ten_tasks_and_legends_lie_within_their_panels(tmp_path, width):
    names = np.array(["S123-4  symbol of texture 1, texture 2 and texture 3; 0 is the rule"] * 10)
    values = np.array([["no match", "match"]] * 10)
    path = write(tmp_path / "f.npz", factors=np.eye(60, 10, dtype=int), names=names, values=values)
    figure = embedding(read_features(path), width)
    figure.draw_without_rendering()
    shown = figure.axes[:10]
    titles = [axes._left_title.get_window_extent() for axes in shown]
    for title, axes in zip(titles, shown, strict=True):
        panel, legend = axes.get_window_extent(), axes.get_legend().get_window_extent()
        assert panel.width > 0.9 * figure.bbox.width / (4 if width > 5 else 2)
        assert panel.height >= 0.39 * panel.width
        assert legend.x0 >= 0
        assert legend.x1 <= figure.bbox.x1
        assert not any(title.overlaps(other) for other in titles if other is not title)
        assert panel.x0 - 1 < title.x0 < title.x1 < panel.x1 + 3  # hinted: a pixel or two


def test_a_title_is_broken_between_words_and_a_long_word_within():
    with style():
        assert wrap_title("R  shape", 1.6) == "R  shape"
        assert wrap_title("U1  texture of an image", 1.3) == "U1  texture of an\nimage"
        words = wrap_title("S  " + 60 * "a", 1.6).split("\n")
        assert wrap_title("ab", 0.001) == "a\nb"
    assert words[0] == "S"
    assert "".join(words[1:]) == 60 * "a"
    assert len(words) > 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": None}, "lacks factors"),
        (
            {
                "factors": np.zeros((60, 0), int),
                "names": np.zeros(0, "U1"),
                "values": np.zeros((0, 1), "U1"),
            },
            r"f\.npz: it has no factor",
        ),
        ({"factors": np.zeros((3, 2), int)}, "do not fit"),
        ({"factors": np.full((60, 2), 7)}, "do not fit"),
        ({"features": np.full((60, 5), np.nan)}, "not finite"),
        ({"features": np.full((60, 5), "a")}, r"features is numbers \[n, d\], not <U1 \[60, 5\]"),
        ({"factors": np.zeros((60, 2))}, r"factors is whole numbers \[n, k\], not float64"),
        ({"names": np.array("shape")}, r"names is texts \[k\], not <U5 \[\]"),
        ({"values": np.array(["red", "blue"])}, r"values is texts \[k, classes\], not <U4 \[2\]"),
    ],
)
def test_damaged_features_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        read_features(write(tmp_path / "f.npz", **changes))


@pytest.mark.parametrize(
    "content", [b"", b"no archive", b"PK\x03\x04 cut short", pickle.dumps([1]), b"a,b\n1,2\n"]
)
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "f.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no file of features") as caught:
        read_features(path)
    assert "pickle" not in str(caught.value)  # numpy says how to load one all the same


def test_features_that_do_not_vary_have_no_map():
    with pytest.raises(ValueError, match="fewer than two directions"):
        principal_components(np.ones((5, 3)))


def test_a_folder_is_refused_and_one_of_a_run_is_told_how_to_be_drawn(tmp_path):
    with pytest.raises(ValueError, match="is a folder; a map is drawn from features that embed wr"):
        read_features(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    command = re.escape(f"python -m interaction_probes.embed {tmp_path} -o features.npz")
    with pytest.raises(ValueError, match=command):
        read_features(tmp_path)

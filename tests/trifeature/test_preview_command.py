"""``python -m trifeature preview``: its two sheets."""

import contextlib
import os

import numpy as np
import pytest
from hostile_session import hostile_session
from PIL import Image
from small_pairs import SMALL

from trifeature.__main__ import main
from trifeature.preview import _shown


def test_a_preview_that_cannot_be_written_leaves_the_old_sheets(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "factors.png").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit):
        main(["preview", "--out", str(tmp_path), *SMALL])
    assert capsys.readouterr().err == f"error: no space left on device: {tmp_path}/factors.png\n"
    assert [path.name for path in tmp_path.iterdir()] == ["factors.png"]
    assert (tmp_path / "factors.png").read_bytes() == b"old"
    with pytest.raises(SystemExit):
        main(["preview", "--out", str(tmp_path / "new"), *SMALL])
    assert not (tmp_path / "new").exists()


def test_preview_draws_two_sheets(tmp_path):
    main(["preview", "--out", str(tmp_path / "sheets"), *SMALL])
    assert sorted(p.name for p in (tmp_path / "sheets").iterdir()) == ["factors.png", "pairs.png"]
    for path in (tmp_path / "sheets").iterdir():
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert min(pixels.shape[:2]) > 500
        found = {tuple(pixel) for pixel in pixels[::2, ::2].reshape(-1, 3).tolist()}
        assert {(127, 127, 127), (255, 0, 0), (0, 255, 0)} <= found  # grey, red and green


def test_a_preview_takes_no_settings_of_a_session(tmp_path):
    sheets = []
    for name in ("plain", "hostile"):
        with hostile_session() if name == "hostile" else contextlib.nullcontext():
            main(["preview", "--out", str(tmp_path / name), *SMALL])
        sheets.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert sheets[0] == sheets[1]


@pytest.mark.parametrize("extra", [["--mapping-strength", "0"], ["--mapped", "shape", "texture"]])
def test_preview_where_pairs_are_few(tmp_path, extra):
    main(["preview", "--out", str(tmp_path), *SMALL, "--pairs", "3", *extra])
    assert (tmp_path / "pairs.png").stat().st_size > 10_000


def test_the_heading_of_example_pairs_says_how_many_were_chosen_to_obey(data):
    obeys = data.pretrain.labels["S"] == 1
    rows = [*np.flatnonzero(obeys)[:3], *np.flatnonzero(~obeys)[:5]]
    assert _shown(data, rows) == "chosen: 3 that obey it, 5 that do not"

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from trifeature.images.textures import DETERMINISTIC, random_texture, texture_mask, texture_table

REFERENCE = json.loads((Path(__file__).parent / "reference_masks.json").read_text())


@pytest.mark.parametrize("key", REFERENCE["textures"])
def test_equals_the_published_generator_at_period_10(key):
    name, ox, oy = key.split("|")
    mask = texture_mask(name, 10, 448, (int(ox), int(oy)))
    digest = hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()
    assert digest == REFERENCE["textures"][key]


def test_every_deterministic_texture_has_a_reference():
    assert {key.split("|")[0] for key in REFERENCE["textures"]} == set(DETERMINISTIC)
    assert len(DETERMINISTIC) == 8


@pytest.mark.parametrize("period", [5, 8, 10, 17])
def test_textures_differ_at_every_period(period):
    masks = [texture_mask(name, period, 6 * period) for name in DETERMINISTIC]
    assert len({mask.tobytes() for mask in masks}) == 8


@pytest.mark.parametrize("period", [8, 10, 20])
def test_coverage_scales_with_the_period(period):
    expected = {"stripes": 1 / 3, "grid": 5 / 9, "dots": 0.45, "zigzags": 0.4, "pluses": 0.47}
    for name, share in expected.items():
        assert texture_mask(name, period, 12 * period).mean() == pytest.approx(share, abs=0.12)


def test_an_offset_moves_the_pattern():
    plain = texture_mask("zigzags", 10, 100)
    np.testing.assert_array_equal(texture_mask("zigzags", 10, 80, (3, 7)), plain[7:87, 3:83])


def test_noise_is_a_fair_coin_in_every_pixel():
    drawn = random_texture("noise", 10, 400, np.random.default_rng(0))
    assert abs(drawn.mean() - 0.5) < 4 * 0.5 / 400
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.01


def test_noise_of_an_odd_size():
    assert random_texture("noise", 5, 33, np.random.default_rng(0)).shape == (33, 33)


@pytest.mark.parametrize("period", [5, 8, 10])
def test_rain_falls_in_vertical_drops(period):
    length = period - period // 3
    drawn = random_texture("rain", period, 600, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1 - 0.95**length, abs=0.02)
    # Away from the lower edge no vertical run is shorter than a drop.
    padded = np.pad(drawn.astype(int), ((1, 1), (0, 0)))
    edges = np.diff(padded, axis=0)
    starts, ends = np.nonzero(edges.T == 1)[1], np.nonzero(edges.T == -1)[1]
    assert (ends - starts)[ends < 600].min() == length


def test_the_random_textures_have_no_table_and_the_others_no_stream():
    with pytest.raises(ValueError, match="'rain' has no table"):
        texture_table("rain", 10, 10)
    with pytest.raises(ValueError, match="'dots' is not drawn at random"):
        random_texture("dots", 10, 10, np.random.default_rng(0))

import math

import numpy as np
import pytest
import torch
from scipy import stats

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.contrast.views.draws import draw


def seeded(seed):
    return torch.Generator().manual_seed(seed)


N = 20_000
DRAWS = draw(ViewConfig(), N, 1000, 800, seeded(0))


def is_uniform(values, low, high):
    """Whether a sample passes as uniform on [low, high]."""
    values = np.asarray(values)
    inside = low - 1e-6 <= values.min() and values.max() <= high + 1e-6
    return inside and stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > 1e-3


def test_probabilities():
    counts = {
        0.8: (DRAWS.brightness != 1).sum(),
        0.2: (DRAWS.saturation == 0).sum(),
        0.5: (DRAWS.sigma > 0).sum(),
    }
    for probability, count in counts.items():
        assert stats.binomtest(int(count), N, probability).pvalue > 1e-3
    assert stats.binomtest(int(DRAWS.flip.sum()), N, 0.5).pvalue > 1e-3


def test_torchvisions_jitter_draws_an_order_after_all_else():
    """The same views but for the colours; every order as often, of those that are jittered."""
    own = draw(ViewConfig(jitter="torchvision"), N, 1000, 800, seeded(0))
    for name in (
        "top",
        "left",
        "height",
        "width",
        "flip",
        "brightness",
        "contrast",
        "hue",
        "sigma",
    ):
        assert torch.equal(getattr(own, name), getattr(DRAWS, name))
    assert torch.equal(own.grey, DRAWS.saturation == 0)
    assert torch.equal(torch.where(own.grey, 0.0, own.saturation), DRAWS.saturation)
    jittered = own.brightness != 1
    assert (own.order[~jittered] == -1).all()
    assert (own.order[jittered].sort(1).values == torch.arange(4)).all()
    counts = torch.unique(own.order[jittered], dim=0, return_counts=True)[1]
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-3
    assert own.part(slice(3)).order.shape == (3, 4)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_certain_and_impossible_operations(probability):
    names = ("jitter", "grayscale", "blur", "flip")
    config = ViewConfig(**{f"{name}_probability": probability for name in names})
    draws = draw(config, 500, 32, 32, seeded(0))
    happened = (draws.brightness != 1, draws.saturation == 0, draws.sigma > 0, draws.flip)
    for which in happened:
        assert (which == bool(probability)).all()


def test_ranges_of_colours_and_blur():
    jittered = DRAWS.brightness != 1
    assert torch.equal(jittered, DRAWS.contrast != 1)
    assert torch.equal(jittered, DRAWS.hue != 0)
    assert (DRAWS.saturation[~jittered & (DRAWS.saturation != 0)] == 1).all()
    for name in ("brightness", "contrast"):
        assert is_uniform(getattr(DRAWS, name)[jittered], 0.6, 1.4)
    assert is_uniform(DRAWS.saturation[jittered & (DRAWS.saturation != 0)], 0.6, 1.4)
    assert is_uniform(DRAWS.hue[jittered], -0.2 * math.pi, 0.2 * math.pi)
    assert is_uniform(DRAWS.sigma[DRAWS.sigma > 0], 0.1, 2.0)


def test_draws_of_an_image_are_independent():
    grey = (DRAWS.saturation == 0).float()
    jittered = DRAWS.brightness != 1
    columns = [DRAWS.flip.float(), (DRAWS.sigma > 0).float(), jittered.float(), grey]
    columns += [DRAWS.brightness, DRAWS.contrast, DRAWS.hue]
    columns += [DRAWS.top / (1001 - DRAWS.height), DRAWS.left / (801 - DRAWS.width)]
    rows = torch.stack([column[jittered] for column in columns if column is not columns[2]])
    off_diagonal = torch.corrcoef(rows) - torch.eye(len(rows))
    assert off_diagonal.abs().max() < 4.5 / math.sqrt(int(jittered.sum()))
    overall = torch.corrcoef(torch.stack(columns[:4])) - torch.eye(4)
    assert overall.abs().max() < 4.5 / math.sqrt(N)


def test_crops_lie_inside_the_image_and_its_ranges():
    area = DRAWS.height * DRAWS.width / (1000 * 800)
    ratio = DRAWS.width / DRAWS.height
    assert ((DRAWS.top >= 0) & (DRAWS.top + DRAWS.height <= 1000)).all()
    assert ((DRAWS.left >= 0) & (DRAWS.left + DRAWS.width <= 800)).all()
    for value in (DRAWS.top, DRAWS.left, DRAWS.height, DRAWS.width):
        assert torch.equal(value, value.round())
    assert 0.078 < area.min() < 0.09
    assert 0.95 < area.max() <= 1
    assert 0.745 < ratio.min() < 0.76
    assert 1.32 < ratio.max() < 1.34


def test_crops_are_placed_uniformly():
    free_rows, free_columns = 1001 - DRAWS.height, 801 - DRAWS.width
    large = (free_rows > 100) & (free_columns > 100)  # there whole pixels are nearly continuous
    assert is_uniform(((DRAWS.top + 0.5) / free_rows)[large], 0, 1)
    assert is_uniform(((DRAWS.left + 0.5) / free_columns)[large], 0, 1)
    few = draw(ViewConfig(crop_scale=(0.5625, 0.5625), crop_ratio=(1, 1)), N, 4, 4, seeded(0))
    assert few.height.unique().tolist() == [3]
    places = torch.bincount((2 * few.top + few.left).long(), minlength=4)
    assert stats.chisquare(places).pvalue > 1e-3


def slow_crop(config, height, width, rng):
    """(height, width) of a crop as torchvision draws it, one image at a time."""
    low, high = config.crop_ratio
    for _ in range(10):
        area = height * width * rng.uniform(*config.crop_scale)
        ratio = math.exp(rng.uniform(math.log(low), math.log(high)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return h, w
    if width / height < low:
        return round(width / low), width
    if width / height > high:
        return height, round(height * high)
    return height, width


@pytest.mark.parametrize(("height", "width"), [(300, 300), (200, 500)])
@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.6, 0.9)])
def test_sizes_of_crops_are_distributed_as_torchvisions(height, width, scale):
    config = ViewConfig(crop_scale=scale)
    rng = np.random.default_rng(0)
    expected = np.array([slow_crop(config, height, width, rng) for _ in range(4000)]).T
    draws = draw(config, 4000, height, width, seeded(0))
    for got, wanted in zip((draws.height, draws.width), expected, strict=True):
        assert stats.ks_2samp(got, wanted).pvalue > 1e-3
    ratios = stats.ks_2samp(draws.width.double() / draws.height, expected[1] / expected[0])
    assert ratios.pvalue > 1e-3


@pytest.mark.parametrize(
    ("ratio", "size", "expected"),
    [
        ((2.0, 2.0), (40, 40), (10, 0, 20, 40)),
        ((0.25, 0.5), (40, 40), (0, 10, 40, 20)),
        ((0.5, 0.75), (41, 60), (0, 14, 41, 31)),
        ((1e-3, 1e-3), (10, 30), (0, 14, 10, 1)),
    ],
)
def test_a_crop_that_never_fits_becomes_the_largest_centred_one(ratio, size, expected):
    config = ViewConfig(crop_scale=(1.0, 1.0), crop_ratio=ratio)
    draws = draw(config, 7, *size, seeded(0))
    got = torch.stack([draws.top, draws.left, draws.height, draws.width], dim=1)
    assert got.tolist() == [list(expected)] * 7


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"crop_scale": (0.0, 1.0)}, r"crop_scale is a range 0 < low <= high, not 0\.0 to 1\.0"),
        ({"crop_scale": (0.9, 0.5)}, r"crop_scale is a range 0 < low <= high, not 0\.9 to 0\.5"),
        ({"crop_scale": (0.5, 1.1)}, r"a crop covers at most the whole image, not 1\.1"),
        ({"crop_ratio": (-1.0, 1.0)}, r"crop_ratio is a range 0 < low <= high, not -1\.0 to 1\.0"),
        ({"crop_ratio": (1.0, math.inf)}, r"crop_ratio is a range 0 < low <= high, not 1\.0 to in"),
        ({"blur_sigma": (2.0, 1.0)}, r"blur_sigma is a range 0 < low <= high, not 2\.0 to 1\.0"),
        ({"blur_sigma": (math.nan, 1.0)}, "blur_sigma is a range 0 < low <= high, not nan to"),
        ({"brightness": 1.5}, r"brightness lies in \[0, 1\], not 1\.5"),
        ({"contrast": -0.1}, r"contrast lies in \[0, 1\], not -0\.1"),
        ({"saturation": math.nan}, r"saturation lies in \[0, 1\], not nan"),
        ({"hue": 0.6}, r"hue lies in \[0, 0\.5\], not 0\.6"),
        ({"jitter": "kornia"}, "jitter is composed or torchvision, not 'kornia'"),
        ({"jitter_probability": 1.1}, r"jitter_probability lies in \[0, 1\], not 1\.1"),
        ({"grayscale_probability": -1}, r"grayscale_probability lies in \[0, 1\], not -1"),
        ({"blur_probability": 2}, r"blur_probability lies in \[0, 1\], not 2"),
        ({"flip_probability": math.nan}, r"flip_probability lies in \[0, 1\], not nan"),
    ],
)
def test_bad_strengths_are_refused(bad, message):
    with pytest.raises(ValueError, match=message) as error:
        ViewConfig(**bad)
    assert "\n" not in str(error.value)


def test_the_views_of_a_seed_stay_as_they_are():
    """The random numbers in their order, by hand: one more or another order changes every run."""
    n, config, own = 50, ViewConfig(), seeded(7)
    found = draw(config, n, 40, 30, own)
    twin = seeded(7)
    for shape in ((n, 10), (n, 10), (n,), (n,)):  # areas, ratios, where downwards, where across
        torch.rand(shape, generator=twin)
    names = ("jitter", "brightness", "contrast", "saturation", "hue", "grey", "blur", "sigma")
    drawn = {name: torch.rand(n, generator=twin) for name in (*names, "flip")}
    assert torch.equal(own.get_state(), twin.get_state())
    jittered, grey = drawn["jitter"] < 0.8, drawn["grey"] < 0.2
    for name in ("brightness", "contrast", "saturation"):
        expected = torch.where(jittered, 0.8 * drawn[name] + 0.6, 1.0)
        expected = torch.where(grey, 0.0, expected) if name == "saturation" else expected
        torch.testing.assert_close(getattr(found, name), expected)
    turn = 0.2 * math.pi
    torch.testing.assert_close(
        found.hue, torch.where(jittered, 2 * turn * drawn["hue"] - turn, 0.0), atol=1e-6, rtol=1e-5
    )
    sigma = torch.where(drawn["blur"] < 0.5, 1.9 * drawn["sigma"] + 0.1, 0.0)
    torch.testing.assert_close(found.sigma, sigma)
    assert torch.equal(found.flip, drawn["flip"] < 0.5)

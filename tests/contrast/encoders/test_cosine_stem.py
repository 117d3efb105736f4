import numpy as np
import pytest
import scipy.fft
import torch
from torch import nn

from interaction_probes.contrast.encoders import EncoderConfig, build_encoder
from interaction_probes.contrast.encoders.cosine_stem import begin_with_cosines, cosine_filters

OHTA = np.array([(1, 1, 1), (1, 0, -1), (-1, 2, -1)]) / np.sqrt([[3], [2], [6]])


def filters_of(patch):
    """All filters and the (size, u, v, colour) that each has, from SciPy's transform."""
    whole = cosine_filters(6 * patch**2, patch).double().numpy()
    spectra = scipy.fft.dctn(whole, axes=(2, 3), norm="ortho")  # [n, 3, u, v]
    coefficients = np.einsum("kc,ncuv->nkuv", OHTA, spectra)
    found = []
    for each in coefficients:
        (colour, u, v), *others = np.argwhere(abs(each) > 1e-5)
        assert not others, "a filter is one function of the basis"
        found.append((each[colour, u, v], u, v, colour))
    return found


@pytest.mark.parametrize("patch", [1, 2, 4])
def test_the_filters_are_the_whole_cosine_basis_with_both_signs(patch):
    found = filters_of(patch)
    assert len({(u, v, colour) for _, u, v, colour in found}) == 3 * patch**2
    for (size, *function), (other, *negated) in zip(found[::2], found[1::2], strict=True):
        assert function == negated
        assert size == pytest.approx((1 + function[0] + function[1]) / 2)
        assert other == -size


def test_coarse_filters_come_first_and_chroma_two_frequencies_later():
    found = filters_of(4)
    places = [u + v + 2 * (colour > 0) for _, u, v, colour in found]
    assert places == sorted(places)
    begin = [(int(u), int(v), int(colour)) for _, u, v, colour in found[:8:2]]
    assert begin == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)]


def test_of_an_odd_number_the_last_filter_has_no_negative():
    assert torch.equal(cosine_filters(7, 4), cosine_filters(8, 4)[:7])
    assert cosine_filters(1, 4).shape == (1, 3, 4, 4)


def test_a_stem_wider_than_the_basis_keeps_its_other_filters():
    stem = nn.Conv2d(3, 30, 2, stride=2)
    before = stem.weight.detach().clone(), stem.bias.detach().clone()
    assert begin_with_cosines(stem) is stem
    assert torch.equal(stem.weight[:24], cosine_filters(24, 2))
    assert stem.bias[:24].count_nonzero() == 0
    assert torch.equal(stem.weight[24:], before[0][24:])
    assert torch.equal(stem.bias[24:], before[1][24:])


@pytest.mark.parametrize("norm", ["batch", "none"])
def test_towers_begin_with_the_stem_that_their_config_names(norm):
    towers = {}
    for stem in ("random", "cosine"):
        torch.manual_seed(0)
        towers[stem] = build_encoder(EncoderConfig(widths=(8, 8), pools=(1,), norm=norm, stem=stem))
    stems = [tower[0] for tower in towers.values()]
    assert not torch.equal(stems[0].weight, stems[1].weight)
    assert torch.equal(stems[1].weight, cosine_filters(8, 4))
    assert stems[1].weight.requires_grad
    # what comes after it is drawn as before
    own = 2 if norm == "none" else 1
    rest = [[*tower.state_dict().values()][own:] for tower in towers.values()]
    for first, second in zip(*rest, strict=True):
        assert torch.equal(first, second)


def test_responses_to_natural_spectra_are_nearly_white():
    """Where amplitudes fall as 1 / frequency, luma filters respond alike, within a factor of 2.

    Filters of one size, the same but for that, are twice as uneven.
    """
    rng = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(*2 * [np.fft.fftfreq(64) * 64], indexing="ij"))
    spectrum = np.fft.fft2(rng.normal(size=(16, 64, 64))) / np.maximum(frequency, 1)
    grey = np.fft.ifft2(spectrum).real
    images = torch.from_numpy(np.repeat(grey[:, None], 3, axis=1)).float()
    luma = [k for k, (size, *_, colour) in enumerate(filters_of(4)) if colour == 0 and size > 0]
    filters = cosine_filters(96, 4)[luma]
    sizes = nn.functional.conv2d(images, filters, stride=4).std((0, 2, 3))[1:]  # without the mean
    plain = filters / filters.flatten(1).norm(dim=1)[:, None, None, None]
    unscaled = nn.functional.conv2d(images, plain, stride=4).std((0, 2, 3))[1:]
    assert sizes.max() / sizes.min() < 2
    assert unscaled.max() / unscaled.min() > 2 * sizes.max() / sizes.min()

import pytest
import torch

from interaction_probes.contrast.views.noise import (
    NoiseConfig,
    NoiseStreams,
    add_noise,
    augment_values,
    drop_steps,
)

ALWAYS = NoiseConfig(noise_probability=1.0, drop_probability=1.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def streams():
    return NoiseStreams(generator(1), generator(2))


def test_noise_is_gaussian_in_about_half_of_the_samples():
    values = add_noise(torch.zeros(2_000, 50), NoiseConfig(), generator(), 2_000)
    noisy = values.any(1)
    assert 0.45 < noisy.float().mean() < 0.55
    assert values[noisy].std() == pytest.approx(0.1, rel=0.02)
    assert abs(float(values[noisy].mean())) < 0.002


@pytest.mark.parametrize("shape", [(40,), (40, 3)])
def test_dropped_steps_are_zero_and_their_share_is_uniform(shape):
    values = drop_steps(torch.ones(4_000, *shape), NoiseConfig(), generator(), None, 4_000)
    steps = values.flatten(2) if values.ndim == 3 else values[..., None]
    assert (steps.any(2) == steps.all(2)).all()  # a step goes as a whole
    share = (~steps.any(2)).float().mean(1)
    dropped = share > 0
    assert 0.45 < dropped.float().mean() < 0.52  # half, less those of which under a step goes
    counts = (share * 40).round().long()
    assert counts.max() == 31  # floor(.8 · 40) is reached with probability 0
    assert torch.bincount(counts, minlength=32)[1:].min() > 30  # 62 are expected of each
    where = (~steps.any(2)).float()[dropped].mean(0)
    assert (where - where.mean()).abs().max() < 0.05  # every step alike


def test_only_valid_steps_are_dropped_and_one_remains():
    lengths = torch.arange(1, 11).repeat(200)
    all_of_them = NoiseConfig(drop=(1.0, 1.0), drop_probability=1.0)
    values = drop_steps(torch.ones(2_000, 10, 2), all_of_them, generator(), lengths, 2_000)
    valid = torch.arange(10) < lengths[:, None]
    kept = values.all(2)
    assert ((kept & valid).sum(1) == 1).all()
    assert kept[~valid].all()  # padding is not the augmentation's
    half = NoiseConfig(drop=(0.5, 0.5), drop_probability=1.0)
    values = drop_steps(torch.ones(2_000, 10, 2), half, generator(), lengths, 2_000)
    assert torch.equal((~values.all(2)).sum(1), lengths // 2)


def test_a_sample_gets_the_same_view_in_every_division_of_the_batch():
    values = torch.randn(12, 7, 3, generator=generator())
    lengths = torch.arange(12) % 7 + 1
    whole = augment_values(values.clone(), NoiseConfig(), streams(), lengths)
    assert (whole != values).any()
    for part in (torch.tensor([0, 1, 2, 6, 7, 8]), torch.tensor([3, 4, 5, 9, 10, 11])):
        found = augment_values(
            values[part].clone(), NoiseConfig(), streams(), lengths[part], 12, part
        )
        assert torch.equal(found, whole[part])


def test_noise_and_drops_have_streams_of_their_own():
    values = torch.randn(6, 9, generator=generator())
    both = augment_values(values.clone(), ALWAYS, streams())
    no_drop = NoiseConfig(noise_probability=1.0, drop_probability=0.0)
    noisy = augment_values(values.clone(), no_drop, streams())
    kept = both != 0
    assert torch.equal(both[kept], noisy[kept])
    assert not kept.all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise": -1.0}, "noise is 0 or more"),
        ({"drop": (0.5, 0.2)}, "drop is a range"),
        ({"drop": (0.0, 1.1)}, "drop is a range"),
        ({"drop_probability": 2.0}, "drop_probability lies in"),
    ],
)
def test_strengths_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        NoiseConfig(**settings)

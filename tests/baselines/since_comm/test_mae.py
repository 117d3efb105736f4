"""MAE's loss against a slow twin; closed forms, symmetries, gradients; what its decoders see."""

from dataclasses import replace

import pytest
import torch
from small_methods import CONFIG, batch, build

from interaction_probes.baselines.since_comm.mae import MAE, Decoder, mae_loss


def example(n=3, c=2, h=4, w=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    predicted, images = torch.randn(2, n, c, h, w, generator=generator, dtype=torch.float64)
    masked = torch.rand(n, 1, h, w, generator=generator) < 0.6
    masked[:, :, 0, 0] = True
    return predicted, images, masked


@pytest.mark.parametrize("shape", [(3, 2, 4, 3), (1, 1, 1, 1), (2, 3, 5, 5)])
def test_slow_twin(shape):
    predicted, images, masked = example(*shape)
    n, c, h, w = shape
    total = 0.0
    for i in range(n):
        errors = [
            (float(predicted[i, k, y, x]) - float(images[i, k, y, x])) ** 2
            for k in range(c)
            for y in range(h)
            for x in range(w)
            if masked[i, 0, y, x]
        ]
        total += sum(errors) / len(errors)
    assert float(mae_loss(predicted, images, masked)) == pytest.approx(total / n, rel=1e-12)


def test_closed_forms():
    predicted, images, masked = example()
    assert float(mae_loss(images, images, masked)) == 0
    assert float(mae_loss(images + 3, images, masked)) == pytest.approx(9)
    # What is not masked does not count.
    beside = torch.where(masked, images, predicted)
    assert float(mae_loss(beside, images, masked)) == 0
    everywhere = torch.ones_like(masked)
    expected = torch.nn.functional.mse_loss(predicted, images)
    torch.testing.assert_close(mae_loss(predicted, images, everywhere), expected)


def test_symmetries():
    predicted, images, masked = example()
    value, same = mae_loss(predicted, images, masked), {"rtol": 1e-12, "atol": 0}
    order = torch.tensor([2, 0, 1])
    permuted = mae_loss(predicted[order], images[order], masked[order])
    torch.testing.assert_close(permuted, value, **same)
    torch.testing.assert_close(mae_loss(images, predicted, masked), value, **same)
    torch.testing.assert_close(mae_loss(2 * predicted, 2 * images, masked), 4 * value, **same)
    assert abs(mae_loss(predicted, images[order], masked) - value) > 1e-3


def test_gradients():
    predicted, images, masked = example()
    given = predicted.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: mae_loss(x, images, masked), (given,))


def test_autocast_is_float32():
    predicted, images, masked = (x.float() if x.is_floating_point() else x for x in example())
    rough = mae_loss(predicted.bfloat16(), images.bfloat16(), masked)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, mae_loss(predicted, images, masked), rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, x, m: mae_loss(p[:, :1], x, m), r"\[N, c, h, w\], not \[3, 1, 4, 3\]"),
        (lambda p, x, m: mae_loss(p, x, m.float()), "a mask is boolean"),
        (lambda p, x, m: mae_loss(p, x, m[:1]), r"not torch.bool and \[1, 1, 4, 3\]"),
        (lambda p, x, m: mae_loss(p.long(), x, m), "floating point, not torch.int64"),
        (lambda p, x, m: mae_loss(p, x, m & False), "of one it hides none"),
        (lambda p, x, m: mae_loss(p, x, m & (m.new_tensor([1, 0, 1]).view(3, 1, 1, 1))), "none"),
        (lambda p, x, m: MAE(CONFIG, 1), "stated for 2 or more modalities, not for 1"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(*example())


@pytest.mark.parametrize("size", [16, 20, 48])
def test_three_quarters_of_the_cells_of_every_image_are_masked(size):
    method = build(MAE, config=replace(CONFIG, size=size))
    masked = method.draw_mask(50, torch.Generator().manual_seed(0))
    assert masked.shape == (50, 1, size, size)
    again = method.draw_mask(50, torch.Generator().manual_seed(0))
    assert torch.equal(masked, again)
    assert len({tuple(mask.flatten().tolist()) for mask in masked}) == 50
    if size % 8 == 0:
        assert set(masked.float().mean((1, 2, 3)).tolist()) == {0.75}
        side = size // 8
        cells = masked.view(50, 8, side, 8, side).float().mean((2, 4))
        assert set(cells.flatten().tolist()) == {0.0, 1.0}
    # No cell is masked more often than others.
    assert 0.5 < masked.float().mean(0).min() < masked.float().mean(0).max() < 0.98


@pytest.mark.parametrize("modalities", [2, 3])
def test_the_method_minimises_this_function(modalities):
    method = build(MAE, modalities=modalities)
    with torch.no_grad():
        for k, colour in enumerate(method.mask_colours):
            colour.normal_(generator=torch.Generator().manual_seed(2 + k))
    given = batch(method)
    generator, losses = torch.Generator().manual_seed(9), []
    masks = [method.draw_mask(6, generator) for _ in range(modalities)]
    # BatchNorm takes its statistics over masked and whole images together.
    codes = []
    for m, (views, masked) in enumerate(zip(given.views, masks, strict=True)):
        hidden = torch.where(masked, method.mask_colours[m].view(3, 1, 1), views[0])
        features = method.encoders[m](torch.cat([hidden, views[0]])).flatten(1)
        codes.append(method.linears[m](features).view(2, 6, -1))
    for m, masked in enumerate(masks):
        seen = [codes[k][0 if k == m else 1] for k in range(modalities)]
        predicted = method.decoders[m](torch.cat(seen, 1))
        losses.append(mae_loss(predicted, given.views[m][0], masked))
    expected = sum(losses) / modalities
    found = method.loss(given, ["reconstruction"])["reconstruction"]
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=0)


def test_a_masked_pixel_is_seen_by_no_decoder_of_its_image():
    """Of image 1 its own decoder sees the unmasked pixels alone, that of image 2 all of them."""
    method = build(MAE).eval()
    given = batch(method, n=1)
    masked = method.draw_mask(1, torch.Generator().manual_seed(9))
    [views, other] = given.views
    seen = {}
    for decoder in range(2):
        method.decoders[decoder].register_forward_hook(
            lambda _, inputs, output, k=decoder: seen.setdefault(k, []).append(output.detach())
        )
    for image in (views, torch.where(masked, views + 1, views)):
        method.loss(
            replace(given, views=[image, other], generator=torch.Generator().manual_seed(9)),
            ["reconstruction"],
        )
    torch.testing.assert_close(seen[0][0], seen[0][1], rtol=1e-12, atol=1e-12)
    assert (seen[1][0] - seen[1][1]).abs().max() > 1e-6


@pytest.mark.parametrize(("shape", "size"), [((4, 6, 6), 48), ((4, 6, 6), 50), ((2, 2, 3), 16)])
def test_a_decoder_makes_images_of_the_size(shape, size):
    decoder = Decoder(5, shape, size)
    assert decoder(torch.randn(2, 5)).shape == (2, 3, size, size)


def test_it_learns_the_colours_of_the_images():
    method = build(MAE, torch.float32)
    generator = torch.Generator().manual_seed(0)
    colours = torch.randn(2, 1, 16, 3, 1, 1, generator=generator)
    given = replace(batch(method), views=[*colours.expand(-1, -1, -1, -1, 16, 16)])
    optimizer = torch.optim.AdamW(method.parameters(), lr=1e-2)
    losses = []
    for _ in range(80):
        loss = method.loss(given, ["reconstruction"])["reconstruction"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])

import pytest
import torch

from interaction_probes.contrast.encoders import (
    EncoderConfig,
    InputConfig,
    InputEncoderConfig,
    build_encoder,
    encode_blank,
)

PERCEPTRON = InputEncoderConfig("perceptron", widths=(7,), tokens=2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InputConfig("tables", (3,)), "no kind of modality 'tables'; there are vectors"),
        (lambda: InputConfig("vectors", (3, 4)), r"the shape of vectors is \(features,\), not"),
        (lambda: InputConfig("sequences", (3,)), r"sequences is \(steps, features\), not"),
        (lambda: InputConfig("images", (3, 4)), r"images is \(height, width, channels\), not"),
        (lambda: InputConfig("images", (8, 8, 4)), "images have 1 or 3 channels, not 4"),
        (lambda: InputConfig("vectors", (0,)), "sizes of a shape are 1 or more"),
        (lambda: InputConfig("vectors", (3,), padded=True), "only sequences are padded"),
        (
            lambda: InputConfig("sequences", (3, 4), encoder=PERCEPTRON),
            "perceptron is no encoder of sequences; there are transformer, convolution, recurrent",
        ),
        (lambda: InputConfig("vectors", (3,), encoder=PERCEPTRON), "7 units, is cut into equal"),
        (
            lambda: InputConfig("sequences", (3, 4), encoder=InputEncoderConfig(width=42)),
            "the width 42 of a transformer is even and a multiple of its heads, 5 here",
        ),
        (lambda: InputEncoderConfig("mlp"), "no encoder 'mlp'; there are default, perceptron"),
        (lambda: InputEncoderConfig(stride=0), "sizes of an encoder are 1 or more"),
    ],
)
def test_what_is_no_input_is_refused_in_a_line(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_images_have_the_tower_of_the_model():
    config = EncoderConfig("compact", 4, (6,), ())
    torch.manual_seed(0)
    described = build_encoder(config, InputConfig("images", (32, 20, 1)))
    torch.manual_seed(0)
    plain = build_encoder(config)
    for first, second in zip(described.parameters(), plain.parameters(), strict=True):
        assert torch.equal(first, second)
    assert encode_blank(plain, 16).shape == (1, 6, 4, 4)

import pytest
import torch
from torch import nn

from interaction_probes.contrast.encoders import (
    EncoderConfig,
    InputConfig,
    InputEncoderConfig,
    Perceptron,
    build_encoder,
    feature_shape,
)


def test_a_perceptron_is_cut_into_tokens():
    encoder = Perceptron(5, (10, 12), 3)
    kinds = [type(layer) for layer in encoder.layers]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear]
    vectors = torch.randn(4, 5)
    features = encoder(vectors)
    assert features.shape == (4, 4, 1, 3)
    assert torch.equal(features[:, :, 0, 1], encoder.layers(vectors)[:, 4:8])


@pytest.mark.parametrize(
    ("widths", "tokens", "shape"),
    [((), 8, (32, 1, 8)), ((10, 10), 10, (1, 1, 10)), ((6,), 1, (6, 1, 1))],
)
def test_shapes_of_vectors(widths, tokens, shape):
    described = InputConfig(
        "vectors", (5,), encoder=InputEncoderConfig(widths=widths, tokens=tokens)
    )
    encoder = build_encoder(EncoderConfig(), described)
    assert feature_shape(encoder, described) == shape

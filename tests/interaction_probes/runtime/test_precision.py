import platform
from contextlib import nullcontext
from operator import attrgetter

import pytest
import torch
from tiny_method import Tiny

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.runtime.precision import autocast_towers, full_float32, training_dtype
from interaction_probes.settings.config import OptimConfig


def test_training_dtype_follows_the_config():
    cpu = torch.device("cpu")
    assert training_dtype(OptimConfig(precision="fp32"), cpu) == torch.float32
    assert training_dtype(OptimConfig(precision="bf16"), cpu) == torch.bfloat16
    assert training_dtype(OptimConfig(precision="auto"), torch.device("meta")) == torch.float32


@pytest.mark.parametrize("shared", [False, True])
def test_layers_after_the_encoders_are_in_float32(shared):
    """Differences that are small beside what all images share: bfloat16 rounds them away."""
    torch.manual_seed(0)
    method = Tiny(ModelConfig(EncoderConfig("compact", 4, (8,), ()), size=8)).eval()
    if shared:
        method.encoders[1] = method.encoders[0]
    head = torch.nn.Linear(8, 4)
    torch.nn.init.constant_(head.bias, 1000.0)
    images = torch.randn(64, 3, 8, 8)

    def encode():
        features = method.encoders[1](images)
        return features, head(features.mean((2, 3)))

    with torch.no_grad():
        _, expected = encode()
        with autocast_towers(torch.bfloat16, method):
            features, found = encode()
        plain_features, plain = encode()
    assert features.dtype == found.dtype == torch.float32
    assert torch.equal(features, features.bfloat16().float())  # the tower did run in bfloat16
    assert not torch.equal(features, plain_features)
    assert (found - expected).std() < 0.1 * expected.std(0).mean()
    assert torch.equal(plain, expected)  # and nothing is left behind
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        assert (encode()[1].float() - expected).std() > expected.std(0).mean()


MULTIPLIERS = attrgetter("cuda.matmul", "cudnn.conv", "mkldnn.matmul", "mkldnn.conv")(
    torch.backends
)


def legacy():
    torch.set_float32_matmul_precision("high")


def each():
    for multiplier in MULTIPLIERS:
        multiplier.fp32_precision = "tf32"


def everywhere():
    torch.backends.fp32_precision = "tf32"


@pytest.fixture
def _as_it_was():
    everywhere, before = torch.backends.fp32_precision, [m.fp32_precision for m in MULTIPLIERS]
    yield
    torch.backends.fp32_precision = everywhere
    for multiplier, value in zip(MULTIPLIERS, before, strict=True):
        multiplier.fp32_precision = value
    torch.set_float32_matmul_precision("highest")


@pytest.mark.usefixtures("_as_it_was")
@pytest.mark.parametrize("ask", [lambda: None, legacy, each, everywhere])
def test_float32_products_are_exact_whatever_enabled_tf32(ask):
    ask()
    cudnn = torch.backends.cudnn

    def now():
        flags = cudnn.enabled, cudnn.benchmark, cudnn.deterministic
        return [each.fp32_precision for each in MULTIPLIERS], flags

    before = now()
    with full_float32():
        assert now() == (["ieee"] * 4, (True, False, True))
    assert now() == before
    with pytest.raises(ZeroDivisionError), full_float32():
        raise ZeroDivisionError
    assert now() == before


def test_auto_is_bfloat16_where_the_hardware_has_it(monkeypatch):
    cpu = torch.device("cpu")
    auto = OptimConfig(precision="auto")
    has = dict.fromkeys(("_is_avx512_bf16_supported", "_is_amx_tile_supported"), False)
    for name in has:
        monkeypatch.setattr(torch.cpu, name, lambda name=name: has[name])
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert training_dtype(auto, cpu) == torch.float32  # what oneDNN can emulate is not fast
    for name in has:
        has[name] = True
        assert training_dtype(auto, cpu) == torch.bfloat16
        has[name] = False
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert training_dtype(auto, cpu) == torch.bfloat16
    asked = []
    monkeypatch.setattr(torch.cuda, "device", lambda card: asked.append(card) or nullcontext())
    for fast, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation, fast=fast: fast
        )
        assert training_dtype(auto, torch.device("cuda:1")) == expected
    assert asked == [torch.device("cuda:1")] * 2

import hashlib
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch

from interaction_probes import export, features
from interaction_probes.common.streams import stream
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.experiment.loading import load_model, load_run
from interaction_probes.experiment.runner import run
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.splits import stratified_split
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.registry import find_method
from interaction_probes.storage.safetensors_file import as_safetensors

CPU = torch.device("cpu")
NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}


def read_plainly(content):
    """Header and arrays of a safetensors file, read as the format's description says."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    data = content[8 + length :]
    ends = sorted(entry["data_offsets"] for entry in header.values())
    # Without holes or overlaps, to the last byte.
    assert [end for _, end in ends] == [start for start, _ in ends[1:]] + [len(data)]
    assert ends[0][0] == 0
    assert length % 8 == 0
    return metadata, {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], NUMPY[entry["dtype"]]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
    }


TENSORS = {
    "a": torch.arange(6, dtype=torch.float32).reshape(2, 3).T,
    "scalar": torch.tensor(7),
    "bytes": torch.tensor([1, 2, 3], dtype=torch.uint8),
    "images": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "half": torch.tensor([0.5], dtype=torch.float16),
    "none": torch.zeros(0, 4),
}


def test_tensors_come_back():
    metadata, found = read_plainly(as_safetensors(TENSORS, {"by": "hand"}))
    assert metadata == {"by": "hand"}
    assert set(found) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor.numpy())
        assert found[name].dtype == tensor.numpy().dtype


def test_the_reference_reader_agrees():
    reader = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    found = reader.load(as_safetensors(TENSORS, {"by": "hand"}))
    assert set(found) == set(TENSORS)
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_equal_tensors_are_equal_bytes():
    """Whatever the order they come in: a description has the checksum of the weights."""
    turned = dict(reversed(TENSORS.items()))
    contents = {as_safetensors(each, {"a": "1", "b": "2"}) for each in (TENSORS, turned) * 20}
    assert len(contents) == 1


def test_bfloat16_keeps_its_bits_and_other_types_are_refused():
    content = as_safetensors({"a": torch.tensor([1.0, -2.0], dtype=torch.bfloat16)}, {})
    assert content.endswith(np.array([0x3F80, 0xC000], "<u2").tobytes())
    with pytest.raises(ValueError, match=r"a is torch\.complex64, which safetensors"):
        as_safetensors({"a": torch.zeros(1, dtype=torch.complex64)}, {})


@pytest.fixture(scope="module")
def folder(smoke_config, tmp_path_factory):
    config = with_fields(smoke_config, {"optim.epochs": "1"})
    return run(replace(config, method="clip"), tmp_path_factory.mktemp("runs"), CPU).path


def test_a_model_is_rebuilt_from_its_two_files(folder, tmp_path, capsys):
    out = tmp_path / "encoder.safetensors"
    export.main([str(folder), "-o", str(out)])
    described = json.loads((tmp_path / "encoder.json").read_text())
    assert described["weights_sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (described["run"], described["epoch"]) == (folder.name, 1)
    assert f"{described['parameters']:,} parameters" in capsys.readouterr().out

    config, trained, data = load_run(folder, CPU)
    model = dict(described["model"])
    encoder = type(config.model.encoder)(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in model.pop("encoder").items()}
    )
    fresh = find_method(described["class"])(ModelConfig(encoder=encoder, **model))
    _, arrays = read_plainly(out.read_bytes())
    assert {name: list(array.shape) for name, array in arrays.items()} == described["tensors"]
    fresh.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
    images = torch.from_numpy(data.test.images[:4]).permute(0, 3, 1, 2)
    view = eval_transform(images, config.model.size)
    norm = described["input"]
    assert norm["shape"] == [3, config.model.size, config.model.size]
    assert norm["probed_shape"] == [3, config.probe_size, config.probe_size]
    by_hand = (images.float() / 255 - torch.tensor(norm["mean"]).view(3, 1, 1)) / torch.tensor(
        norm["std"]
    ).view(3, 1, 1)
    torch.testing.assert_close(view, by_hand)
    codes = []
    for method in (trained.eval(), fresh.eval()):
        method.place = described["probed"]
        with torch.no_grad():
            codes.append(method.combine([method.encode(m, view) for m in range(2)]))
    torch.testing.assert_close(codes[1], codes[0])
    assert codes[0].shape[1] == described["features"]


@pytest.mark.parametrize(
    ("probe", "views"),
    [
        ({}, [(48, False), (32, False)]),
        ({"mirrored": True}, [(48, False), (32, False), (48, True), (32, True)]),
        ({"mirrored_in_turn": True}, [(48, True), (32, False)]),
    ],
)
def test_the_views_of_the_probes_are_described(probe, views, smoke, tmp_path):
    probe = replace(smoke.probe, zoom=1.5, further_zooms=(1.0,), **probe)
    optim = replace(smoke.optim, epochs=0)
    path = run(replace(smoke, method="random_init", probe=probe, optim=optim), tmp_path, CPU).path
    export.main([str(path), "-o", str(tmp_path / "encoder.safetensors")])
    described = json.loads((tmp_path / "encoder.json").read_text())["input"]
    found = [(each["shape"], each["mirrored"]) for each in described["probed_views"]]
    assert found == [([3, size, size], mirrored) for size, mirrored in views]
    assert described["probed_shapes"] == [[3, 48, 48], [3, 32, 32]]
    assert described["probed_mirrored"] == probe.mirrored


def test_a_ceiling_that_was_built_for_other_classes_is_read_back(smoke, tmp_path):
    config = with_fields(replace(smoke, method="supervised"), {"optim.epochs": "0"})
    folder = run(config, tmp_path, CPU)
    _, method, epoch = load_model(folder.path, CPU)
    assert method.classifiers["R"].out_features == 4
    assert epoch == 0


def test_features_are_what_the_probes_fit_and_score(folder, tmp_path, capsys):
    out = tmp_path / "features.npz"
    features.main([str(folder), "-o", str(out), "--device", "cpu"])
    config, _, data = load_run(folder, CPU)
    with np.load(out, allow_pickle=False) as stored:
        arrays = dict(stored)
    assert arrays["epoch"] == 1
    for name in ("fit", "score"):
        pairs = getattr(data, name)
        np.testing.assert_array_equal(arrays[f"{name}_index"], pairs.index)
        for task in ("R", "U1", "U2", "S"):
            np.testing.assert_array_equal(arrays[f"{name}_{task}"], pairs.labels[task])
    metrics = (folder / "metrics.csv").read_text().splitlines()
    for task in data.tasks:
        fit, score = (
            (torch.from_numpy(arrays[f"{name}_features"]), arrays[f"{name}_{task.name}"])
            for name in ("fit", "score")
        )
        split = stratified_split(fit[1], stream(config.seed, "probe", task.name))
        found = linear_probe(fit, score, task.classes, config.probe.strengths, split)
        row = f",1,{task.name},linear,accuracy,{found.accuracy!r}"
        assert any(line.endswith(row) for line in metrics)
    assert f"{len(data.probe_train)} pairs to fit, {len(data.probe_test)} pairs to score" in (
        capsys.readouterr().out
    )


def test_a_file_that_describes_no_weights_is_not_replaced(folder, tmp_path, capsys):
    """As config.json and run.json of a run's own folder."""
    for name, content in (("config", '{"seed": 0}'), ("broken", "{")):
        (tmp_path / f"{name}.json").write_text(content)
        with pytest.raises(SystemExit) as stop:
            export.main([str(folder), "-o", str(tmp_path / f"{name}.safetensors")])
        assert stop.value.code == 2
        assert f"{name}.json would be overwritten" in capsys.readouterr().err
        assert (tmp_path / f"{name}.json").read_text() == content
    for _ in range(2):  # a description is
        export.main([str(folder), "-o", str(tmp_path / "encoder.safetensors")])
    assert {path.stem for path in tmp_path.glob("*.safetensors")} == {"encoder"}


def test_mistakes_are_one_line_and_leave_nothing(folder, tmp_path, capsys):
    for command, words, message in (
        (export, [tmp_path, "-o", tmp_path / "x.safetensors"], "is not a run folder"),
        (export, [folder, "-o", tmp_path / "x.pt"], "weights are written to a .safetensors file"),
        (export, [folder, "-o", tmp_path / "no" / "x.safetensors"], "no folder"),
        (features, [tmp_path, "-o", tmp_path / "x.npz"], "is not a run folder"),
        (features, [folder, "-o", tmp_path / "x.csv"], "features are written to an .npz file"),
        (features, [folder], "missing -o"),
    ):
        with pytest.raises(SystemExit) as stop:
            command.main([str(word) for word in words])
        assert stop.value.code == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ")
        assert message in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("method", "left_out"),
    [("stateful_methods:Counting", "steps"), ("unsavable_methods:Restoring", "_extra_state")],
)
def test_what_is_no_tensor_is_left_out_by_name(tiny_config, tmp_path, capsys, method, left_out):
    config = replace(
        tiny_config,
        method=method,
        optim=replace(tiny_config.optim, epochs=1),
        probe=replace(tiny_config.probe, controls=(), strengths=(0.1,)),
    )
    folder = run(config, tmp_path, CPU)
    out = tmp_path / "weights.safetensors"
    export.main([str(folder.path), "-o", str(out)])
    told = f"not in the file, which has tensors alone: {left_out}\n"
    assert capsys.readouterr().err == told
    assert left_out not in read_plainly(out.read_bytes())[1]

"""Files from elsewhere are data: nothing in them is run, and no path in them leads anywhere."""

import ast
import csv
import json
import os
import pickle
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from project_files import MODULES, SOURCES, name_of

import interaction_probes
from interaction_probes.analysis.schema import Measurement, RunIdentity
from interaction_probes.figures.embedding import read_features
from interaction_probes.reporting import run_figures
from interaction_probes.run import main as run_main
from interaction_probes.settings.config import to_dict
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method
from interaction_probes.storage import checksums
from interaction_probes.storage.checksums import damaged, with_checksums
from interaction_probes.storage.run_folder import RunFolder
from interaction_probes.sweep import main as sweep_main
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate, generate_images
from trifeature.dataset.export import Format, export

DESIGN = ImageDesign(Geometry(24, 16, 5), FactorCounts(2, 3, 2), renders=1)


def dangers(source):
    """What a file could run that is not its own code: (line, what)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            for name in names:
                if name.split(".")[0] in ("pickle", "dill", "cloudpickle", "shelve", "marshal"):
                    yield node.lineno, name
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        settings = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if called in ("eval", "exec", "compile", "__import__", "os.system", "os.popen"):
            yield node.lineno, called
        if called.startswith("subprocess.") and settings.get("shell", "False") != "False":
            yield node.lineno, "shell"
        if called.endswith("read_pickle") or called.endswith("joblib.load"):
            yield node.lineno, called
        if called == "torch.load" and settings.get("weights_only") != "True":
            yield node.lineno, called
        if called in ("np.load", "numpy.load") and settings.get("allow_pickle") != "False":
            yield node.lineno, called


#: The one file that may import pickle, whose unpickler looks up no name that a file gives.
RESTRICTED = MODULES["interaction_probes.datasets.readers.restricted_pickle"]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_source_runs_what_it_reads(path):
    found = [what for _, what in dangers(path.read_text())]
    assert found == (["pickle"] if path == RESTRICTED else [])


def test_the_restricted_unpickler_takes_nothing_else_of_pickle():
    used = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(RESTRICTED.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pickle"
    ]
    assert used == ["pickle.Unpickler"]
    assert "super().find_class" not in RESTRICTED.read_text()


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "eval('1')",
        "exec(code)",
        "os.system('ls')",
        "subprocess.run('ls', shell=True)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
    ],
)
def test_the_rule_can_fail(line):
    assert len(list(dangers(line))) == 1


def test_a_module_of_the_users_is_imported_by_name_in_one_place_only():
    found = sorted(path.name for path in SOURCES if "import_module(" in path.read_text())
    # The first two know names of the project's own modules only.
    assert found == ["earlier_paths.py", "lazy.py", "users_code.py"]
    assert set(interaction_probes._HOMES) == set(interaction_probes.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'os'"):
        _ = interaction_probes.os


class Bomb:
    """What would make a folder where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def array_with(bomb):
    array = np.empty(1, dtype=object)
    array[0] = bomb
    return array


def test_code_in_a_cache_is_refused_and_not_run(tmp_path):
    cache, crater = tmp_path / "cache", tmp_path / "crater"
    generate_images(DESIGN, 0, cache)
    [path] = cache.iterdir()
    np.savez(path, train_images=array_with(Bomb(crater)))
    with pytest.raises(ValueError, match=r"image cache .* is damaged .*delete it"):
        generate_images(DESIGN, 0, cache)
    assert not crater.exists()
    with np.load(path, allow_pickle=True) as stored:  # the bomb is a real one
        assert stored["train_images"].shape == (1,)
    assert crater.exists()


@pytest.mark.parametrize("whole", [True, False])
def test_code_in_a_file_of_features_is_refused_and_not_run(tmp_path, whole):
    path, crater = tmp_path / "features.npz", tmp_path / "crater"
    if whole:
        path.write_bytes(pickle.dumps(Bomb(crater)))
    else:
        names = ("features", "factors", "names", "values", "title")
        np.savez(path, **{name: array_with(Bomb(crater)) for name in names})
    with pytest.raises(ValueError, match="no file of features"):
        read_features(path)
    assert not crater.exists()


@pytest.mark.parametrize("form", Format.__args__)
def test_paths_of_a_dataset_stay_inside_its_folder(tmp_path, form):
    """Nothing reads a manifest's paths; whoever does finds relative ones that go down."""
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is an extra: [parquet]")
    pairs = PairDesign()
    data = generate(DESIGN, pairs, 0, 20)
    manifest = export(data, tmp_path / "out", form, DESIGN, pairs, 0)
    names = list(manifest["files_sha256"])
    for table in (tmp_path / "out").glob("*.csv"):
        rows = csv.DictReader(table.read_text().splitlines())
        names += [row[key] for row in rows for key in ("file", "image_1", "image_2") if key in row]
    assert names
    for name in names:
        assert not PurePosixPath(name).is_absolute()
        assert ".." not in PurePosixPath(name).parts
        assert (tmp_path / "out" / name).is_file()
    if form == "npz":
        with zipfile.ZipFile(tmp_path / "out" / "data.npz") as archive:
            assert all("/" not in name for name in archive.namelist())


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", ".", "secret"])
def test_names_in_a_runs_checksums_are_not_read(tmp_path, monkeypatch, name):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "secret").write_text("secret")
    status = with_checksums({"status": "running"}, folder)
    others = {key: value for key, value in status.items() if key != "sha256"}
    sums = {"config.json": status["sha256"]["config.json"], name: "0"}
    told = {**others, "sha256": {**sums, "run.json": checksums._sum_of_status(others, sums)}}
    asked = []
    monkeypatch.setattr(Path, "read_bytes", lambda path: asked.append(path.name) or b"{}")
    assert damaged(told, folder) == []
    assert asked == ["config.json"]


@pytest.mark.parametrize("name", ["../evil:Class", "/evil:Class", "a/b:Class", "..evil:Class"])
def test_a_method_is_no_path(tmp_path, monkeypatch, name):
    (tmp_path / "evil.py").write_text("raise SystemError('run')")
    monkeypatch.syspath_prepend(str(tmp_path / "inside"))
    with pytest.raises(ValueError, match=r"names a file: give module:Class|cannot be imported"):
        find_method(name)


def test_a_stored_config_cannot_lead_out_of_the_folder_of_runs(tmp_path, capsys):
    for change in ({"preset": "../up"}, {"preset": "a/b"}, {"method": "../up:Class"}):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({**to_dict(PRESETS["smoke"]), **change}))
        with pytest.raises(SystemExit) as stop:
            run_main(["--config", str(path), "--out", str(tmp_path / "out")])
        assert stop.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("column", ["method", "preset"])
def test_names_in_a_runs_table_lead_nowhere(tmp_path, monkeypatch, column):
    out, config = tmp_path / "a" / "out", PRESETS["smoke"]
    drawn = []
    for name in ("curves", "emergence"):
        monkeypatch.setattr(run_figures, name, lambda *_: None)
    monkeypatch.setattr(run_figures, "write_png", lambda _, path: drawn.append(path))
    folders = [RunFolder(out / name) for name in ("run-12345678", "run-23456789")]
    rows = [(0, "R", "linear", "accuracy", 0.5)]
    identity = {"method": "comm", "preset": "smoke", "pairs": "biased", "seed": 0}
    for folder in folders:
        folder.path.mkdir(parents=True)
        named = RunIdentity(**(identity | {column: "../../evil"}))
        folder.write_metrics(named, [Measurement(*row) for row in rows])
    run_figures.write_curves(folders, config, out, None)
    assert drawn[-1] == out / "comm-smoke-s0-1234-2345-curves.png"


@pytest.mark.parametrize("command", [run_main, sweep_main])
def test_help_says_what_runs_a_users_code(command, capsys):
    with pytest.raises(SystemExit):
        command(["--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "package.module:Class" in shown
    assert "runs that module's code" in shown

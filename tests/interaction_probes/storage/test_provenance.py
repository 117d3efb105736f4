import subprocess

import torch

from interaction_probes.storage.provenance import commit, continued, provenance


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_of_a_checkout_is_named(tmp_path):
    file, other = tmp_path / "file.py", tmp_path / "other.py"
    file.write_text("1")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "file.py")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    other.write_text("2")
    assert commit(file) == head
    assert commit(other) is None  # not tracked: as a package in somebody's environment
    commit.cache_clear()
    file.write_text("3")
    assert commit(file) == f"{head}-dirty"


def test_no_checkout_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "file.py").write_text("")
    assert commit(tmp_path / "file.py") is None
    monkeypatch.setenv("PATH", "")
    assert commit(tmp_path / "another.py") is None


def test_a_run_tells_what_made_it():
    told = provenance(torch.device("cpu"))
    assert (told["device"], told["threads"]) == ("cpu", 1)
    assert told["versions"]["torch"] == torch.__version__
    assert told["processor"].endswith(torch.backends.cpu.get_cpu_capability())
    assert "commit" in told


def test_what_changed_between_two_starts_is_told_in_order():
    first = {"precision": "bfloat16", "threads": 2, "versions": {"torch": "2.12"}, "epoch": 3}
    second = {"precision": "float32", "threads": 2, "versions": {"torch": "2.13"}}
    both = continued(first, second)
    assert both == {
        "precision": "bfloat16, then float32",
        "threads": 2,
        "versions": {"torch": "2.12, then 2.13"},
    }
    assert continued(both, second) == both
    assert continued({}, second) == second

"""``.venv`` is made anew only as far as the lock or the project changed, and never holds what the hashes do not allow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.doctor import LOCK_FILE, python_packages
from tests.tools.fakes import Heard, program
from tests.tools.places import ROOT
from tools.part import PartError
from tools.python_env import PythonEnvironment

LOCK = "example==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with lock files and an environment whose Python only tells its version."""
    (tmp_path / "tools" / "locks").mkdir(parents=True)
    for name in ("run", "dev"):
        (tmp_path / "tools" / "locks" / f"{name}.lock").write_text(LOCK, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]", encoding="utf-8")
    program(tmp_path / ".venv" / "bin", "python", "case $* in *version_info*) echo 3.12.4;; *) echo pip $*; exit 0;; esac")
    return tmp_path


def environment(root: Path, *, for_development: bool = True) -> PythonEnvironment:
    return PythonEnvironment(logs=root / "logs", for_development=for_development, root=root)


def pip_calls(root: Path) -> list[str]:
    log = (root / "logs" / "python.log").read_text(encoding="utf-8")
    return [line.split(" install ")[1] for line in log.splitlines() if line.startswith("pip ")]


def test_the_first_time_everything_is_installed_by_hash(root: Path):
    assert environment(root).look().will == ("1 Python packages at the versions of tools/locks/dev.lock, into .venv",)
    said = environment(root).make(Heard())
    assert said == "Python 3.12.4 with the packages of tools/locks/dev.lock"
    assert pip_calls(root) == [
        f"--progress-bar=off --no-deps --require-hashes --requirement {root}/tools/locks/dev.lock",
        "--progress-bar=off --no-deps --no-build-isolation --no-index --editable .",
    ]
    assert environment(root).look().have == said


def test_what_has_not_changed_is_not_installed_again(root: Path):
    environment(root).make(Heard())
    (root / "pyproject.toml").write_text("[project] # changed", encoding="utf-8")
    assert environment(root).look().will == (
        "the siaga24 command anew, because pyproject.toml has changed, into .venv",
    )
    environment(root).make(Heard())
    assert len(pip_calls(root)) == 1, "the command alone"


def test_a_changed_lock_is_installed(root: Path):
    environment(root).make(Heard())
    (root / "tools" / "locks" / "dev.lock").write_text(LOCK.replace("1.0", "1.1"), encoding="utf-8")
    assert environment(root).look().have == ""


def test_the_wider_lock_holds_the_narrower_but_not_the_other_way_round(root: Path):
    (root / "tools" / "locks" / "run.lock").write_text(LOCK.replace("1.0", "0.9"), encoding="utf-8")
    environment(root, for_development=False).make(Heard())
    assert environment(root, for_development=False).look().have.endswith("tools/locks/run.lock")
    assert environment(root).look().have == ""
    environment(root).make(Heard())
    assert environment(root, for_development=False).look().have.endswith("tools/locks/dev.lock")


def test_another_python_in_the_environment_means_installing_again(root: Path):
    environment(root).make(Heard())
    program(root / ".venv" / "bin", "python", "echo 3.13.0")
    assert environment(root).look().have == ""


def test_an_installation_that_was_cut_off_does_not_look_done(root: Path):
    environment(root).make(Heard())
    (root / "tools" / "locks" / "dev.lock").write_text(LOCK.replace("1.0", "1.1"), encoding="utf-8")
    program(root / ".venv" / "bin", "python", "case $* in *version_info*) echo 3.12.4;; *) echo killed; exit 137;; esac")
    with pytest.raises(PartError, match=r"pip install failed \(exit code 137\): killed; look whether pip reaches"):
        environment(root).make(Heard())
    assert environment(root).look().have == ""


@pytest.mark.parametrize("stamp", ["", "not json", "[]", "{}", '{"python": "3.12.4", "lock": 5}'])
def test_an_unreadable_record_means_installing_again(root: Path, stamp: str):
    (root / ".venv" / "siaga24.json").write_text(stamp, encoding="utf-8")
    assert environment(root).look().have == ""


def test_a_file_that_is_not_the_locked_one_is_refused_by_the_real_pip(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A new real environment, and an index that has the name and version but other bytes."""
    (root / ".venv" / "bin" / "python").unlink()
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "example-1.0-py3-none-any.whl").write_bytes(b"something else")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    with pytest.raises(PartError, match="pip install failed") as raised:
        environment(root).make(Heard())
    assert raised.value.log is not None
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in raised.value.log.read_text(encoding="utf-8")
    assert not (root / ".venv" / "siaga24.json").exists()


def test_the_environment_of_these_tests_is_the_locked_one():
    record = json.loads((ROOT / ".venv" / "siaga24.json").read_text(encoding="utf-8"))
    assert record["lock"]["dev"]
    assert python_packages(LOCK_FILE).mend == ""

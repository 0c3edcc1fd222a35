"""The Makefile explains itself, and continuous integration ends what it started and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.places import ROOT


def test_make_alone_prints_every_target_with_its_text():
    done = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True)
    named = re.findall(r"^  make ([a-z-]+) +\S", done.stdout, re.MULTILINE)
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    assert named == phony
    assert {"ready", "demo", "demo-down", "test", "test-fast", "test-long", "lint", "bench", "lock", "clean"} < set(named)


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        ("demo DEMO_SECONDS=60", ["tools/ready --no-dev", ".venv/bin/siaga24 demo --seconds 60"]),
        ("demo", ["tools/ready --no-dev", ".venv/bin/siaga24 demo"]),
        ("bench ONLY=stack_up", ["tools/ready", ".venv/bin/python -m tests.bench stack_up"]),
        ("test-fast PYTEST_ARGS=-x", [
            "tools/ready python peers", '.venv/bin/python -m pytest -n 2 -m "not engine and not long" -x || [ $? = 5 ]',
        ]),
    ],
)
def test_settings_are_passed_on(target: str, commands: list[str]):
    done = subprocess.run(["make", "-n", "-C", ROOT, *target.split()], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in done.stdout.splitlines() if not line.startswith("make")]
    assert lines == commands


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the real ``.ci/run`` and a program that is called dockerd."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    shutil.copy(shutil.which("sleep") or "/bin/sleep", tmp_path / "dockerd")
    return tmp_path


def run_ci(checkout: Path, recipe: str) -> subprocess.CompletedProcess[str]:
    (checkout / "Makefile").write_text(f"test:\n\t{recipe}\n", encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "HOME": str(checkout)}
    return subprocess.run(
        [checkout / ".ci" / "run"], env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        timeout=120,
    )


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("code", [0, 3])
def test_an_engine_that_was_started_is_ended_whatever_the_tests_said(checkout: Path, code: int):
    recipe = f"@./dockerd 300 >/dev/null 2>&1 & echo $$! | tee $$SIAGA24_STARTED pid; echo CI=$$CI; exit {code}"
    done = run_ci(checkout, recipe)
    pid = int((checkout / "pid").read_text(encoding="utf-8"))
    assert (done.returncode == 0) is (code == 0)
    assert "CI=true" in done.stdout
    assert f"ci: ending the Docker engine that was started (process {pid})" in done.stdout
    assert not is_alive(pid)


def test_a_number_that_another_program_has_by_now_is_left_alone(checkout: Path):
    with subprocess.Popen(["sleep", "300"]) as bystander:
        done = run_ci(checkout, f"@echo {bystander.pid} > $$SIAGA24_STARTED")
        try:
            assert done.returncode == 0
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_without_a_started_engine_nothing_is_ended(checkout: Path):
    done = run_ci(checkout, "@echo tests ran")
    assert (done.returncode, done.stdout) == (0, "tests ran\n")

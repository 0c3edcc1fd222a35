"""``siaga24 doctor`` tells what is there with version and origin, what is missing with how to mend it, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.doctor import doctor, python_packages
from stacks.toolchain import PROVIDER_VERSION, PULUMI_VERSION
from tests.tools.fakes import path_before, program, provider_in


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has Pulumi and its provider, and no Docker engine."""
    program(tmp_path / "bin", "pulumi", f"echo v{PULUMI_VERSION}")
    provider_in(tmp_path / "home" / ".pulumi", PROVIDER_VERSION)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SIAGA24_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", path_before(tmp_path / "bin"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, arguments)


def test_what_is_missing_is_told_with_the_way_to_mend_it_and_exit_code_1(machine: Path):
    result = run()
    assert result.exit_code == 1
    lines = [line.split() for line in result.output.splitlines()]
    assert ["ok", "Pulumi", "CLI", PULUMI_VERSION, "PATH"] in lines
    assert ["ok", "docker", "provider", PROVIDER_VERSION, "Pulumi", "home"] in lines
    assert ["missing", "Docker", "engine", "-", "-"] in lines
    assert f'- no Docker engine: unix://{machine}/none.sock does not exist; start it ("systemctl start docker")' in result.output


def test_programs_get_the_same_with_the_paths(machine: Path):
    result = run("--json")
    told = json.loads(result.output)
    items = {item["name"]: item for item in told["items"]}
    assert (result.exit_code, told["version"], told["ready"]) == (1, 1, False)
    assert items["Pulumi CLI"] == {
        "name": "Pulumi CLI", "version": PULUMI_VERSION, "origin": "PATH", "path": str(machine / "bin" / "pulumi"), "mend": "",
    }
    assert items["Docker engine"]["mend"].startswith("no Docker engine")


def test_a_missing_pulumi_does_not_hide_the_rest(machine: Path):
    (machine / "bin" / "pulumi").unlink()
    items = {item["name"]: item for item in json.loads(run("--json").output)["items"]}
    assert 'run "make ready"' in items["Pulumi CLI"]["mend"]
    assert items["docker provider"]["mend"] == ""


@pytest.mark.parametrize(
    ("lock", "version", "mend"),
    [
        ("click=={click} \\\n    --hash=sha256:00\n", "1 as locked", ""),
        (
            "click==0.1 \\\n    --hash=sha256:00\nno-such-package==2.0 \\\n",
            "0 of 2 as locked",
            'click is {click} (locked: 0.1), no-such-package is missing (locked: 2.0); run "make ready"',
        ),
        ("click=={click} \\\npywin32==312 ; sys_platform == 'win32' \\\n", "1 as locked", ""),
    ],
)
def test_packages_are_compared_with_the_lock(tmp_path: Path, lock: str, version: str, mend: str):
    from importlib.metadata import version as installed  # noqa: PLC0415 - the word is taken above

    (tmp_path / "run.lock").write_text(lock.format(click=installed("click")), encoding="utf-8")
    item = python_packages(tmp_path / "run.lock")
    assert (item.version, item.mend) == (version, mend.format(click=installed("click")))


@pytest.mark.engine
def test_a_ready_machine_is_told_so_with_its_images():
    result = run()
    assert result.exit_code == 0, result.output
    assert "siaga24/haproxy:2.6" in result.output
    assert "siaga24/postgres:15" in result.output
    assert "Everything that a stack and the monitor need is here." in result.output

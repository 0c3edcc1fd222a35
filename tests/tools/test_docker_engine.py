"""The engine that answers is left alone; one that may not be installed here is a sentence; a stale pid file is no trap."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tools.fakes import Heard, path_before, program
from tools import command, docker_engine
from tools.docker_engine import DockerPart, remove_stale_pid_file
from tools.part import PartError


def test_an_engine_that_was_named_and_does_not_answer_is_never_replaced(tmp_path: Path):
    finding = DockerPart(logs=tmp_path, environ={"DOCKER_HOST": f"unix://{tmp_path}/s"}).look()
    assert (finding.have, finding.will, finding.packages) == ("", (), ())
    assert finding.blocked.startswith(f"no Docker engine: unix://{tmp_path}/s does not exist; start it")


@pytest.fixture
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root machine whose usual socket is not there, and a folder whose programs stand for the system's."""
    monkeypatch.setattr("stacks.docker_host.DEFAULT_HOST", f"unix://{tmp_path}/s")
    monkeypatch.setattr(docker_engine, "DEFAULT_HOST", f"unix://{tmp_path}/s")
    monkeypatch.setattr(docker_engine, "SYSTEM_PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(docker_engine, "PID_FILE", tmp_path / "docker.pid")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path / "bin"


def test_a_bare_debian_machine_gets_the_engine_of_its_release(tmp_path: Path, no_engine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tools.debian.may_install", lambda: True)
    finding = DockerPart(logs=tmp_path, environ={}).look()
    assert "docker.io" in finding.packages
    assert finding.will == ("the Docker engine of Debian or Ubuntu (package docker.io), started",)


def test_an_installed_engine_is_only_started(tmp_path: Path, no_engine: Path):
    program(no_engine, "dockerd", "exit 0")
    finding = DockerPart(logs=tmp_path, environ={}).look()
    assert finding.packages == ()
    assert "only has to be started" in finding.will[0]


def test_an_ordinary_user_learns_how_to_start_one(tmp_path: Path, no_engine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert 'start it ("systemctl start docker")' in DockerPart(logs=tmp_path, environ={}).look().blocked


def test_an_engine_that_dies_at_once_names_its_log(tmp_path: Path, no_engine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docker_engine, "SYSTEMD", tmp_path / "no systemd")
    monkeypatch.setattr(docker_engine, "SYSTEM_PATH", path_before(no_engine))
    monkeypatch.setattr(command, "SYSTEM_PATH", path_before(no_engine))
    program(no_engine, "dockerd", "echo failed to mount overlay >&2; exit 1")
    with pytest.raises(PartError, match="dockerd ended at once with exit code 1; its log says why") as raised:
        DockerPart(logs=tmp_path, environ={}).make(Heard())
    assert raised.value.log == tmp_path / "dockerd.log"
    assert "failed to mount overlay" in (tmp_path / "dockerd.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("comm", ["sshd", None])
def test_the_pid_file_of_an_engine_that_is_gone_is_removed(tmp_path: Path, comm: str | None):
    (tmp_path / "docker.pid").write_text("4711", encoding="utf-8")
    if comm:
        (tmp_path / "proc" / "4711").mkdir(parents=True)
        (tmp_path / "proc" / "4711" / "comm").write_text(f"{comm}\n", encoding="utf-8")
    remove_stale_pid_file(tmp_path / "docker.pid", tmp_path / "proc")
    assert not (tmp_path / "docker.pid").exists()


def test_the_pid_file_of_a_running_engine_stays(tmp_path: Path):
    (tmp_path / "docker.pid").write_text("4711", encoding="utf-8")
    (tmp_path / "proc" / "4711").mkdir(parents=True)
    (tmp_path / "proc" / "4711" / "comm").write_text("dockerd\n", encoding="utf-8")
    remove_stale_pid_file(tmp_path / "docker.pid", tmp_path / "proc")
    assert (tmp_path / "docker.pid").exists()

"""The gateway image, hardened as a stack runs it: reads a mounted folder, without root, and ends softly."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

pytestmark = pytest.mark.engine

IMAGE = "siaga24/haproxy:2.6"
POLL_S = 0.2
GOOD = """
defaults
    mode http
    timeout client 2s
    timeout server 2s
    timeout connect 1s
frontend f
    bind :80
    http-request return status 200 content-type text/plain string answered
"""


@pytest.fixture
def container(engine: docker.DockerClient, tmp_path: Path, mark: str) -> Iterator[Container]:
    for folder in (tmp_path, *tmp_path.parents[:2]):  # pytest closes its folders to other users
        folder.chmod(0o755)
    made = engine.containers.create(
        IMAGE, name=f"{mark}-{secrets.token_hex(4)}", read_only=True, cap_drop=["ALL"], tmpfs={"/tmp": ""},
        security_opt=["no-new-privileges"], mem_limit="128m", pids_limit=64, network_mode="none",
        volumes={str(tmp_path): {"bind": "/etc/siaga24/haproxy", "mode": "ro"}},
    )
    yield made
    made.remove(force=True)


def test_every_file_of_the_folder_is_read_and_port_80_needs_no_root(container: Container, tmp_path: Path):
    (tmp_path / "10-global.cfg").write_text("global\n    stats socket /tmp/s\n", encoding="utf-8")
    (tmp_path / "20-front.cfg").write_text(GOOD, encoding="utf-8")
    container.start()
    while container.exec_run(["test", "-S", "/tmp/s"]).exit_code != 0:
        time.sleep(POLL_S)
        container.reload()
        assert container.status == "running", container.logs().decode()
    assert container.exec_run(["id", "-u"]).output == b"10001\n"
    request = "exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    assert b"answered" in container.exec_run(["bash", "-c", request]).output
    container.stop(timeout=20)
    assert container.wait()["StatusCode"] == 0


def test_a_broken_configuration_ends_it_and_names_the_line(container: Container, tmp_path: Path):
    (tmp_path / "a.cfg").write_text(GOOD.replace("mode http", "mood http"), encoding="utf-8")
    container.start()
    assert container.wait(timeout=30)["StatusCode"] == 1
    assert "a.cfg:3] : unknown keyword 'mood' in 'defaults' section" in container.logs().decode()

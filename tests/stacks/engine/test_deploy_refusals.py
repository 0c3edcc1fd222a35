"""What ``stack up`` refuses on the real engine, each with a sentence that says what to do, and nothing changed."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from stacks.lock import hold_stack
from stacks.toolchain import Toolchain
from tests.stacks.engine.deploying import Deploying, deploying

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, toolchain: Toolchain,
) -> Iterator[Deploying]:
    place = deploying(tmp_path_factory.mktemp("refusals") / "w", "dep-tolak", 1, engine)
    place.up()
    yield place
    place.clear()


@pytest.fixture(autouse=True)
def nothing_changes(place: Deploying) -> Iterator[None]:
    """Whatever is refused: the same containers run on, and a following ``up`` finds nothing to mend."""
    before = {(c.id, c.status) for c in place.containers()}
    yield
    place.define()
    assert {(c.id, c.status) for c in place.containers()} == before


def test_everything_that_is_wrong_is_told_at_once(place: Deploying) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        place.define(service={"image": "siaga24/python:9.9"}, gateway={"bind": "127.0.0.1", "https_port": port})
        refused = place.up(code=1)
    assert "image siaga24/python:9.9: not on the engine; there are siaga24/python:3.11; load it" in refused.stderr
    assert f"port {port} of 127.0.0.1 is taken by" in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr
    assert "preflight failed" in refused.stderr


def test_a_port_that_another_container_publishes_names_it(place: Deploying) -> None:
    holder = place.engine.containers.run(
        "siaga24/python:3.11", ["sleep", "60"], name=f"{place.code}-lain", detach=True, ports={"80/tcp": ("127.0.0.1", 21888)},
    )
    try:
        place.define(gateway={"bind": "127.0.0.1", "https_port": 21888})
        refused = place.up(code=1)
    finally:
        holder.remove(force=True)
    assert f"port 21888 of 127.0.0.1 is taken by container {place.code}-lain" in refused.stderr


def test_a_subnet_of_another_network_is_refused(place: Deploying) -> None:
    pool = docker.types.IPAMPool(subnet="10.125.240.0/24")
    network = place.engine.networks.create(f"{place.code}-lain", ipam=docker.types.IPAMConfig(pool_configs=[pool]))
    file = place.folder / f"{place.code}.yaml"
    try:
        file.write_text(file.read_text(encoding="utf-8").replace(place.subnet, "10.125.240.64/26"), encoding="utf-8")
        refused = place.up(code=1)
    finally:
        network.remove()
    assert f"10.125.240.64/26 overlaps 10.125.240.0/24 of network {place.code}-lain" in refused.stderr


def test_a_wrong_passphrase_is_told_and_overwrites_nothing(place: Deploying) -> None:
    path, config = place.state / "passphrase", place.state / "pulumi" / place.code / f"Pulumi.{place.code}.yaml"
    right, kept = path.read_bytes(), config.read_bytes()
    try:
        path.write_bytes(b"bukan yang ini\n")
        refused = place.up(code=1)
    finally:
        path.write_bytes(right)
    assert f"{path}: this passphrase does not open the secrets of stack '{place.code}'" in refused.stderr
    assert config.read_bytes() == kept
    place.up()


def test_a_missing_or_open_passphrase_file_is_told(place: Deploying) -> None:
    path = place.state / "passphrase"
    aside = path.rename(path.with_name("aside"))
    try:
        assert "the passphrase file is missing, but stacks encrypted with it exist" in place.up(code=1).stderr
        assert not path.exists()
    finally:
        aside.rename(path)
    path.chmod(0o644)
    try:
        assert f"type: chmod 600 {path}" in place.up(code=1).stderr
    finally:
        path.chmod(0o600)


def test_a_second_command_at_the_same_time_is_refused_and_names_the_first(place: Deploying) -> None:
    with hold_stack(place.state, place.code, "stack up in a test"):
        for command in ("up", "preview", "destroy"):
            refused = place.siaga24("stack", command, place.code, code=1)
            assert f'is busy: process {os.getpid()} on {socket.gethostname()} ("stack up in a test", since' in refused.stderr
    place.siaga24("stack", "outputs", place.code)


def test_another_engine_behind_the_address_is_refused_for_up_and_destroy(place: Deploying) -> None:
    path = place.state / "stacks" / f"{place.code}.json"
    record = path.read_text(encoding="utf-8")
    try:
        path.write_text(json.dumps({**json.loads(record), "engine_id": "LAIN:LAIN:LAIN", "engine_name": "lama"}), encoding="utf-8")
        for command in ("up", "destroy"):
            refused = place.siaga24("stack", command, place.code, code=1)
            assert f'stack "{place.code}" lives on engine LAIN:LAIN:LAIN (lama' in refused.stderr
            assert "--accept-loss" in refused.stderr
    finally:
        path.write_text(record, encoding="utf-8")


def test_an_engine_that_is_not_there_is_told_with_its_address(place: Deploying) -> None:
    settings = place.folder / "siaga24.yaml"
    text = settings.read_text(encoding="utf-8")
    try:
        settings.write_text(text.replace("/var/run/docker.sock", "/nowhere/docker.sock"), encoding="utf-8")
        refused = place.up(code=1)
    finally:
        settings.write_text(text, encoding="utf-8")
    assert "Docker engine unix:///nowhere/docker.sock: there is no such socket; expected a running Docker engine" in refused.stderr


def test_a_missing_cli_and_a_missing_provider_are_told_together(place: Deploying, tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin", "PULUMI_HOME": str(tmp_path / "home"), "SIAGA24_CACHE": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    refused = place.siaga24("stack", "up", place.code, code=1, environment=environment)
    assert "no Pulumi CLI of version" in refused.stderr
    assert "no Pulumi docker provider" in refused.stderr
    assert 'run "make ready"' in refused.stderr


def test_the_same_code_in_another_workspace_is_refused_and_touches_nothing(place: Deploying, tmp_path: Path) -> None:
    stranger = Deploying(folder=tmp_path / "lain", code=place.code, number=place.number, engine=place.engine)
    stranger.folder.mkdir()
    (stranger.folder / "siaga24.yaml").write_bytes((place.folder / "siaga24.yaml").read_bytes())
    stranger.define()
    refused = stranger.up(code=1)
    assert f"containers of an agency of that code which this state folder did not make (siaga24_{place.code}_" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_under_the_state_folder_is_told_before_anything_is_made(place: Deploying, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    assert os.system(f"mount -t tmpfs -o size=8m tmpfs {small}") == 0  # noqa: S605
    try:
        refused = place.siaga24("stack", "up", place.code, "--state", str(small / "state"), code=1)
    finally:
        os.system(f"umount {small}")  # noqa: S605
    assert f"the state folder {small / 'state'}: 7 MiB are free; expected 32 MiB at least; free space" in refused.stderr

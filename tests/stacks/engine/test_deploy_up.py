"""``stack up`` on the real engine: from nothing to an answer, again without a change, and back from what hands did."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from monitors.core.document import from_document
from stacks.outside import Door, ask
from stacks.toolchain import Toolchain
from tests.stacks.certs import make, write
from tests.stacks.engine.deploying import Deploying, deploying

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, toolchain: Toolchain,
) -> Iterator[Deploying]:
    place = deploying(tmp_path_factory.mktemp("up") / "w", "dep-naik", 0, engine)
    first = place.summary("up")
    assert (first["created"], first["same"]) == (6, 0)
    yield place
    place.clear()


def contents(folder: Path) -> dict[str, str]:
    """Digest every file of a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_first_up_leaves_outputs_and_targets_for_the_monitor(place: Deploying) -> None:
    shown = json.loads(place.siaga24("stack", "outputs", place.code, "--json").stdout)
    assert shown["gate"] == "passed"
    assert shown["endpoints"]["situs"]["url"] == f"https://situs.{place.code}.example:{place.port}"
    assert shown["engine"] == place.engine.info()["ID"]
    target, = from_document(json.loads(Path(shown["targets_file"]).read_text(encoding="utf-8")))
    assert (target.key, target.connect_to) == (f"{place.code}/situs", f"127.0.0.1:{place.port}")
    assert target.ca_pem == (place.state / "ca" / "ca.pem").read_text(encoding="ascii")


def test_a_second_up_changes_nothing(place: Deploying) -> None:
    before = {c.id for c in place.containers()}
    second = place.summary("up")
    assert [second[word] for word in ("created", "updated", "replaced", "deleted", "same")] == [0, 0, 0, 0, 6]
    assert {c.id for c in place.containers()} == before


def test_a_preview_touches_no_file_of_the_state(place: Deploying) -> None:
    before = contents(place.state)
    place.siaga24("stack", "preview", place.code, "--expect-no-changes")
    place.define(service={"env": {"WARNA": "biru"}})
    changed = place.summary("preview")
    assert changed["replaced"] == 1
    refused = place.siaga24("stack", "preview", place.code, "--expect-no-changes", code=1)
    assert "up would change 1 resources; expected none" in refused.stderr
    place.define()
    assert contents(place.state) == before


def test_a_container_that_was_removed_by_hand_is_made_again(place: Deploying) -> None:
    replica, = place.containers("replica")
    replica.remove(force=True)
    done = place.up()
    assert "replica 1 of situs was removed by hand" in done.stderr
    place.assert_whole()


def test_a_container_that_was_stopped_by_hand_is_started_again(place: Deploying) -> None:
    replica, = place.containers("replica")
    replica.stop()
    done = place.up()
    assert "nothing changed" in done.stdout
    again, = place.containers("replica")
    assert (again.id, again.status) == (replica.id, "running")


def test_lines_for_programs_are_json_from_the_first_to_the_summary(place: Deploying) -> None:
    lines = [json.loads(line) for line in place.up("--json").stdout.splitlines()]
    assert [line["phase"] for line in lines if line["type"] == "phase" and line["state"] == "done"] == [
        "preflight", "pulumi", "gate",
    ]
    assert lines[-1]["type"] == "summary"
    assert set(lines[-1]["seconds"]) == {"preflight", "pulumi", "gate", "total"}


def test_a_supplied_certificate_is_served_without_making_the_gateway_anew(place: Deploying) -> None:
    host = f"situs.{place.code}.example"
    began = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    root = make("Akar Uji", is_ca=True, start=began)
    cert_file, key_file = write(place.folder, make("host", signer=root, hosts=(host,), start=began), root)
    gateway, = place.containers("gateway")
    supplied = {"cert": str(cert_file), "key": str(key_file)}
    place.define(gateway={"bind": "127.0.0.1", "https_port": place.port, "certificate": supplied})
    done = place.up()
    assert "container gateway: reloaded" in done.stderr
    door = Door(
        service="situs", base_url=f"https://{host}:{place.port}", connect_to=f"127.0.0.1:{place.port}",
        ca_pem=root.pem.decode(), path="/",
    )
    assert ask(door) == ""
    again, = place.containers("gateway")
    assert again.id == gateway.id
    assert "nothing changed" in place.up().stdout
    key_file.write_bytes(make("lain").key_pem)
    assert "the private key does not belong to the first certificate" in place.up(code=1).stderr
    place.define()
    assert "container gateway: reloaded" in place.up().stderr


def test_the_processes_are_limited_though_the_provider_knows_no_such_limit(place: Deploying) -> None:
    for container in place.containers():
        container.reload()
        assert container.attrs["HostConfig"]["PidsLimit"] == 128, container.name

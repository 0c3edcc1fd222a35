"""No secret that was made for an agency is found where others can read; and the search would find one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pulumi
import pytest
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from pulumi import automation

from stacks.toolchain import Toolchain
from tests.factories import write_workspace
from tests.scenarios.command import siaga24
from tests.scenarios.engine_things import containers, gateway_says, remove_leftovers
from tests.scenarios.places import (
    Place,
    ProcessWatch,
    engine_places,
    exported_state,
    metrics_place,
    state_places,
)
from tests.scenarios.secret_scan import scan
from tests.scenarios.secrets_of import handed_secrets, kept_secrets, pulumi_variables
from tests.scenarios.stage import FIRST, SECOND, SERVICE, Stage

pytestmark = pytest.mark.engine

CANARY = "kenari-Q7v9Zr2Lx8Tn4Wb6"
PLANTED = "e2e-tanam"
METRICS_PORT = 23991


def found_in(places: Iterator[Place] | list[Place]) -> set[str]:
    return {finding.place for finding in scan({"canary": CANARY}, places)}


def test_a_secret_planted_in_a_state_is_found_in_its_export_and_its_files(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "pulumi").mkdir()
    (tmp_path / "passphrase").touch(mode=0o600)
    (tmp_path / "passphrase").write_text("sandi-uji", encoding="utf-8")
    stack = automation.create_or_select_stack(
        "tanam", project_name="siaga24", program=lambda: pulumi.export("planted", CANARY),
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(tmp_path / "pulumi"), env_vars=toolchain.environment | pulumi_variables(tmp_path),
            pulumi_command=automation.PulumiCommand(root=toolchain.pulumi_root),
            project_settings=automation.ProjectSettings(name="siaga24", runtime="python"),
        ),
    )
    stack.up()
    export = exported_state(toolchain, tmp_path / "pulumi", pulumi_variables(tmp_path), "tanam")
    assert found_in([export]) == {"exported state of tanam"}
    assert any(place.startswith("state file") for place in found_in(state_places(tmp_path)))


def test_a_secret_planted_in_a_container_is_found_in_inspect_and_log(engine: docker.DockerClient) -> None:
    remove_leftovers(engine, PLANTED)
    try:
        engine.containers.run(
            "siaga24/python:3.11", ["sh", "-c", "echo $PLANT"], entrypoint="", environment={"PLANT": CANARY},
            labels={"siaga24.agency": PLANTED}, name=PLANTED, network_mode="none",
        )
        assert found_in(engine_places(engine, PLANTED)) == {f"docker inspect of {PLANTED}", f"log of {PLANTED}"}
    finally:
        remove_leftovers(engine, PLANTED)


def test_a_secret_planted_in_a_metric_is_found() -> None:
    registry = CollectorRegistry()
    Gauge("planted", "A canary.", ["value"], registry=registry).labels(CANARY).set(1)
    server, thread = start_http_server(METRICS_PORT, "127.0.0.1", registry)
    try:
        url = f"http://127.0.0.1:{METRICS_PORT}/metrics"
        assert found_in([metrics_place(url)]) == {f"metrics at {url}"}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_secret_planted_in_the_command_line_of_a_short_lived_process_is_found() -> None:
    with ProcessWatch() as watch:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.5)", CANARY], check=True)
    assert found_in([watch.place()]) == {"process list"}


def test_a_secret_planted_in_an_error_text_is_found(tmp_path: Path) -> None:
    workspace = write_workspace(tmp_path / "workspace")
    done = siaga24("stack", "outputs", CANARY.lower(), workspace=workspace, code=2)
    assert {finding.place for finding in scan({"canary": CANARY.lower()}, [("error text", done.stderr)])} == {
        "error text",
    }


def test_nothing_tells_a_secret_of_a_real_agency(stage: Stage) -> None:
    with ProcessWatch() as watch:
        tell_everything(stage)
    secrets: dict[str, str] = {"passphrase": (stage.state / "passphrase").read_text(encoding="utf-8")}
    for code in (FIRST, SECOND):
        handed, kept = handed_secrets(stage.engine, code), kept_secrets(stage.toolchain, stage.state, code)
        assert {name.rpartition(" ")[2] for name in handed} >= {"SECRET_KEY", "DATABASE_URL", "gateway.pem"}, handed.keys()
        assert set(handed.values()) & set(kept.values()), "not one kept secret is handed to a container"
        secrets |= {f"{code} {name}": value for name, value in (handed | kept).items()}
    findings = scan(secrets, [*places(stage), watch.place()])
    assert findings == [], "\n".join(str(finding) for finding in findings)


def tell_everything(stage: Stage) -> None:
    """Do what makes the toolkit talk: good commands, and those that fail at a moment when secrets are at hand."""
    stage.siaga24("stack", "preview", FIRST)
    stage.siaga24("stack", "up", FIRST, "--json")
    stage.siaga24("stack", "outputs", FIRST, "--json")
    stage.siaga24("agency", "show", FIRST)
    stage.siaga24("monitor", "once", f"{FIRST}/{SERVICE}")
    stage.siaga24("sla", "show")
    stage.siaga24("doctor", code=None)
    # A release that cannot start: its last log lines stand in the error.
    stage.define(FIRST, env='{AGENCY_NAME: Dinas, OFFICE_NAME: Kantor, DRAIN_SECONDS: "-1"}')
    try:
        failed = stage.siaga24("stack", "up", FIRST, code=1)
    finally:
        stage.define(FIRST)
        stage.up(FIRST)
    assert "DRAIN_SECONDS" in failed.told
    # A passphrase that does not fit.
    passphrase = stage.state / "passphrase"
    right = passphrase.read_bytes()
    try:
        passphrase.write_bytes(b"bukan-sandi-yang-benar\n")
        stage.siaga24("stack", "up", FIRST, code=1)
    finally:
        passphrase.write_bytes(right)
    # A database that refuses: what the service says of it, and what the monitor then says of the service.
    database, = containers(stage.engine, FIRST, "database")
    database.stop()
    try:
        stage.siaga24("monitor", "once", f"{FIRST}/{SERVICE}", code=1)
    finally:
        database.start()
    stage.until_verdict(FIRST, "up")


def places(stage: Stage) -> Iterator[Place]:
    yield from state_places(stage.state)
    for code in (FIRST, SECOND):
        work_dir = stage.state / "pulumi" / code
        yield exported_state(stage.toolchain, work_dir, pulumi_variables(stage.state), code)
        yield from engine_places(stage.engine, code)
        yield f"metrics of the gateway of {code}", gateway_says(stage.engine, code, "/metrics")
    yield metrics_place(f"http://{stage.listen}/metrics")
    yield "log of the monitor", stage.monitor_log.read_bytes()
    assert stage.monitor is not None
    yield "environment of the monitor", Path(f"/proc/{stage.monitor.pid}/environ").read_bytes()
    yield from stage.told

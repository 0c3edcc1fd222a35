"""A release that is not well: it fails early with its log, the old one serves on, and no second ``up`` turns green."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import docker
import pytest

from stacks.outside import Door, ask
from stacks.toolchain import Toolchain
from tests.stacks.engine.deploying import ENDS, Deploying, deploying

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

BROKEN_FRONT = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.client_address[0] == "127.0.0.1" else 500)
        self.send_header("Content-Length", "0"); self.end_headers()
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever()
"""


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, toolchain: Toolchain,
) -> Iterator[Deploying]:
    place = deploying(tmp_path_factory.mktemp("health") / "w", "dep-sakit", 2, engine)
    place.up()
    yield place
    place.clear()


def answer(place: Deploying) -> str:
    """Ask the service from outside; "" if it answers 200."""
    ca_pem = (place.state / "ca" / "ca.pem").read_text(encoding="ascii")
    host = f"situs.{place.code}.example"
    return ask(Door(
        service="situs", base_url=f"https://{host}:{place.port}", connect_to=f"127.0.0.1:{place.port}", ca_pem=ca_pem,
        path="/healthz",
    ))


def gate(place: Deploying) -> tuple[str, str]:
    shown = json.loads(place.siaga24("stack", "outputs", place.code, "--json").stdout)
    return shown["gate"], shown["failure"]


def test_a_release_that_ends_fails_within_seconds_again_and_again_until_it_is_mended(place: Deploying) -> None:
    old, = place.containers("replica")
    place.define(ENDS)
    began = time.monotonic()
    first = place.up(code=1)
    # Whichever the engine says between the end and the restart that comes at once.
    ending = r"replica 1 of situs: (keeps ending|ended) with code 3"
    assert re.search(ending, first.stderr)
    assert "| cannot start: no configuration" in first.stderr
    assert "pulumi failed" in first.stderr
    assert time.monotonic() - began < 60, "it was not waited for until its 30 s were over, twice"
    assert "stopped replica 1 of situs: what served before serves alone" in first.stderr
    assert [c.status for c in place.containers("replica") if c.id != old.id] == ["exited"]
    assert answer(place) == "", "the old release serves on"
    assert gate(place)[0] == "unverified"
    assert re.search(ending, gate(place)[1])

    second = place.up("--json", code=1)
    assert re.search(ending, second.stderr)
    last = json.loads(second.stdout.splitlines()[-1])
    assert (last["type"], last["exit_code"]) == ("error", 1)
    assert "cannot start: no configuration" in last["log_lines"]
    assert answer(place) == ""
    old.reload()
    assert old.status == "running"

    place.define()
    place.up()
    assert gate(place) == ("passed", "")
    assert answer(place) == ""
    place.assert_whole()
    assert len(place.containers("replica")) == 1


def test_a_job_that_fails_stops_the_release_before_any_replica_of_it(place: Deploying) -> None:
    old = {str(c.id) for c in place.containers("replica")}
    place.define(service={"jobs": {"siap": {"command": ["python3", "-c", 'print("no table"); raise SystemExit(4)']}}})
    failed = place.up(code=1)
    assert "job siap of situs: failed with code 4" in failed.stderr
    assert "| no table" in failed.stderr
    assert {str(c.id) for c in place.containers("replica")} == old
    assert "job siap of situs: failed with code 4" in place.up(code=1).stderr, "a second up runs it again, and it fails again"
    place.define()
    place.up()
    place.assert_whole()


def test_containers_that_are_well_inside_only_are_not_enough(place: Deploying) -> None:
    place.define(BROKEN_FRONT)
    failed = place.up(code=1)
    assert "does not find" in failed.stderr or "it answers status 5" in failed.stderr
    assert gate(place)[0] == "unverified"
    assert place.up(code=1).code == 1, "a second up fails again"
    place.define()
    place.up()
    assert (gate(place), answer(place)) == (("passed", ""), "")

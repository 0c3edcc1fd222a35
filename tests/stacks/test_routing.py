"""A gateway is brought onto its configuration: checked first, reloaded only where it must, replicas waited for."""
# ruff: noqa: ARG002 - the methods have the signatures of the engine's

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from infra.gateway import ask, check
from infra.hooks import FileEntry, GatewayState, VolumeFiles
from infra.spec import Sensitive
from monitors.core.errors import StackError, UnhealthyError
from stacks.engine import Engine
from stacks.engine_containers import Answer
from stacks.redaction import Redactor
from stacks.routing import Routing
from stacks.session import Session
from tests.stacks.fake_engine import BEGAN, FakeEngine, a_container
from tests.stacks.test_gate import Clock, Steps

FILES = VolumeFiles(
    volume="v", image="sha256:0", uid=1, gid=1, digest="new",
    files=(FileEntry(path="new/haproxy.cfg", content=Sensitive("global")),), links=(("current", "new"),),
)
WANTED = GatewayState(container_id="gateway", files=FILES, backends=(("antrean", ("r1",)),))
STATS = "# pxname,svname,addr,status\nantrean,antrean1,10.0.0.5:8000,{status}\n"


class Gateway(FakeEngine):
    """A running gateway: answers on its inner port, checks configurations, reloads on USR2."""

    digest = "old"
    check_code = 0
    reloads = True
    status = "UP"

    def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = 30) -> Answer:
        if tuple(command) == check("new"):
            self.did.append(("check",))
            return Answer(code=self.check_code, out=b"", err=b"[ALERT] bad word rahasia-besar")
        body = self.digest if tuple(command) == ask("/digest") else STATS.format(status=self.status)
        return Answer(code=0, out=f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode(), err=b"")

    def put_tar(self, container_id: str, folder: str, archive: bytes) -> None:
        self.did.append(("write", b"current" in archive))

    def signal(self, container_id: str, name: str) -> None:
        self.did.append(("signal", name))
        if self.reloads:
            self.digest = "new"


def route(engine: Gateway) -> Steps:
    clock, steps = Clock(), Steps()
    engine.others = (a_container(id="r1", name="antrean_1", networks={"app": "10.0.0.5"}),)
    session = Session(
        code="dinkes", state=Path("/s"), engine=cast("Engine", engine), began=BEGAN, began_s=0.0,
        progress=steps, interrupts=clock, redact=Redactor(["rahasia-besar"]), clock=clock,
    )
    Routing(session, {}).route(WANTED)
    return steps


def test_a_gateway_that_is_where_it_should_be_is_left_alone() -> None:
    engine = Gateway()
    engine.digest = "new"
    assert route(engine).steps == []
    assert engine.did == []


def test_a_changed_configuration_is_written_beside_checked_made_current_and_reloaded() -> None:
    engine = Gateway()
    steps = route(engine)
    assert engine.did == [("write", False), ("check",), ("write", True), ("signal", "USR2")]
    assert [step.action for step in steps.steps] == ["reload", "reload"]


def test_a_refused_configuration_changes_nothing_and_its_text_is_redacted() -> None:
    engine = Gateway()
    engine.check_code = 1
    with pytest.raises(StackError, match=r"HAProxy refuses the new configuration .*\[secret\].*still runs on the one") as caught:
        route(engine)
    assert "rahasia" not in str(caught.value)
    assert engine.did == [("write", False), ("check",)]


def test_a_reload_that_does_not_take_is_told() -> None:
    engine = Gateway()
    engine.reloads = False
    with pytest.raises(UnhealthyError, match="20 s after its reload it still runs on the configuration before"):
        route(engine)


def test_a_replica_that_the_gateway_does_not_find_well_is_named() -> None:
    engine = Gateway()
    engine.digest, engine.status = "new", "DOWN"
    with pytest.raises(UnhealthyError, match="does not find antrean_1 well"):
        route(engine)


def test_a_gateway_that_does_not_answer_is_told_with_what_the_command_left() -> None:
    class Silent(Gateway):
        def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = 30) -> Answer:
            return Answer(code=1, out=b"", err=b"bash: connect: rahasia-besar")

    with pytest.raises(StackError, match=r"\(exit code 1: bash: connect: \[secret\]\), for 30 s; expected it to answer /digest"):
        route(Silent())


@pytest.mark.parametrize("path", ["/digest", "/stats;csv"])
def test_an_answer_that_is_late_or_lost_is_asked_for_again(path: str) -> None:
    class Hesitant(Gateway):
        asked = 0

        def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = 30) -> Answer:
            if tuple(command) == ask(path):
                self.asked += 1
                if self.asked < 3:
                    return Answer(code=-1, out=b"", err=b"no answer within 10 s")
            return super().run_in(container_id, command, timeout_s=timeout_s)

    engine = Hesitant()
    engine.digest = "new"
    assert route(engine).steps == []
    assert engine.asked == 3


def test_a_gateway_that_has_ended_is_not_asked_again() -> None:
    class Ended(Gateway):
        def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = 30) -> Answer:
            self.did.append(("ask",))
            raise StackError("command in gateway: it is not running")

    engine = Ended()
    with pytest.raises(StackError, match="is not running"):
        route(engine)
    assert engine.did == [("ask",)]

"""Who stands back after a failed release: the new beside the old, never the old, never a database or gateway."""

from __future__ import annotations

from typing import cast

from infra.naming import Label
from monitors.core.errors import ToolchainError
from stacks.engine import Engine
from stacks.engine_facts import ContainerFacts
from stacks.standback import new_beside_old, stand_back
from tests.stacks.fake_engine import BEGAN, FakeEngine, a_container, stamp


def one(name: str, component: str, seconds: float, *, service: str = "antrean", status: str = "running") -> ContainerFacts:
    labels = {Label.AGENCY: "dinkes", Label.SERVICE: service, Label.COMPONENT: component, Label.NAME: name}
    return a_container(
        id=name, name=name, created=stamp(seconds), status=status, labels={str(k): v for k, v in labels.items()},
    )


OLD = one("old", "replica", -60)
NEW = one("new", "replica", 1)
LOOPING = one("looping", "replica", 2, status="restarting")
WORKER = one("worker", "worker", 3)
OTHERS = (one("database", "database", 1), one("gateway", "gateway", 1, service=""), one("job", "job", 1))


def names(*containers: ContainerFacts) -> list[str]:
    return [facts.name for facts in new_beside_old(containers, BEGAN)]


def test_new_replicas_and_workers_stand_back_where_an_old_replica_serves() -> None:
    assert names(OLD, NEW, LOOPING, WORKER, *OTHERS) == ["new", "looping", "worker"]


def test_a_first_release_stays_as_far_as_it_came() -> None:
    assert names(NEW, LOOPING, WORKER, *OTHERS) == []


def test_a_service_without_an_old_replica_stays_though_its_neighbour_has_one() -> None:
    assert names(OLD, one("neighbour", "replica", 1, service="vaksin")) == []


def test_an_old_replica_that_does_not_run_serves_nobody() -> None:
    assert names(one("old", "replica", -60, status="exited"), NEW) == []


def test_those_that_have_ended_need_not_be_stopped() -> None:
    assert names(OLD, one("ended", "replica", 1, status="exited")) == []


def test_they_are_stopped_and_named_for_people() -> None:
    engine = FakeEngine(others=(OLD, NEW))
    assert stand_back(cast("Engine", engine), "dinkes", BEGAN) == ("new",)
    assert engine.did == [("stop", "new")]


def test_an_engine_that_is_gone_does_not_hide_what_failed() -> None:
    class Gone(FakeEngine):
        def containers(self, labels):  # noqa: ARG002 - the engine's signature
            raise ToolchainError("gone")

    assert stand_back(cast("Engine", Gone()), "dinkes", BEGAN) == ()

"""Citizens notice neither a replica that dies nor a new release: not one of their requests fails."""

from __future__ import annotations

import pytest

from tests.scenarios.engine_things import containers, until
from tests.scenarios.load import running_load
from tests.scenarios.load_report import LoadPlan, LoadReport
from tests.scenarios.sample_agency import NEW, OLD
from tests.scenarios.stage import FIRST, Stage

pytestmark = [pytest.mark.engine, pytest.mark.quiet]

REPEATS = 5
REQUESTS = 5_000                         # in each repeat, on kept and on new connections together
CLIENTS = 16
PER_SECOND = 200.0                       # what one replica of two sustains on two cores beside the roll itself


def plan(stage: Stage) -> LoadPlan:
    target = stage.target(FIRST)
    ca_file = stage.folder / "ca-of-load.pem"
    ca_file.write_text(target.ca_pem, encoding="utf-8")
    return LoadPlan(
        url=f"{target.base_url}/", connect_to=target.connect_to, ca_file=str(ca_file), contains="Ambil nomor",
        clients=CLIENTS, at_least=REQUESTS // 2, at_most=8 * REQUESTS, at_most_s=200.0, per_second=PER_SECOND,
    )


def assert_nothing_lost(report: LoadReport | None) -> None:
    assert report is not None
    assert sum(report.requests.values()) >= REQUESTS, str(report)
    assert report.total_failed == 0, str(report)


def replicas(stage: Stage):
    return containers(stage.engine, FIRST, "replica")


@pytest.mark.parametrize("repeat", range(REPEATS))
def test_a_killed_replica_costs_no_request(stage: Stage, repeat: int, record_property) -> None:
    victim = until("two replicas", lambda: (found := replicas(stage))[1:] and found)[repeat % 2]
    with running_load(plan(stage)) as load:
        victim.kill()
    victim.start()
    stage.until_routed(FIRST, replicas=2)
    record_property("load", str(load.report))
    assert_nothing_lost(load.report)


@pytest.mark.parametrize("repeat", range(REPEATS))
def test_a_new_release_costs_no_request(stage: Stage, repeat: int, record_property) -> None:
    before = {one.id for one in replicas(stage)}
    stage.define(FIRST, image=(NEW, OLD)[repeat % 2])
    with running_load(plan(stage)) as load:
        stage.up(FIRST)
    after = {one.id for one in replicas(stage)}
    record_property("load", str(load.report))
    assert len(after) == 2
    assert not before & after, "a replica of the old release still runs"
    assert_nothing_lost(load.report)

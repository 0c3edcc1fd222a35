"""A database is replaced and keeps its data; one that stops is an incident with the failing step named."""

from __future__ import annotations

import pytest

from tests.scenarios.citizen import Citizen
from tests.scenarios.engine_things import containers, data_volumes
from tests.scenarios.sample_agency import INTERVAL_S
from tests.scenarios.stage import FIRST, SERVICE, Stage, now_ms

pytestmark = pytest.mark.engine


def test_a_replaced_database_container_has_its_data(stage: Stage) -> None:
    ticket = Citizen(stage.target(FIRST)).take_number()
    before, = containers(stage.engine, FIRST, "database")
    volumes = data_volumes(stage.engine, FIRST)
    try:
        stage.define(FIRST, database="{own: {memory: 300MiB}}")
        stage.up(FIRST)
        after, = containers(stage.engine, FIRST, "database")
        assert after.id != before.id, "the container was not replaced, so this scenario shows nothing"
        assert data_volumes(stage.engine, FIRST) == volumes
        answer = Citizen(stage.target(FIRST)).ticket(ticket)
        assert answer is not None
        assert answer["tiket"] == ticket
    finally:
        stage.define(FIRST)
        stage.up(FIRST)
    assert Citizen(stage.target(FIRST)).ticket(ticket) is not None


@pytest.mark.quiet
def test_a_stopped_database_is_down_within_two_intervals_with_the_step_named_and_up_after_its_start(
    stage: Stage,
) -> None:
    database, = containers(stage.engine, FIRST, "database")
    stopped_ms = now_ms()
    database.stop()
    try:
        stage.until_verdict(FIRST, "down")
        down = next(run for run in stage.runs(FIRST) if run.verdict == "down" and run.ended_ms >= stopped_ms)
    finally:
        database.start()
        started_ms = now_ms()
    assert down.ended_ms - stopped_ms <= 2 * INTERVAL_S * 1000
    assert down.failed_step == "buka halaman"
    assert '"buka halaman"' in down.reason
    assert "503" in down.reason
    stage.until_verdict(FIRST, "up", since_ms=started_ms)

    incident = next(one for one in stage.incidents() if one["agency"] == FIRST)
    assert incident["service"] == SERVICE
    assert "buka halaman" in str(incident)

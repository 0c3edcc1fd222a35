"""From one definition to a hosted, watched agency; two of them on one engine; and away again without losing data."""

from __future__ import annotations

import pytest

from tests.scenarios.citizen import Citizen
from tests.scenarios.engine_things import containers, data_volumes
from tests.scenarios.stage import FIRST, SECOND, SERVICE, Stage

pytestmark = pytest.mark.engine


def test_the_monitor_finds_the_transactions_of_a_new_agency_up_from_the_first_run_on(stage: Stage) -> None:
    for code in (FIRST, SECOND):
        runs = stage.runs(code)
        assert runs
        first = runs[0]
        assert (first.sequence, first.verdict) == (0, "up"), first.reason
        assert [step.name for step in runs[-1].tries[-1].steps] == ["buka halaman", "ambil nomor", "baca status tiket"]


def test_a_citizen_gets_a_number_through_the_gateway(stage: Stage) -> None:
    citizen = Citizen(stage.target(FIRST))
    ticket = citizen.ticket(citizen.take_number("KTP"))
    assert ticket is not None
    assert (ticket["kode"], ticket["status"], ticket["uji"]) == ("KTP", "menunggu", False)


def test_a_second_up_changes_nothing(stage: Stage) -> None:
    before = {one.id for one in containers(stage.engine, FIRST, stopped=True)}
    stage.up(FIRST)
    assert {one.id for one in containers(stage.engine, FIRST, stopped=True)} == before


def test_two_agencies_with_a_service_of_the_same_code_do_not_meet(stage: Stage) -> None:
    ticket = Citizen(stage.target(FIRST)).take_number()
    assert Citizen(stage.target(FIRST)).ticket(ticket) is not None
    assert Citizen(stage.target(SECOND)).ticket(ticket) is None
    names = [{str(one.name) for one in containers(stage.engine, code, stopped=True)} for code in (FIRST, SECOND)]
    assert all(names)
    assert not names[0] & names[1]
    networks = [
        {name for one in containers(stage.engine, code) for name in one.attrs["NetworkSettings"]["Networks"]}
        for code in (FIRST, SECOND)
    ]
    assert not networks[0] & networks[1]


def test_a_gateway_refuses_the_name_of_another_agency(stage: Stage) -> None:
    first, second = stage.target(FIRST), stage.target(SECOND)
    assert Citizen(first).request("GET", "/")[0] == 200
    stranger = Citizen(first, asks_for=second.base_url.partition("//")[2])
    assert stranger.request("GET", "/")[0] in {403, 404, 421}


def test_destroying_one_agency_keeps_its_data_and_the_other_agency(stage: Stage) -> None:
    ticket = Citizen(stage.target(SECOND)).take_number()
    volumes = data_volumes(stage.engine, SECOND)
    assert volumes
    stage.siaga24("stack", "destroy", SECOND, "--yes")
    try:
        assert containers(stage.engine, SECOND, stopped=True) == []
        assert data_volumes(stage.engine, SECOND) == volumes
        assert Citizen(stage.target(FIRST)).page("/")
    finally:
        stage.up(SECOND)
    assert data_volumes(stage.engine, SECOND) == volumes
    answer = Citizen(stage.target(SECOND)).ticket(ticket)
    assert answer is not None, f"the ticket of before is gone; this one belongs to {SERVICE}"

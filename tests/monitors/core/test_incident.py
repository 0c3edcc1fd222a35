"""Incidents: beginning, cause and end, by hand, in seconds after noon."""

from __future__ import annotations

from dataclasses import replace

from monitors.core.incident import incidents
from monitors.core.timeline import service_timeline
from tests.factories import NOON_MS, a_target, a_transaction, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life


def at(seconds: float) -> int:
    return NOON_MS + round(seconds * 1000)


def found(history, until_s: float):
    return incidents(history, service_timeline(history, until_ms=at(until_s)))


def test_an_incident_has_last_good_first_bad_last_bad_and_first_good():
    (one,) = found(a_history(some_runs("uuddu")), 150)
    assert one.last_good_ms == at(30)
    assert one.first_bad_ms == at(60)
    assert one.last_bad_ms == at(90.024)
    assert one.first_good_ms == at(120)
    assert (one.down_ms, one.unknown_ms, one.is_open) == (60_000, 0, False)
    assert one.failed_step == "buka halaman"
    assert "expected status 200, got 503" in one.reason
    assert one.failing[0].runs == 2
    assert one.name == "dinkes/antrean/20260101T050100Z"


def test_one_that_goes_on_is_open_and_one_from_the_start_has_no_good_run_before():
    (one,) = found(a_history(some_runs("ddd")), 90)
    assert one.last_good_ms is None
    assert one.first_good_ms is None
    assert one.is_open


def test_two_outages_with_good_runs_between_are_two():
    assert [one.first_bad_ms for one in found(a_history(some_runs("uduudu")), 180)] == [at(30), at(120)]


def test_unknown_within_an_outage_belongs_to_it():
    lives = (a_life(heartbeat_ms=at(65)), a_life(life="life-2", opened_ms=at(70)))
    runs = [*some_runs("udd"), *some_runs("dd-u", life="life-2", started_ms=at(90))]
    (one,) = found(a_history(runs, lives=lives), 210)
    # unknown: 65 s to 90 s, and the missed run from 150 s on
    assert (one.first_bad_ms, one.first_good_ms) == (at(30), at(180))
    assert (one.down_ms, one.unknown_ms) == (35_000 + 60_000, 25_000 + 30_000)
    assert one.failing[0].runs == 4


def test_the_transaction_that_failed_first_names_the_step():
    two = a_target(transactions=(a_transaction(), a_transaction(name="b")))
    later = [replace(run, failed_step="bayar", reason="no answer") if run.failed_step else run
             for run in some_runs("uuddu", transaction="b", started_ms=at(10))]
    (one,) = found(a_history([*some_runs("uuddu"), *later], target=two), 150)
    assert [(f.transaction, f.failed_step) for f in one.failing] == [("ambil-nomor", "buka halaman"), ("b", "bayar")]
    assert one.failed_step == "buka halaman"


def test_a_secondary_transaction_makes_no_incident():
    two = a_target(transactions=(a_transaction(), a_transaction(name="b", primary=False)))
    assert found(a_history([*some_runs("uuu"), *some_runs("uddd", transaction="b")], target=two), 90) == ()


def test_an_outage_goes_on_when_its_transaction_is_taken_away():
    other = a_target(transactions=(a_transaction(name="baru"),))
    definitions = (a_definition(), a_definition(target=other, recorded_ms=at(70)))
    runs = [*some_runs("udd"), *some_runs("u", transaction="baru", started_ms=at(95))]
    (one,) = found(a_history(runs, definitions=definitions), 120)
    assert (one.first_bad_ms, one.first_good_ms) == (at(30), at(95))

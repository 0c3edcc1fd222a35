"""What a report is made of adds up to what the statement says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.core.errors import UsageError
from monitors.core.history import Life
from monitors.reports.data import Cadence
from monitors.reports.gather import is_own_host, months_of
from tests.factories import a_target
from tests.monitors.reports.made import JANUARY_MS, january, measured, service


@pytest.mark.parametrize("place", range(4))
def test_days_owners_and_hours_sum_to_the_statement(place):
    one = service(january(), place)
    found = measured(one)
    assert found.observed_ms == JANUARY_MS == sum(
        day.up_ms + day.degraded_ms + day.down_ms + day.unknown_ms for day in one.days
    )
    assert len(one.days) == 31
    assert sum(day.down_ms for day in one.days) == found.down_ms == sum(ms for _, ms in one.owners)
    parts = [getattr(one.split, name) for name in ("office", "outside", "undecided")]
    assert sum(part.observed_ms for part in parts) == JANUARY_MS
    assert sum(part.down_ms for part in parts) == found.down_ms


def test_the_downtime_of_incidents_is_the_downtime_of_the_month():
    assert sum(ms for one in january().months[0].services for outage in one.outages for _, ms in outage.owners) == sum(
        measured(one).down_ms for one in january().months[0].services
    ) > 0


def test_the_only_vantage_saw_what_the_service_was():
    for one in january().months[0].services:
        (vantage,) = one.vantages
        assert (vantage.name, vantage.good_ms, vantage.known_ms) == (
            "local", measured(one).good_ms, measured(one).known_ms,
        )
        assert not one.is_seen_from_own_host_only


def test_a_month_that_is_over_is_told_as_of_the_ledgers_newest_record():
    data = january()
    assert data.edition.data_ms == data.months[0].window.end_ms + 3_600_000
    assert data.is_final


@pytest.mark.parametrize(("given", "host", "expected"), [
    ({"connect_to": "127.0.0.1:8443"}, "pusat", True),
    ({"connect_to": "[::1]:8443"}, "pusat", True),
    ({"base_url": "http://localhost:8080"}, "pusat", True),
    ({"base_url": "https://antrean.localhost"}, "pusat", True),
    ({"connect_to": "10.1.2.3:8443"}, "pusat", False),
    ({"base_url": "https://pusat.example.go.id"}, "Pusat.example.go.id", True),
    ({"base_url": "https://pusat"}, "pusat.example.go.id", True),
    ({"base_url": "https://antrean.example.go.id"}, "pusat", False),
    ({"base_url": "https://antrean.example.go.id"}, "", False),
])
def test_a_vantage_stands_on_the_services_host_by_loopback_or_by_name(given, host, expected):
    lives = [Life(life="a", vantage="local", opened_ms=1, host=host)]
    assert is_own_host(replace(a_target(), **given), lives) is expected


def test_periods_are_months_or_quarters():
    assert months_of(Cadence.MONTHLY, "2026-11") == ("2026-11",)
    assert months_of(Cadence.QUARTERLY, "2026-Q4") == ("2026-10", "2026-11", "2026-12")
    assert months_of(Cadence.QUARTERLY, "2027-Q1") == ("2027-01", "2027-02", "2027-03")
    for cadence, wrong in ((Cadence.MONTHLY, "2026-Q4"), (Cadence.QUARTERLY, "2026-10"), (Cadence.QUARTERLY, "2026-Q5")):
        with pytest.raises(UsageError, match="expected"):
            months_of(cadence, wrong)

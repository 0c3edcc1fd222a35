"""Whole months worked by hand: each length in each zone, an outage over the end, a leap second, another calendar."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from monitors.core.hours import Calendar
from monitors.core.model import Verdict
from monitors.core.sla import Judgement, statement
from monitors.core.split import split
from monitors.core.timeline import ServiceTimeline, service_timeline
from monitors.core.window import Window, month_window, to_ms
from tests.factories import a_target, a_transaction, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life

ZONES = {"WIB": ("Asia/Jakarta", 7), "WITA": ("Asia/Makassar", 8), "WIT": ("Asia/Jayapura", 9)}
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
PLAIN = Calendar(version="plain", years=frozenset(range(2016, 2030)))

# month, first and last day in UTC's reckoning, days, budget of 99.5 %
MONTHS = [
    ("2026-02", (2026, 2, 1), (2026, 3, 1), 28, 3 * HOUR_MS + 21 * MINUTE_MS + 36_000),
    ("2028-02", (2028, 2, 1), (2028, 3, 1), 29, 3 * HOUR_MS + 28 * MINUTE_MS + 48_000),
    ("2026-11", (2026, 11, 1), (2026, 12, 1), 30, 3 * HOUR_MS + 36 * MINUTE_MS),
    ("2026-12", (2026, 12, 1), (2027, 1, 1), 31, 3 * HOUR_MS + 43 * MINUTE_MS + 12_000),
]


def utc(*parts: int) -> int:
    return to_ms(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type,misc]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("worked", MONTHS, ids=[month for month, *_ in MONTHS])
def test_an_outage_over_the_end_of_a_month(worked, zone):
    """Watched from midnight of the first to two hours into the next month, every 15 minutes, 12 ms a run.

    Down from 23.30 to 00.45 by the agency's clock: 30 min belong to the month. Possibly down from the good run of 23.15
    on: 45 min, and 12 ms before the first good run has ended. Certainly down from 23.30 and 12 ms (end of the first
    failed step) to midnight: 29 min 59.988 s.
    """
    month, first, after, days, budget = worked
    name, hours_east = ZONES[zone]
    window = month_window(month, ZoneInfo(name))
    assert window.start_ms == utc(*first) - hours_east * HOUR_MS
    assert window.end_ms == utc(*after) - hours_east * HOUR_MS == window.start_ms + days * DAY_MS
    good = (days * DAY_MS - 30 * MINUTE_MS) // (15 * MINUTE_MS)
    runs = some_runs("u" * good + "d" * 5 + "u" * 5, started_ms=window.start_ms, interval_ms=15 * MINUTE_MS)
    until = window.end_ms + 2 * HOUR_MS
    target = a_target(transactions=(a_transaction(interval_ms=15 * MINUTE_MS),), time_zone=name)
    history = a_history(
        runs, definitions=[a_definition(target=target, recorded_ms=window.start_ms)],
        lives=[a_life(opened_ms=window.start_ms, heartbeat_ms=until)],
    )
    timeline = service_timeline(history, until_ms=until)
    found = statement(history, timeline, window)
    assert found is not None
    assert (found.observed_ms, found.budget_ms) == (days * DAY_MS, budget)
    assert (found.up_ms, found.down_ms) == (days * DAY_MS - 30 * MINUTE_MS, 30 * MINUTE_MS)
    assert found.possibly_down_ms == 45 * MINUTE_MS + 12
    assert found.certainly_down_ms == 30 * MINUTE_MS - 12
    assert (found.is_final, found.judgement) == (True, Judgement.KEPT)
    assert found.runs == days * 96
    after_it = statement(history, timeline, Window(start_ms=window.end_ms, end_ms=until))
    assert after_it is not None
    assert (after_it.down_ms, after_it.up_ms) == (45 * MINUTE_MS, 75 * MINUTE_MS)
    # from midnight to the end of the good run of 00.45; to the start of the last failed step of the run of 00.30
    assert (after_it.possibly_down_ms, after_it.certainly_down_ms) == (45 * MINUTE_MS + 12, 30 * MINUTE_MS + 12)


def test_a_day_with_a_leap_second_is_a_day_like_any_other():
    """The second 23:59:60 UTC of 31 December 2016 is none of those that are counted: an outage of 20 s by the clock.

    Down from 23:59:50 to 00:00:10 UTC, which is the morning of New Year's Day in Jakarta.
    """
    start = utc(2016, 12, 31, 23, 59)
    runs = some_runs("uuuuudduuuuuu", started_ms=start, interval_ms=10_000)
    target = a_target(transactions=(a_transaction(interval_ms=10_000, deadline_ms=2_000),))
    history = a_history(
        runs, definitions=[a_definition(target=target, recorded_ms=start)],
        lives=[a_life(opened_ms=start, heartbeat_ms=start + 130_000)],
    )
    timeline = service_timeline(history, until_ms=start + 130_000)
    assert timeline.spans(Verdict.DOWN) == ((utc(2016, 12, 31, 23, 59, 50), utc(2017, 1, 1, 0, 0, 10)),)
    found = statement(history, timeline, Window(start_ms=start, end_ms=start + 130_000))
    assert found is not None
    assert (found.down_ms, found.observed_ms, found.certainly_down_ms) == (20_000, 130_000, 10_000)
    month = month_window("2017-01", ZoneInfo("Asia/Jakarta"))
    assert month.end_ms - month.start_ms == 31 * DAY_MS


def test_a_calendar_that_changes_moves_down_time_between_the_parts_and_loses_none():
    """Friday 20 March 2026, down from 09.00 to 10.00: in office hours, until a decree makes it collective leave."""
    zone = ZoneInfo("Asia/Jakarta")
    month = month_window("2026-03", zone)
    outage = (to_ms(datetime(2026, 3, 20, 9, tzinfo=zone)), to_ms(datetime(2026, 3, 20, 10, tzinfo=zone)))
    timeline = ServiceTimeline(
        start_ms=month.start_ms, until_ms=month.end_ms, possibly_down=(outage,), certainly_down=(outage,),
        segments=(
            (month.start_ms, outage[0], Verdict.UP), (*outage, Verdict.DOWN), (outage[1], month.end_ms, Verdict.UP),
        ),
    )
    window = (month.start_ms, month.end_ms)
    decreed = replace(PLAIN, version="decreed", joint_leave=frozenset({date(2026, 3, 20)}))
    before, after = (split(timeline, window, zone, calendar) for calendar in (PLAIN, decreed))
    assert (before.office.down_ms, before.outside.down_ms) == (HOUR_MS, 0)
    assert (after.office.down_ms, after.outside.down_ms) == (0, HOUR_MS)
    assert before.office.observed_ms - after.office.observed_ms == 9 * HOUR_MS      # 07.30 to 16.30
    # 22 weekdays of March: 18 of 8.5 h and 4 Fridays of 9 h
    assert before.office.observed_ms == 18 * (8 * HOUR_MS + 30 * MINUTE_MS) + 4 * 9 * HOUR_MS
    assert (before.calendar, after.calendar) == ("plain", "decreed")
    assert split(timeline, window, zone, PLAIN) == before      # an old month recomputes the same


@pytest.fixture(params=["America/New_York", "Australia/Lord_Howe", "Asia/Jakarta"])
def _viewer(request, monkeypatch) -> Iterator[None]:
    """Let the process run by the clock of a viewer, as a laptop elsewhere does."""
    monkeypatch.setenv("TZ", request.param)
    clock.tzset()
    yield
    monkeypatch.undo()
    clock.tzset()


@pytest.mark.usefixtures("_viewer")
def test_a_viewers_change_of_clocks_moves_nothing():
    """March and November 2026, when clocks change in New York: the agency's months and hours stay where they are."""
    zone = ZoneInfo("Asia/Jakarta")
    for month, start in (("2026-03", utc(2026, 2, 28, 17)), ("2026-11", utc(2026, 10, 31, 17))):
        window = month_window(month, zone)
        assert window.start_ms == start
        timeline = ServiceTimeline(
            start_ms=window.start_ms, until_ms=window.end_ms, possibly_down=(), certainly_down=(),
            segments=((window.start_ms, window.end_ms, Verdict.UP),),
        )
        found = split(timeline, (window.start_ms, window.end_ms), zone, PLAIN)
        assert found.office.observed_ms + found.outside.observed_ms == window.end_ms - window.start_ms
        fridays = 4
        weekdays = 22 if month == "2026-03" else 21
        assert found.office.observed_ms == (weekdays - fridays) * (8 * HOUR_MS + 30 * MINUTE_MS) + fridays * 9 * HOUR_MS

"""Office hours, the time outside them, closures of many days, and years that nobody can tell of."""

from __future__ import annotations

from datetime import date, datetime, time
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.hours import (
    MIDNIGHT,
    Calendar,
    OfficeWeek,
    closed_runs,
    covered_spans,
    hours_of,
    share_of_week,
    working_days,
)
from monitors.core.span import intersect, merge, total
from monitors.core.window import month_window

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
JAKARTA, MAKASSAR, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")
NONE_OFF = Calendar(version="none", years=frozenset(range(1990, 2060)))
BUSY = Calendar(
    version="busy", years=frozenset({2025, 2026, 2027}), undecided=frozenset({2027}),
    public=frozenset({date(2026, 3, 19), date(2026, 3, 21), date(2027, 1, 1)}),
    joint_leave=frozenset({date(2026, 3, 18), date(2026, 3, 20)}), ramadan=((date(2026, 2, 19), date(2026, 3, 21)),),
)


def at(text: str, zone: ZoneInfo = JAKARTA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1000


@pytest.mark.parametrize("zone", [JAKARTA, MAKASSAR, JAYAPURA], ids=["WIB", "WITA", "WIT"])
def test_a_week_is_open_from_half_past_seven_in_the_agencys_own_zone(zone):
    monday = at("2026-11-23", zone)
    found = hours_of((monday, monday + 7 * DAY_MS), zone, NONE_OFF)
    assert found.office == (
        (at("2026-11-23T07:30", zone), at("2026-11-23T16:00", zone)),
        (at("2026-11-24T07:30", zone), at("2026-11-24T16:00", zone)),
        (at("2026-11-25T07:30", zone), at("2026-11-25T16:00", zone)),
        (at("2026-11-26T07:30", zone), at("2026-11-26T16:00", zone)),
        (at("2026-11-27T07:30", zone), at("2026-11-27T16:30", zone)),
    )
    assert total(found.office) == 43 * HOUR_MS
    assert total(found.outside) == (168 - 43) * HOUR_MS


def test_the_same_instant_is_office_time_in_the_east_and_none_in_the_west():
    # 07.30 in Jayapura is 05.30 in Jakarta
    instant = (at("2026-11-23T07:30", JAYAPURA), at("2026-11-23T07:31", JAYAPURA))
    assert hours_of(instant, JAYAPURA, NONE_OFF).office == (instant,)
    assert hours_of(instant, JAKARTA, NONE_OFF).outside == (instant,)


def test_holidays_and_collective_leave_have_no_office_hours():
    week = (at("2026-03-16"), at("2026-03-23"))
    # Monday and Tuesday alone; in Ramadan from 08.00 to 15.00
    assert hours_of(week, JAKARTA, BUSY).office == (
        (at("2026-03-16T08:00"), at("2026-03-16T15:00")), (at("2026-03-17T08:00"), at("2026-03-17T15:00")),
    )


def test_office_hours_of_a_year_without_a_decree_are_undecided_and_its_nights_are_not():
    week = (at("2027-01-04"), at("2027-01-11"))
    found = hours_of(week, JAKARTA, BUSY)
    assert found.office == ()
    assert total(found.undecided) == 43 * HOUR_MS
    assert total(found.outside) == (168 - 43) * HOUR_MS


def test_a_holiday_that_is_known_is_off_although_its_year_is_undecided():
    day = (at("2027-01-01"), at("2027-01-02"))
    found = hours_of(day, JAKARTA, BUSY)
    assert (found.office, found.undecided, found.outside) == ((), (), (day,))


def test_a_year_that_the_calendar_does_not_hold_is_undecided():
    monday = at("2031-01-06")
    assert total(hours_of((monday, monday + DAY_MS), JAKARTA, BUSY).undecided) == 8.5 * HOUR_MS


def test_another_calendar_gives_another_month_and_the_old_one_still_gives_the_old():
    month = month_window("2026-03", JAKARTA)
    window = (month.start_ms, month.end_ms)
    before = hours_of(window, JAKARTA, NONE_OFF)
    corrected = Calendar(version="later", years=NONE_OFF.years, joint_leave=frozenset({date(2026, 3, 20)}))
    # 20 March 2026 is a Friday: nine hours
    assert total(before.office) - total(hours_of(window, JAKARTA, corrected).office) == 9 * HOUR_MS
    assert hours_of(window, JAKARTA, NONE_OFF) == before


def test_an_agencys_own_week_counts():
    every_day = OfficeWeek(usual=((time(6), time(22)),) * 7)
    monday = at("2026-11-23")
    assert total(hours_of((monday, monday + 7 * DAY_MS), JAKARTA, NONE_OFF, every_day).office) == 7 * 16 * HOUR_MS


@pytest.mark.parametrize("days", [(None,) * 6, ((time(9), time(8)),) * 7])
def test_a_week_that_is_none_is_refused(days):
    with pytest.raises(ValueError, match="office week"):
        OfficeWeek(usual=days)


@given(
    start=st.integers(0, 60 * 366 * DAY_MS), length=st.integers(1, 400 * DAY_MS),
    zone=st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "America/New_York", "Australia/Lord_Howe"]),
    calendar=st.sampled_from([NONE_OFF, BUSY]),
)
def test_the_three_parts_share_no_moment_and_sum_to_the_window_in_any_zone(start, length, zone, calendar):
    window = (start, start + length)
    found = hours_of(window, ZoneInfo(zone), calendar)
    parts = (found.office, found.outside, found.undecided)
    assert sum(total(part) for part in parts) == length
    assert merge(span for part in parts for span in part) == (window,)
    assert not intersect(found.office, found.outside)


@given(cuts=st.lists(st.integers(1, 40 * DAY_MS - 1), max_size=4))
def test_a_window_that_is_cut_into_pieces_has_the_same_office_hours(cuts):
    start = at("2026-03-01")
    edges = sorted({0, *cuts, 40 * DAY_MS})
    pieces = [
        span for low, high in pairwise(edges) for span in hours_of((start + low, start + high), JAKARTA, BUSY).office
    ]
    assert merge(pieces) == hours_of((start, start + 40 * DAY_MS), JAKARTA, BUSY).office


def test_a_closure_over_the_windows_edge_counts_by_its_whole_length():
    calendar = Calendar(version="x", years=frozenset({2026}), public=frozenset({date(2026, 11, 2), date(2026, 11, 3), date(2026, 10, 30)}))
    # Friday 30 October to Tuesday 3 November: five days, three of them in November
    november = month_window("2026-11", JAKARTA)
    assert closed_runs((november.start_ms, november.end_ms), JAKARTA, calendar) == (
        (at("2026-11-01"), at("2026-11-04")),
    )


def test_four_closed_days_are_no_closure():
    calendar = Calendar(version="x", years=frozenset({2026}), public=frozenset({date(2026, 11, 2), date(2026, 10, 30)}))
    november = month_window("2026-11", JAKARTA)
    assert closed_runs((november.start_ms, november.end_ms), JAKARTA, calendar) == ()


def test_a_year_without_days_off_has_its_weekdays():
    assert working_days(2026, NONE_OFF) == 261


def test_a_day_may_be_open_until_midnight():
    late = OfficeWeek(usual=((time(20), MIDNIGHT), *(None,) * 6))
    monday = at("2026-11-23")
    assert hours_of((monday, monday + 2 * DAY_MS), JAKARTA, NONE_OFF, late).office == (
        (at("2026-11-23T20:00"), at("2026-11-24")),
    )


@pytest.mark.parametrize("zone", [JAKARTA, MAKASSAR, JAYAPURA], ids=["WIB", "WITA", "WIT"])
def test_a_promise_covers_its_hours_by_the_agencys_clock_on_days_off_too(zone):
    hours = ((time(6), time(22)),) * 5 + (None, (time(20), MIDNIGHT))
    thursday = at("2026-03-19", zone)      # Nyepi
    assert covered_spans(hours, (thursday, thursday + 5 * DAY_MS), zone) == (
        (at("2026-03-19T06:00", zone), at("2026-03-19T22:00", zone)),
        (at("2026-03-20T06:00", zone), at("2026-03-20T22:00", zone)),
        (at("2026-03-22T20:00", zone), at("2026-03-23", zone)),
        (at("2026-03-23T06:00", zone), at("2026-03-23T22:00", zone)),
    )


def test_a_promise_without_hours_covers_all_of_them():
    assert covered_spans((), (5, 99), JAKARTA) == ((5, 99),)
    assert covered_spans(((MIDNIGHT, MIDNIGHT),) * 7, (at("2026-01-01"), at("2027-01-01")), JAKARTA) == (
        (at("2026-01-01"), at("2027-01-01")),
    )


def test_the_share_of_a_week_is_that_of_its_hours():
    assert share_of_week(()) == 1
    assert share_of_week(((MIDNIGHT, MIDNIGHT),) * 7) == 1
    assert share_of_week(((time(8), time(16)),) * 5 + (None, None)) == Fraction(40, 168)
    assert share_of_week((None,) * 6 + ((time(18, 30), MIDNIGHT),)) == Fraction(11, 336)

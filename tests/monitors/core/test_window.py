"""Months in three zones, and instants as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from monitors.core.window import Window, from_ms, moment, month_of, month_window

JAKARTA, MAKASSAR, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")
DAY_MS = 86_400_000


def utc(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}Z").timestamp()) * 1000


@pytest.mark.parametrize(("month", "zone", "start", "days"), [
    pytest.param("2026-02", JAKARTA, utc("2026-01-31T17:00:00"), 28, id="28 days in WIB"),
    pytest.param("2028-02", MAKASSAR, utc("2028-01-31T16:00:00"), 29, id="29 days in WITA"),
    pytest.param("2026-11", JAYAPURA, utc("2026-10-31T15:00:00"), 30, id="30 days in WIT"),
    pytest.param("2026-12", JAKARTA, utc("2026-11-30T17:00:00"), 31, id="31 days over the turn of the year"),
    pytest.param("2016-12", JAYAPURA, utc("2016-11-30T15:00:00"), 31, id="a leap second is no millisecond of UTC as kept"),
])
def test_a_month_ends_in_the_agencys_zone(month, zone, start, days):
    window = month_window(month, zone)
    assert (window.start_ms, window.end_ms) == (start, start + days * DAY_MS)
    assert month_of(window.start_ms, zone) == month
    assert month_of(window.end_ms - 1, zone) == month
    assert month_of(window.end_ms, zone) != month


def test_a_month_with_a_change_of_clocks_is_as_long_as_it_is():
    window = month_window("2026-03", ZoneInfo("Europe/Amsterdam"))
    assert window.end_ms - window.start_ms == 31 * DAY_MS - 3_600_000


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2026", "26-11", "2026-1", "2026-11-01", "0000-01", "9999-12", "x"])
def test_what_is_no_month_is_refused_with_an_example(month):
    with pytest.raises(ValueError, match="expected YYYY-MM, for example 2026-11"):
        month_window(month, JAKARTA)


@pytest.mark.parametrize(("text", "expected"), [
    ("2026-11-24", utc("2026-11-23T15:00:00")),
    ("2026-11-24T14:05", utc("2026-11-24T05:05:00")),
    ("2026-11-24 14:05:09", utc("2026-11-24T05:05:09")),
    ("2026-11-24T14:05Z", utc("2026-11-24T14:05:00")),
    ("2026-11-24T14:05+07:00", utc("2026-11-24T07:05:00")),
])
def test_an_instant_without_an_offset_is_in_the_agencys_zone(text, expected):
    assert moment(text, JAYAPURA) == expected


def test_what_is_no_instant_is_refused():
    with pytest.raises(ValueError, match="expected a date or a time"):
        moment("kemarin", JAKARTA)


def test_a_window_without_length_is_refused():
    with pytest.raises(ValueError, match="does not come after"):
        Window(start_ms=5, end_ms=5)


def test_milliseconds_are_cut_downwards_before_1970_too():
    zone = timezone(timedelta(hours=7))
    assert from_ms(-1, zone) == datetime(1970, 1, 1, 6, 59, 59, 999_000, tzinfo=zone)

"""The calendars that are shipped, against the days that three ministers decreed."""

from __future__ import annotations

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from monitors.calendars import FOLDER, calendar, note_of_newest, versions
from monitors.core.errors import UsageError
from monitors.core.hours import closed_runs, working_days
from monitors.core.window import from_ms

JAKARTA = ZoneInfo("Asia/Jakarta")
VERSION = "id-2026-11"
LEAVE = {
    2024: "02-09 03-12 04-08 04-09 04-12 04-15 05-10 05-24 06-18 12-26",
    2025: "01-28 03-28 04-02 04-03 04-04 04-07 05-13 05-30 06-09 08-18 12-26",
    2026: "02-16 03-18 03-20 03-23 03-24 05-15 05-28 12-24",
    2027: "02-05 03-09 03-12 03-15 03-25 05-18 05-19 12-24",
}
HOLIDAYS = {
    2024: "01-01 02-08 02-10 02-14 03-11 03-29 03-31 04-10 04-11 05-01 05-09 05-23 06-01 06-17 07-07 08-17 09-16 11-27 "
          "12-25",
    2025: "01-01 01-27 01-29 03-29 03-31 04-01 04-18 04-20 05-01 05-12 05-29 06-01 06-06 06-27 08-17 09-05 12-25",
    2026: "01-01 01-16 02-17 03-19 03-21 03-22 04-03 04-05 05-01 05-14 05-27 05-31 06-01 06-16 08-17 08-25 12-25",
    2027: "01-01 01-05 02-06 03-08 03-10 03-11 03-26 03-28 05-01 05-06 05-17 05-20 06-01 06-06 08-15 08-17 12-25 12-26",
}


def days(year: int, text: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{day}") for day in text.split()}


@pytest.mark.parametrize("year", sorted(LEAVE))
def test_the_days_off_are_those_of_the_decrees(year):
    found = calendar(VERSION)
    assert {day for day in found.joint_leave if day.year == year} == days(year, LEAVE[year])
    assert {day for day in found.public if day.year == year} == days(year, HOLIDAYS[year])


@pytest.mark.parametrize(("year", "count"), [(2024, 238), (2025, 237), (2026, 240), (2027, 242)])
def test_counters_open_on_so_many_days(year, count):
    assert working_days(year, calendar(VERSION)) == count


@pytest.mark.parametrize(("year", "runs"), [
    (2024, [("04-06", "04-15")]),
    (2025, [("01-25", "01-29"), ("03-28", "04-07")]),
    (2026, [("03-18", "03-24")]),
    (2027, [("03-06", "03-15"), ("05-15", "05-20")]),
])
def test_the_long_closures_are_the_ones_that_citizens_knew(year, runs):
    window = tuple(int(datetime(one, 1, 1, tzinfo=JAKARTA).timestamp()) * 1000 for one in (year, year + 1))
    found = closed_runs((window[0], window[1]), JAKARTA, calendar(VERSION))
    assert [
        (f"{from_ms(start, JAKARTA):%m-%d}", f"{from_ms(end - 1, JAKARTA):%m-%d}") for start, end in found
    ] == runs


def test_a_year_whose_collective_leave_is_not_decreed_says_so():
    found = calendar(VERSION)
    assert found.undecided == {2028}
    assert found.is_undecided(date(2028, 3, 1))
    assert not found.is_undecided(date(2028, 1, 1))          # a public holiday, whatever is decreed


def test_without_a_version_the_newest_is_read():
    assert calendar().version == versions()[-1]


def test_a_version_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UsageError, match=r'no calendar version "x"; there are: id-2026-11'):
        calendar("x")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "version": "a"}', '{"format": 1, "version": "b"}'])
def test_a_file_that_is_no_calendar_is_told_with_its_place(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UsageError, match=r"a\.json: it cannot be read as a calendar"):
        calendar("a", tmp_path)


def test_a_file_under_another_name_is_not_taken_for_its_version(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"format": 1, "version": VERSION}))
    with pytest.raises(UsageError, match="expected 1"):
        calendar("a", tmp_path)


def test_the_ledger_is_told_which_calendar_is_in_use_and_again_where_its_file_changes(tmp_path):
    source = FOLDER / f"{VERSION}.json"
    file = tmp_path / source.name
    file.write_bytes(source.read_bytes())
    first, = note_of_newest((), 5, folder=tmp_path)
    assert first.text("version") == VERSION
    assert note_of_newest([first], 6, folder=tmp_path) == ()
    file.write_bytes(source.read_bytes() + b"\n")
    changed, = note_of_newest([first], 7, folder=tmp_path)
    assert (changed.text("version"), changed.text("sha256") != first.text("sha256")) == (VERSION, True)

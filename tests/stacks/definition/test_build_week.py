"""Weeks as files write them: which key wins, what is left open, and what a file says again of what it became."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from monitors.core.hours import MIDNIGHT, OfficeWeek
from stacks.definition.build_week import shown_week
from stacks.loader import load_agency
from stacks.model import Agency, Settings
from stacks.targets import targets_of
from stacks.tiers import standard_tiers

OFFICE = (time(7, 30), time(16))
FILE = """\
version: 1
code: dinas
name: Dinas
kind: city
time_zone: Asia/Makassar
{top}
services:
  antrean:
    name: Antrean
    hosting: external
    url: https://antrean.example
    promise: {promise}
    transactions: {{t: {{steps: [{{get: /}}]}}}}
"""


def load(folder: Path, top: str = "tier: silver", promise: str = "{target: 99.5}") -> Agency:
    path = folder / "dinas.yaml"
    path.write_text(FILE.format(top=top, promise=promise), encoding="utf-8")
    return load_agency(path, Settings(), standard_tiers())


def test_without_the_keys_the_week_is_the_usual_and_the_promise_covers_all_hours(tmp_path: Path):
    agency = load(tmp_path)
    (target,) = targets_of(agency, {})
    assert (agency.office_hours, target.office_hours, target.promise.hours) == (None, None, ())


def test_what_an_agencys_own_week_leaves_open_is_as_usual_and_shorter_in_ramadan(tmp_path: Path):
    agency = load(tmp_path, "office_hours: {saturday: 08:00-12:00, thursday: closed}")
    (target,) = targets_of(agency, {})
    saturday = (time(8), time(12))
    assert target.office_hours == agency.office_hours == OfficeWeek(
        usual=(OFFICE, OFFICE, OFFICE, None, (time(7, 30), time(16, 30)), saturday, None),
        ramadan=(*((time(8), time(15)),) * 3, None, (time(8), time(15, 30)), saturday, None),
    )


def test_a_day_by_its_name_wins_over_workdays_and_they_over_every_day(tmp_path: Path):
    week = load(
        tmp_path, "office_hours: {every_day: 06:00-24:00, workdays: 07:00-20:00, friday: closed, ramadan: {sunday: closed}}",
    ).office_hours
    assert week is not None
    late = (time(6), MIDNIGHT)
    assert week.usual == (*((time(7), time(20)),) * 4, None, late, late)
    assert week.ramadan == (*((time(8), time(15)),) * 4, None, late, None)


@pytest.mark.parametrize(("promise", "hours"), [
    ("{hours: always}", ()),
    ("{hours: {every_day: 06:00-22:00}}", ((time(6), time(22)),) * 7),
    ("{hours: {workdays: 00:00-24:00}}", (*((MIDNIGHT, MIDNIGHT),) * 5, None, None)),
])
def test_a_promise_covers_the_hours_that_are_named_and_no_others(tmp_path: Path, promise: str, hours):
    (target,) = targets_of(load(tmp_path, promise=promise), {})
    assert target.promise.hours == hours


def test_a_week_is_written_as_it_is_read():
    assert shown_week((OFFICE, None, (MIDNIGHT, MIDNIGHT), *(None,) * 4)) == {
        "monday": "07:30-16:00", "tuesday": "closed", "wednesday": "00:00-24:00", "thursday": "closed",
        "friday": "closed", "saturday": "closed", "sunday": "closed",
    }

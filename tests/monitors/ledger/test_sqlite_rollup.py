"""Roll-ups in a SQLite ledger: made when a day is settled, made anew when results come late, never edited."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitors.calendars import calendar
from monitors.core.entry import EntryKind
from monitors.core.history import Gap, Life
from monitors.core.model import Run, Target
from monitors.core.rollup_month import statement_of
from monitors.core.sla import statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import month_window
from monitors.ledger.rollup_rows import month_number, month_of_number
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from monitors.ledger.sqlite_rollup_check import SqliteRollupCheck
from monitors.ledger.sqlite_rollup_job import Rolled, SqliteRollups
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs

JAKARTA = ZoneInfo("Asia/Jakarta")
INTERVAL_MS, HOUR_MS, DAY_MS = 600_000, 3_600_000, 86_400_000
A_DAY = DAY_MS // INTERVAL_MS
MIDNIGHT_MS = NOON_MS + 12 * HOUR_MS
TARGET = a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),))


def opened(path: Path, targets: tuple[Target, ...] = (TARGET,)) -> SqliteLedger:
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(targets, life="life-1", at_ms=NOON_MS)
    return ledger


def told(ledger: SqliteLedger, runs: Sequence[Run], until_ms: int | None = None) -> None:
    ledger.append(runs, life="life-1", heartbeat_ms=until_ms or runs[-1].ended_ms)


def lived(path: Path, letters: str) -> None:
    ledger = opened(path)
    told(ledger, some_runs(letters, interval_ms=INTERVAL_MS))
    ledger.close()


def rolled(path: Path, now_ms: int) -> Rolled:
    job = SqliteRollups(path)
    try:
        return job.roll(now_ms=now_ms, pause=lambda _: None, is_stopped=lambda: False)
    finally:
        job.close()


def days(path: Path, service: str = "antrean"):
    reader = SqliteRollupReader(path)
    found = reader.day_rollups("dinkes", service, date(2025, 12, 1), date(2026, 12, 31))
    reader.close()
    return found


def months(path: Path, month: str):
    reader = SqliteRollupReader(path)
    found = reader.month_rollups(month)
    reader.close()
    return found


def versions(path: Path, table: str = "rollup") -> list[int]:
    with sqlite3.connect(path) as db:
        return [row[0] for row in db.execute(f"SELECT version FROM {table} ORDER BY 1")]  # noqa: S608 - our own name


def is_same_anew(path: Path) -> bool:
    check = SqliteRollupCheck(path)
    found = check.compare()
    check.close()
    assert found.days == len({(day.service, day.day) for day in days(path)}) or found.difference
    return not found.difference


def stated(path: Path, month: str, now_ms: int):
    reader = SqliteReader(path)
    window = month_window(month, JAKARTA)
    history = reader.history("dinkes", "antrean", start_ms=window.start_ms, end_ms=window.end_ms)
    reader.close()
    assert history is not None
    return statement(history, service_timeline(history, until_ms=data_until(history.lives, now_ms)), window)


def test_a_day_is_rolled_up_when_its_transactions_have_run_since(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * 100, interval_ms=INTERVAL_MS, started_ms=NOON_MS + 60_000)
    told(ledger, runs[:72], MIDNIGHT_MS + 30_000)
    assert rolled(path, MIDNIGHT_MS + 30_000) == Rolled(left=1)
    assert days(path) == ()
    told(ledger, runs[72:73])
    assert rolled(path, runs[72].ended_ms) == Rolled(days=1)
    assert [(day.day, day.runs) for day in days(path)] == [(date(2026, 1, 1), 72)]
    assert rolled(path, runs[72].ended_ms + 1) == Rolled(), "a repeat changes nothing"
    ledger.close()


def test_a_month_that_is_whole_is_summed_and_equals_the_statement_of_its_runs(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    letters = ("u" * 70 + "ddddd" + "u" * 200 + "-" * 9 + "u" * 500 + "e" + "u" * 500) * 5
    lived(path, letters[:33 * A_DAY])
    now_ms = NOON_MS + 33 * A_DAY * INTERVAL_MS
    done = rolled(path, now_ms)
    assert (done.days, done.months, done.anew, done.left) == (33, 1, 0, 0)
    [january] = months(path, "2026-01")
    assert statement_of(january) == stated(path, "2026-01", now_ms)
    assert january.is_final
    assert january.calendar == calendar().version
    [february] = months(path, "2026-02")
    assert (february.days, february.is_final) == (2, False)
    assert february.whole_ms == 28 * DAY_MS
    assert months(path, "2025-12") == ()
    assert is_same_anew(path)


def test_the_days_of_a_month_that_runs_are_summed_when_asked(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path, tuple(replace(TARGET, service=f"layanan-{place}") for place in range(10)))
    runs = [
        replace(run, service=f"layanan-{place}")
        for place in range(10) for run in some_runs("u" * 100 + "d" * (place + 1) + "u" * 130, interval_ms=INTERVAL_MS)
    ]
    told(ledger, sorted(runs, key=lambda run: run.started_ms))
    rolled(path, runs[-1].ended_ms)
    of_most = months(path, "2026-01")
    assert [(one.service, one.days, one.promised.down_ms) for one in of_most] == [
        (f"layanan-{place}", 2, (place + 1) * INTERVAL_MS) for place in range(10)
    ]
    ledger.close()
    with sqlite3.connect(path) as db:                # all but one are summed: the other is looked up day by day
        columns = "start_ms, end_ms, end_ms, end_ms - start_ms, calendar, target, weight, 1" + ", 0" * 24 + ", 0, 0, 0"
        db.execute(
            f"INSERT INTO rollup_month SELECT {month_number('2026-01')}, service, 0, {columns} "  # noqa: S608 - our own
            "FROM rollup WHERE day = (SELECT min(day) FROM rollup) AND service > 1",
        )
    of_one = next(one for one in months(path, "2026-01") if one.service == "layanan-0")
    assert of_one == of_most[0]


def test_late_results_make_a_day_anew_and_the_former_row_stays(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * 100 + "d" * 6 + "u" * 300, interval_ms=INTERVAL_MS)
    late = runs[98:110]
    told(ledger, [run for run in runs if run not in late])
    now_ms = runs[-1].ended_ms
    assert rolled(path, now_ms).days == 3
    before = days(path)
    assert before[1].outside.down_ms + before[1].office.down_ms == 0
    told(ledger, late, now_ms)
    done = rolled(path, now_ms)
    assert (done.days, done.anew) == (0, 1)
    after = days(path)
    assert after[1].outside.down_ms + after[1].office.down_ms == 6 * INTERVAL_MS
    assert (after[0], after[2]) == (before[0], before[2])
    assert versions(path) == [0, 0, 0, 1], "the former row is still there"
    assert is_same_anew(path)
    ledger.close()


def test_a_late_run_just_after_midnight_changes_the_day_before_it(tmp_path: Path):
    """What was possibly down ends with the good run that came late: on the other side of midnight."""
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * 300, interval_ms=INTERVAL_MS, started_ms=NOON_MS + 60_000)
    told(ledger, [*runs[:72], *runs[100:]])
    now_ms = runs[-1].ended_ms
    rolled(path, now_ms)
    unsure = days(path)[0].outside.possibly_down_ms
    assert unsure > 9 * 60_000, "from 23.51 on nobody knew"
    told(ledger, runs[72:100], now_ms)
    assert rolled(path, now_ms).anew == 2
    assert days(path)[0].outside.possibly_down_ms == 60_012, "before its first good try ended, on the first day of its life"
    assert is_same_anew(path)
    ledger.close()


def test_a_late_run_after_the_newest_midnight_changes_a_day_that_had_waited_for_it(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * 90, interval_ms=INTERVAL_MS, started_ms=NOON_MS + 60_000)
    told(ledger, runs[:72], MIDNIGHT_MS + HOUR_MS // 2)
    assert rolled(path, MIDNIGHT_MS + HOUR_MS // 2) == Rolled(days=1), "2.5 intervals have gone without a run"
    assert days(path)[0].outside.possibly_down_ms == 9 * 60_000 + 60_012, "from 23.51 on"
    told(ledger, runs[72:75], MIDNIGHT_MS + HOUR_MS // 2 + 1)
    told(ledger, runs[75:80])            # the hour is over: its stretches are written
    assert rolled(path, runs[79].ended_ms) == Rolled(anew=1)
    assert days(path)[0].outside.possibly_down_ms == 60_012
    assert is_same_anew(path)
    ledger.close()


def test_what_comes_in_time_after_midnight_makes_nothing_anew(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * 90, interval_ms=INTERVAL_MS, started_ms=NOON_MS + 60_000)
    told(ledger, runs[:73])
    assert rolled(path, runs[72].ended_ms) == Rolled(days=1)
    told(ledger, runs[73:])
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM rollup_due").fetchone() == (0,)
    ledger.close()


def test_a_finished_month_is_summed_anew_with_its_days(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * (32 * A_DAY), interval_ms=INTERVAL_MS)
    told(ledger, [run for run in runs if not 1_000 <= run.sequence < 1_010])
    now_ms = runs[-1].ended_ms
    rolled(path, now_ms)
    unknown_ms = months(path, "2026-01")[0].promised.unknown_ms
    assert unknown_ms > 0
    told(ledger, runs[1_000:1_010], now_ms)
    done = rolled(path, now_ms)
    assert (done.anew, done.months) == (1, 1)
    assert versions(path, "rollup_month") == [0, 1]
    [january] = months(path, "2026-01")
    assert january.promised.unknown_ms == 0
    assert statement_of(january) == stated(path, "2026-01", now_ms)
    assert is_same_anew(path)
    ledger.close()


def test_a_gap_that_is_told_late_makes_its_days_anew(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = some_runs("u" * 300, interval_ms=INTERVAL_MS)
    told(ledger, runs)
    now_ms = runs[-1].ended_ms
    rolled(path, now_ms)
    gap = Gap(life="life-1", start_ms=MIDNIGHT_MS - HOUR_MS, end_ms=MIDNIGHT_MS + HOUR_MS, reason="suspended")
    ledger.append([], life="life-1", heartbeat_ms=now_ms, gaps=[gap])
    assert rolled(path, now_ms).anew == 2
    assert [day.outside.unknown_ms for day in days(path)] == [HOUR_MS, HOUR_MS]
    assert is_same_anew(path)
    ledger.close()


def test_a_service_that_is_retired_ends_with_its_last_hour(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    lived(path, "u" * 300)
    entries = SqliteEntries(path)
    ends_ms = MIDNIGHT_MS + 6 * HOUR_MS
    proposal = entries.keep_entry(an_entry(
        kind=EntryKind.RETIREMENT, service="antrean", by="kepala", at_ms=NOON_MS,
        body={"act": "propose", "end_ms": ends_ms, "reason": "diganti"},
    ))
    entries.keep_entry(an_entry(
        kind=EntryKind.RETIREMENT, service="antrean", by="menteri", at_ms=NOON_MS + 1,
        body={"act": "approve", "retirement": proposal.number},
    ))
    entries.close()
    done = rolled(path, NOON_MS + 300 * INTERVAL_MS)
    assert (done.days, done.months) == (2, 1)
    assert [(day.day.day, day.end_ms) for day in days(path)] == [(1, MIDNIGHT_MS), (2, ends_ms)]
    [january] = months(path, "2026-01")
    assert (january.end_ms, january.is_final) == (ends_ms, True)
    assert rolled(path, NOON_MS + 60 * DAY_MS) == Rolled()
    assert is_same_anew(path)


def test_a_stop_in_between_keeps_what_was_made_and_the_next_pass_goes_on(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path, tuple(replace(TARGET, service=f"layanan-{place}") for place in range(3)))
    runs = [replace(run, service=f"layanan-{place}") for run in some_runs("u" * 100, interval_ms=INTERVAL_MS) for place in range(3)]
    told(ledger, runs)
    stops = iter([True])
    job = SqliteRollups(path)
    assert job.roll(now_ms=runs[-1].ended_ms, pause=lambda _: None, is_stopped=lambda: next(stops, True)).days == 1
    assert job.roll(now_ms=runs[-1].ended_ms, pause=lambda _: None, is_stopped=lambda: False).days == 2
    job.close()
    ledger.close()


def test_a_stored_row_that_is_another_than_its_stretches_make_is_told(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    lived(path, "u" * 200)
    rolled(path, NOON_MS + 200 * INTERVAL_MS)
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER rollup_is_never_changed")
        db.execute("UPDATE rollup SET outside_down_ms = outside_down_ms + 1")
    check = SqliteRollupCheck(path)
    told_ = check.compare().difference
    check.close()
    assert told_ == "dinkes/antrean on 2026-01-01: the roll-up is stored with outside_down_ms 1 and made 0"
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER rollup_is_never_removed")
        db.execute("DELETE FROM rollup")
    check = SqliteRollupCheck(path)
    assert check.compare().difference == "dinkes/antrean: 1 days are missing"
    check.close()


def test_nothing_that_is_rolled_up_is_changed_or_removed(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    lived(path, "u" * (32 * A_DAY))
    rolled(path, NOON_MS + 32 * A_DAY * INTERVAL_MS)
    for act in (
        "UPDATE rollup SET runs = 0", "DELETE FROM rollup", "UPDATE rollup_month SET runs = 0", "DELETE FROM rollup_month",
        "UPDATE rollup_service SET next_ms = 0", "DELETE FROM rollup_service",
    ):
        with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError, match="in the ledger"):
            db.execute(act)


def test_an_undecided_day_is_made_anew_once_a_calendar_decides_and_no_other_is(tmp_path: Path, monkeypatch):
    path = tmp_path / "ledger.sqlite"
    lived(path, "u" * 400)
    newest = calendar()
    undecided = replace(newest, version="2025.0", undecided=newest.undecided | {2026}, joint_leave=frozenset())
    known = {"2025.0": undecided, newest.version: newest, "": undecided}
    monkeypatch.setattr("monitors.ledger.sqlite_rollup_job.calendars.calendar", lambda version="": known[version])
    rolled(path, NOON_MS + 400 * INTERVAL_MS)
    before = days(path)
    assert [(day.day.day, day.undecided.observed_ms, day.office.observed_ms) for day in before] == [
        (1, 0, 0), (2, 9 * HOUR_MS, 0), (3, 0, 0),                # a holiday, a Friday, a Saturday
    ]
    known[""] = newest
    assert rolled(path, NOON_MS + 400 * INTERVAL_MS).anew == 1
    after = days(path)
    assert [(day.day.day, day.calendar, day.office.observed_ms) for day in after] == [
        (1, "2025.0", 0), (2, newest.version, 9 * HOUR_MS), (3, "2025.0", 0),
    ]
    assert rolled(path, NOON_MS + 400 * INTERVAL_MS) == Rolled()
    assert is_same_anew(path)


def test_months_are_counted_without_a_gap():
    assert month_number("2026-01") - month_number("2025-12") == 1
    assert [month_of_number(month_number(month)) for month in ("1999-12", "2026-01")] == ["1999-12", "2026-01"]

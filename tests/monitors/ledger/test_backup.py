"""Copies of a ledger: whole, of one moment, checked, never over anything; and every figure the same in the restored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError
from monitors.core.heartbeat import Report
from monitors.core.history import Event, Gap
from monitors.core.sla import statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from monitors.ledger import sqlite_file
from monitors.ledger.backup import back_up, check, restore
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS, names_of
from monitors.ledger.sqlite_reader import SqliteReader
from tests.cli.ledgers import END_MS, TARGETS, runs_of, write_ledger
from tests.factories import NOON_MS, an_entry, some_runs

WINDOW = Window(start_ms=NOON_MS, end_ms=END_MS)


def all_of(path: Path) -> list[object]:
    """Read all that the ledger tells, with every figure of every service."""
    reader = SqliteReader(path)
    told: list[object] = [
        reader.lives(), reader.definitions(), reader.events(), reader.entries(), reader.last_reports(), reader.last_runs(),
    ]
    for target in TARGETS:
        told.append(list(reader.runs(target.agency, target.service, start_ms=0, end_ms=END_MS * 2)))
        history = reader.history(target.agency, target.service, start_ms=NOON_MS, end_ms=END_MS)
        assert history is not None
        told += [history, statement(history, service_timeline(history, until_ms=END_MS), WINDOW)]
    reader.close()
    return told


def a_full_ledger(path: Path) -> Path:
    write_ledger(path)
    ledger = SqliteLedger(path)
    ledger.keep_event(Event(life="life-1", at_ms=NOON_MS, kind="clock", note="the clock was set"))
    ledger.keep_report("dinkes-bandung/antrean/cadangan", Report(at_ms=NOON_MS), life="life-1")
    ledger.keep_entry(an_entry())
    gap = Gap(life="life-1", start_ms=END_MS, end_ms=END_MS + 1_000, reason="suspended")
    ledger.append([], life="life-1", heartbeat_ms=END_MS + 1_000, gaps=[gap])
    ledger.close()
    return path


def test_a_restored_ledger_tells_the_same_in_every_figure_and_is_gone_on_with(tmp_path: Path):
    path = a_full_ledger(tmp_path / "ledger.sqlite")
    before = all_of(path)
    copied = back_up(path, tmp_path / "copies" / "one.backup")
    assert (copied.lives, copied.services, copied.raw_runs, copied.heartbeat_ms) == (1, 3, 30, END_MS + 1_000)
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    restore(copied.path, path)
    assert all_of(path) == before
    ledger = SqliteLedger(path)
    assert ledger.append(runs_of({target.service: "u" * 10 for target in TARGETS}), life="life-1", heartbeat_ms=END_MS) == 0
    ledger.close()
    assert all_of(path) == before


def test_a_copy_taken_while_the_monitor_writes_is_of_one_moment(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("monitors.ledger.sqlite_copy.PAGES", 1)
    path = write_ledger(tmp_path / "ledger.sqlite")
    ledger = SqliteLedger(path)
    runs = some_runs("u" * 300, agency="dinkes-bandung")
    written = iter(range(10, 300))

    def write(_left: int, _whole: int) -> None:
        run = runs[next(written)]
        assert ledger.append([run], life="life-1", heartbeat_ms=run.ended_ms) == 1

    copied = back_up(path, tmp_path / "one.backup", progress=write)
    ledger.close()
    assert copied.raw_runs == 30, "what was written while it was copied is not in it"
    assert next(written) > 12


def test_nothing_is_written_over_and_nothing_half_is_left(tmp_path: Path):
    path = write_ledger(tmp_path / "ledger.sqlite")
    back_up(path, tmp_path / "one.backup")
    with pytest.raises(LedgerError, match="nothing is ever written over"):
        back_up(path, tmp_path / "one.backup")
    with pytest.raises(LedgerError, match="nothing is ever written over"):
        restore(tmp_path / "one.backup", path)
    assert not [file for file in tmp_path.iterdir() if "part" in file.name]


def test_a_living_ledger_is_not_restored_over(tmp_path: Path):
    path = write_ledger(tmp_path / "ledger.sqlite")
    back_up(path, tmp_path / "one.backup")
    ledger = SqliteLedger(path)
    with pytest.raises(LedgerError, match="already writes this ledger"):
        restore(tmp_path / "one.backup", path)
    ledger.close()


def test_a_damaged_backup_is_refused_before_anything_is_touched(tmp_path: Path):
    path = write_ledger(tmp_path / "ledger.sqlite")
    copied = back_up(path, tmp_path / "one.backup").path
    data = bytearray(copied.read_bytes())
    page = sqlite3.connect(copied).execute("PRAGMA page_size").fetchone()[0]
    data[3 * page:4 * page] = b"\xff" * page
    copied.write_bytes(data)
    with pytest.raises(LedgerError, match="damaged"):
        restore(copied, tmp_path / "new" / "ledger.sqlite")
    assert not (tmp_path / "new" / "ledger.sqlite").exists()
    other = tmp_path / "other"
    other.write_text("nothing of ours" * 100, encoding="utf-8")
    with pytest.raises(LedgerError, match="the file is damaged or no ledger"):
        check(other)


def test_an_older_ledger_is_copied_before_it_is_brought_forward_and_tells_the_same(tmp_path: Path, monkeypatch, caplog):
    """A real schema 4 file, with all runs in one table, to tables of days."""
    path = tmp_path / "ledger.sqlite"
    newest = sqlite_file.migrations()
    monkeypatch.setattr(sqlite_file, "migrations", lambda: newest[:4])
    sqlite_file.open_for_writing(path).close()
    monkeypatch.undo()
    new = a_full_ledger(tmp_path / "new.sqlite")
    run, evidence = names_of(NOON_MS // DAY_MS)
    with sqlite3.connect(path, isolation_level=None) as old:
        old.execute("ATTACH ? AS new", (str(new),))
        for table in ("life", "gap", "definition", "series", "stretch", "event", "report", "entry"):
            old.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")  # noqa: S608 - our own names
        old.execute(f"INSERT INTO run SELECT * FROM new.{run}")  # noqa: S608 - our own names
        old.execute(f"INSERT INTO evidence SELECT * FROM new.{evidence}")  # noqa: S608 - our own names
    old.close()
    SqliteLedger(path).close()
    assert all_of(path) == all_of(new)
    copy = tmp_path / "ledger.sqlite.schema-4.backup"
    assert str(copy) in caplog.text
    assert (check(copy).schema, check(copy).raw_runs) == (4, 30)
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError, match="never removed"):
        db.execute(f"DELETE FROM {run}")  # noqa: S608 - our own names
    db.close()

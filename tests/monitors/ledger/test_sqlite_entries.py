"""Entries in the SQLite file: other processes tell them while the monitor writes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError
from monitors.ledger import sqlite_file
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.factories import NOON_MS, an_entry, some_runs
from tests.monitors.ledger.test_sqlite import opened

ROOT = Path(__file__).resolve().parents[3]
TELLER = """
import sys
from pathlib import Path
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.factories import an_entry
entries = SqliteEntries(Path(sys.argv[1]))
for number in range(40):
    print(entries.keep_entry(an_entry(by=f"{sys.argv[2]} {number}")).number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_two_processes_tell_entries_while_the_monitor_writes_and_each_has_a_number_of_its_own(path: Path):
    ledger = opened(path)
    tellers = [
        subprocess.Popen([sys.executable, "-c", TELLER, str(path), name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("satu", "dua")
    ]
    sequence = 0
    while any(teller.poll() is None for teller in tellers):
        runs = some_runs("u", started_ms=NOON_MS + sequence * 30_000)
        batch = [replace(run, sequence=sequence) for run in runs]
        ledger.append(batch, life="life-1", heartbeat_ms=NOON_MS + sequence * 30_000)
        sequence += 1
    numbers = [int(line) for teller in tellers for line in teller.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 81))
    assert [entry.number for entry in ledger.entries()] == list(range(1, 81))
    assert sum(1 for _ in ledger.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)) == sequence > 0
    ledger.close()


def test_a_commit_is_synced_before_keep_entry_returns(path: Path):
    opened(path).close()
    entries = SqliteEntries(path)
    assert entries._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert entries._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    entries.close()


def test_a_decision_that_fails_leaves_nothing_of_it(path: Path):
    opened(path).close()
    entries = SqliteEntries(path)
    with pytest.raises(ValueError, match="by whom"), entries.deciding():
        entries.keep_entry(entries.keep_entry(an_entry()) and an_entry(by=""))
    assert entries.entries() == ()
    entries.close()


def test_nobody_tells_anything_while_another_decides(path: Path, monkeypatch):
    opened(path).close()
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.0)
    one, other = SqliteEntries(path), SqliteEntries(path)
    with one.deciding(), pytest.raises(LedgerError, match="held it locked"):
        other.keep_entry(an_entry())
    other.keep_entry(an_entry())
    assert len(one.entries()) == 1
    one.close()
    other.close()


def test_an_older_schema_is_brought_up_to_date_where_no_monitor_writes(path: Path, monkeypatch):
    steps = sqlite_file.migrations()
    monkeypatch.setattr(sqlite_file, "migrations", lambda: steps[:3])
    sqlite_file.open_for_writing(path).close()
    monkeypatch.undo()
    entries = SqliteEntries(path)
    assert entries.keep_entry(an_entry()).number == 1
    entries.close()


def test_an_older_schema_under_a_writer_is_told(path: Path, monkeypatch):
    steps = sqlite_file.migrations()
    monkeypatch.setattr(sqlite_file, "migrations", lambda: steps[:3])
    ledger = SqliteLedger(path)
    monkeypatch.undo()
    with pytest.raises(LedgerError, match="already writes this ledger"):
        SqliteEntries(path)
    ledger.close()


def test_where_there_is_no_ledger_none_is_made(path: Path):
    with pytest.raises(LedgerError, match="there is no ledger yet"):
        SqliteEntries(path)
    assert not path.exists()


def test_another_programs_file_is_left_alone(path: Path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(LedgerError, match="no ledger of Siaga24"):
        SqliteEntries(path)

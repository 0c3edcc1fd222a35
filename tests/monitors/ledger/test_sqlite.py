"""The SQLite ledger: durable, append-only, one writer, and a sentence for all that may befall a file."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError
from monitors.core.heartbeat import Report
from monitors.core.history import Gap, Life
from monitors.core.model import Verdict
from monitors.ledger import sqlite_file
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS, names_of
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_rebuild import SqliteRebuild
from tests.factories import NOON_MS, a_run, a_target, an_entry, some_runs

ROOT = Path(__file__).parents[3]
HOUR_MS = 3_600_000
NEWEST = sqlite_file.migrations()[-1][0]
RUN, EVIDENCE = names_of(NOON_MS // DAY_MS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def opened(path: Path, life: str = "life-1") -> SqliteLedger:
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life=life, vantage="local", opened_ms=NOON_MS))
    ledger.record_targets([a_target()], life=life, at_ms=NOON_MS)
    return ledger


def sequences(path: Path) -> list[int]:
    reader = SqliteReader(path)
    found = [run.sequence for run in reader.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)]
    reader.close()
    return found


def test_a_commit_is_synced_before_append_returns(path: Path):
    """Write-ahead log with synchronous=FULL (2): SQLite syncs the log at each commit."""
    ledger = opened(path)
    assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)
    ledger.close()


WRITER = """
import sys
from pathlib import Path
from monitors.core.history import Life
from monitors.ledger.sqlite import SqliteLedger
from tests.factories import NOON_MS, a_run, a_target
ledger = SqliteLedger(Path(sys.argv[1]))
life = sys.argv[2]
ledger.open_life(Life(life=life, vantage="local", opened_ms=NOON_MS))
ledger.record_targets([a_target()], life=life, at_ms=NOON_MS)
sequence = 0
while True:
    runs = [a_run(life=life, sequence=sequence + i, started_ms=NOON_MS + 1000 * (sequence + i)) for i in range(7)]
    ledger.append(runs, life=life, heartbeat_ms=runs[-1].ended_ms)
    sequence += 7
    print(sequence, flush=True)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
def test_what_was_acknowledged_outlives_kill_9_at_any_moment(path: Path, kills: int):
    """And the stretches that are there afterwards are those that the runs make: nothing derived was left half done."""
    chance = random.Random(24)
    acknowledged = {}
    for number in range(kills):
        life = f"life-{number}"
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), life], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        assert child.stdout is not None
        seen = 0
        for _ in range(chance.randrange(1, 60)):
            seen = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().split()
        child.stdout.close()
        child.wait()
        acknowledged[life] = max([seen, *map(int, rest[:-1])])
    reader = SqliteReader(path)
    for life, count in acknowledged.items():
        kept = {run.sequence for run in reader.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2) if run.life == life}
        assert kept >= set(range(count))
        assert len(kept) % 7 == 0, "half a batch was kept"
    reader.close()
    rebuild = SqliteRebuild(path)
    found = rebuild.compare()
    rebuild.close()
    assert found.difference is None
    assert found.runs > 0


@pytest.mark.parametrize("statement", [
    "UPDATE RUN SET code = 0",
    "DELETE FROM RUN",
    "UPDATE EVIDENCE SET detail = x'00'",
    "DELETE FROM EVIDENCE",
    "UPDATE definition SET document = '{}'",
    "DELETE FROM definition",
    "UPDATE gap SET end_ms = end_ms + 1",
    "DELETE FROM gap",
    "UPDATE series SET service = 'lain'",
    "DELETE FROM series",
    "UPDATE report SET succeeded = 0",
    "DELETE FROM report",
    "UPDATE entry SET body = '{}'",
    "DELETE FROM entry",
    "UPDATE life SET opened_ms = 0",
    "UPDATE life SET heartbeat_ms = heartbeat_ms - 1",
    "DELETE FROM life",
])
def test_nothing_in_the_file_can_be_changed_or_removed(path: Path, statement: str):
    ledger = opened(path)
    gap = Gap(life="life-1", start_ms=NOON_MS + 1, end_ms=NOON_MS + 2, reason="suspended")
    ledger.append(some_runs("ud"), life="life-1", heartbeat_ms=NOON_MS + 60_000, gaps=[gap])
    ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS), life="life-1")
    ledger.keep_entry(an_entry())
    ledger.close()
    with sqlite3.connect(path) as other, pytest.raises(sqlite3.IntegrityError, match="in the ledger"):
        other.execute(statement.replace("RUN", RUN).replace("EVIDENCE", EVIDENCE))
    other.close()


@pytest.mark.parametrize("table", [RUN, EVIDENCE, "definition", "life", "report", "entry"])
def test_a_row_cannot_be_replaced_either(path: Path, table: str):
    ledger = opened(path)
    ledger.append(some_runs("ud"), life="life-1", heartbeat_ms=NOON_MS + 60_000)
    ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS), life="life-1")
    ledger.keep_entry(an_entry())
    ledger.close()
    with sqlite3.connect(path) as other:
        before = other.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()  # noqa: S608 - our own table names
        changed = (*before[:-1], b"x" if table in {RUN, EVIDENCE} else "x")
        places = ", ".join("?" * len(before))
        other.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", changed)  # noqa: S608
        assert other.execute(f"SELECT * FROM {table} LIMIT 1").fetchone() == before  # noqa: S608
    other.close()


HOLDER = """
import sys
from pathlib import Path
from monitors.ledger.sqlite import SqliteLedger
ledger = SqliteLedger(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_is_told_who_writes(path: Path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(LedgerError, match=f"process {child.pid} already writes this ledger"):
        SqliteLedger(path)
    child.kill()
    child.communicate()
    SqliteLedger(path).close()           # the lock ended with its holder


def test_a_reader_reads_while_the_writer_writes_and_a_snapshot_is_of_one_moment(path: Path):
    ledger = opened(path)
    ledger.append([a_run()], life="life-1", heartbeat_ms=NOON_MS + 1_000)
    reader = SqliteReader(path)
    with reader.snapshot():
        assert len(reader.last_runs()) == 1
        ledger.append(some_runs("uuu"), life="life-1", heartbeat_ms=NOON_MS + 90_000)
        assert reader.lives()[0].heartbeat_ms == NOON_MS + 1_000
        assert reader.last_runs()[0].sequence == 0
    assert reader.lives()[0].heartbeat_ms == NOON_MS + 90_000
    assert reader.last_runs()[0].sequence == 2
    reader.close()
    ledger.close()


def test_a_reader_cannot_write(path: Path):
    opened(path).close()
    reader = SqliteReader(path)
    with pytest.raises(LedgerError, match="may not be written"), sqlite_file.told(path, "write"):
        reader._db.execute("INSERT INTO life VALUES (9, 'x', 'y', 0, 0, 0, '', 0, '')")
    reader.close()


def test_stretches_are_stored_when_their_hour_is_over_and_a_month_is_read_from_them(path: Path):
    ledger = opened(path)
    ledger.append(some_runs("u" * 240), life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS + 30_000)
    stored = ledger._db.execute("SELECT first_sequence, last_sequence FROM stretch ORDER BY 1").fetchall()
    assert stored == [(0, 119), (120, 239)]
    ledger.close()


def test_a_dead_lifes_open_stretch_is_stored_when_the_next_life_opens(path: Path):
    ledger = opened(path)
    ledger.append(some_runs("uuu"), life="life-1", heartbeat_ms=NOON_MS + 61_000)
    ledger.close()
    ledger = opened(path, "life-2")
    assert ledger._db.execute("SELECT first_sequence, last_sequence FROM stretch").fetchall() == [(0, 2)]
    ledger.close()


def test_the_file_keeps_a_run_of_one_step_in_under_sixty_bytes(path: Path):
    ledger = opened(path)
    for first in range(0, 20_000, 2_000):
        runs = [a_run(sequence=first + i, started_ms=NOON_MS + (first + i) * 1_000) for i in range(2_000)]
        ledger.append(runs, life="life-1", heartbeat_ms=runs[-1].ended_ms)
    ledger.close()
    assert path.stat().st_size / 20_000 < 60


# What may befall a file.

def test_where_there_is_no_ledger_a_reader_says_what_to_start(path: Path):
    with pytest.raises(LedgerError, match='there is no ledger yet; start "siaga24 monitor run"'):
        SqliteReader(path)
    assert not path.exists()


def test_a_ledger_that_is_being_made_is_still_empty(path: Path):
    path.touch()
    with pytest.raises(LedgerError, match="still empty"):
        SqliteReader(path)


@pytest.mark.parametrize("kind", [SqliteLedger, SqliteReader])
def test_a_newer_schema_is_named(path: Path, kind):
    opened(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(LedgerError, match=f"has schema 99 but this version knows schema {NEWEST}; use the newer"):
        kind(path)


@pytest.mark.parametrize("kind", [SqliteLedger, SqliteReader])
def test_another_programs_file_is_left_alone(path: Path, kind):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is no ledger of Siaga24"):
        kind(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", [SqliteLedger, SqliteReader])
def test_a_file_that_is_no_database_is_told_and_left_alone(path: Path, kind):
    path.write_text("not a database at all, " * 100, encoding="utf-8")
    with pytest.raises(LedgerError, match="damaged or no ledger"):
        kind(path)
    assert path.read_text(encoding="utf-8").startswith("not a database")


def test_a_damaged_page_is_told_with_what_to_do(path: Path):
    ledger = opened(path)
    ledger.append(some_runs("ud" * 400), life="life-1", heartbeat_ms=NOON_MS + 8 * HOUR_MS)
    ledger.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"\xff" * (size - 4096 * 5))
    with pytest.raises(LedgerError, match=r"damaged .* keep a copy of ledger\.sqlite\*"):
        sequences(path)


def test_a_file_that_another_program_holds_locked_is_told(path: Path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.05)
    ledger = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="another program held it locked"):
        ledger.append([a_run()], life="life-1", heartbeat_ms=NOON_MS + 1_000)
    other.execute("ROLLBACK")
    other.close()
    assert ledger.append([a_run()], life="life-1", heartbeat_ms=NOON_MS + 1_000) == 1
    ledger.close()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path):
    (tmp_path / "state").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="cannot open the ledger"):
        SqliteLedger(tmp_path / "state" / "ledger.sqlite")


def test_a_schema_step_that_fails_leaves_nothing_half_made(path: Path, tmp_path: Path, monkeypatch):
    opened(path).close()
    broken = tmp_path / "broken.sql"
    broken.write_text("CREATE TABLE half (x); CREATE TABLE half (x);", encoding="utf-8")
    steps = (*sqlite_file.migrations(), (NEWEST + 1, broken))
    monkeypatch.setattr(sqlite_file, "migrations", lambda: steps)
    with pytest.raises(LedgerError, match="already exists"):
        SqliteLedger(path)
    monkeypatch.undo()
    ledger = SqliteLedger(path)
    assert ledger._db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone() == (0,)
    ledger.close()


def test_an_older_schema_is_told_to_a_reader_and_mended_by_the_writer(path: Path, tmp_path: Path, monkeypatch):
    opened(path).close()
    step = tmp_path / "more.sql"
    step.write_text("CREATE TABLE more (x);", encoding="utf-8")
    steps = (*sqlite_file.migrations(), (NEWEST + 1, step))
    monkeypatch.setattr(sqlite_file, "migrations", lambda: steps)
    with pytest.raises(LedgerError, match=f"has schema {NEWEST} but this version reads {NEWEST + 1}"):
        SqliteReader(path)
    SqliteLedger(path).close()
    SqliteReader(path).close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a real file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "siaga24-test", str(folder)], capture_output=True, text=True, check=False,
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk needs root: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(filler: Path) -> None:
    """Write until the disk takes no byte more."""
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 512):
            pass


def test_a_full_disk_is_told_loses_nothing_acknowledged_and_the_batch_can_be_given_again(small_disk: Path):
    path = small_disk / "ledger.sqlite"
    ledger = opened(path)
    first = some_runs("u" * 50)
    ledger.append(first, life="life-1", heartbeat_ms=first[-1].ended_ms)
    filler = small_disk / "filler"
    fill(filler)
    batch = [a_run(sequence=50 + i, started_ms=first[-1].started_ms + 30_000 * (i + 1), verdict=Verdict.DOWN)
             for i in range(2_000)]
    with pytest.raises(LedgerError, match="the disk is full; free space there; what was not written can be given again"):
        ledger.append(batch, life="life-1", heartbeat_ms=batch[-1].ended_ms)
    assert len(sequences(path)) == 50
    filler.unlink()
    assert ledger.append(batch[:1_000], life="life-1", heartbeat_ms=batch[999].ended_ms) == 1_000
    assert sequences(path) == list(range(1_050))
    ledger.close()


def test_a_read_only_disk_is_told_and_still_read(small_disk: Path):
    path = small_disk / "ledger.sqlite"
    ledger = opened(path)
    ledger.append(some_runs("uu"), life="life-1", heartbeat_ms=NOON_MS + 60_000)
    ledger.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LedgerError, match="read-only file system; expected a folder that this user may write"):
        SqliteLedger(path)

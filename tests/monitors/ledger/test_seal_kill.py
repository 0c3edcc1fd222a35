"""kill -9 of the monitor that writes and of the command that seals, at any moment: no seal breaks, and none is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from monitors.core.seal_lines import block_digest
from monitors.ledger.sqlite_blocks import SqliteBlocks
from monitors.ledger.sqlite_days import DayTables, names_of
from monitors.ledger.sqlite_sealer import SqliteSealer
from monitors.ledger.sqlite_seals import SqliteSeals
from tests.monitors.ledger.sealed import KEY
from tests.monitors.ledger.test_sqlite_sealer import checked

ROOT = Path(__file__).parents[3]
# a life begins where the last one was heard of; each batch is an hour, and what of it is held back comes hours late
WRITER = """
import random, sys, time
from pathlib import Path
from monitors.core.history import Life
from monitors.ledger.sqlite import SqliteLedger
from tests.factories import NOON_MS
from tests.factories import a_target, a_transaction, some_runs
path, life, chance = Path(sys.argv[1]), sys.argv[2], random.Random(sys.argv[2])
ledger = SqliteLedger(path)
begin_ms = max([NOON_MS, *(other.heartbeat_ms + 60_000 for other in ledger.lives())])
ledger.open_life(Life(life=life, vantage="local", opened_ms=begin_ms))
services = ("antrean", "obat")
ledger.record_targets(
    [a_target(service=one, transactions=(a_transaction(interval_ms=600_000),)) for one in services],
    life=life, at_ms=begin_ms,
)
letters = ("u" * 40 + "ed-n" + "u" * 20) * 14
whole = [some_runs(letters, service=one, life=life, interval_ms=600_000, started_ms=begin_ms) for one in services]
held = []
for hour in range(len(letters) // 6):
    runs = [run for of_service in whole for run in of_service[hour * 6:hour * 6 + 6]]
    late = [run for run in runs if chance.random() < 0.05]
    given = [run for run in runs if run not in late] + (held if hour % 4 == 0 else [])
    ledger.append(given, life=life, heartbeat_ms=begin_ms + (hour + 1) * 3_600_000)
    held = late + ([] if hour % 4 == 0 else held)
    print(hour, flush=True)
time.sleep(60)
"""
SEALER = """
import sys
from pathlib import Path
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_sealer import SqliteSealer
from tests.monitors.ledger.sealed import KEY
sealer, reader = SqliteSealer(Path(sys.argv[1])), SqliteReader(Path(sys.argv[1]))
while True:
    day, now_ms = sealer.next_day(), max(life.heartbeat_ms for life in reader.lives())
    if sealer.why_not(day, now_ms):
        print("waiting", flush=True)
        continue
    seal = sealer.seal_day(day, KEY, now_ms=now_ms).seal
    print(seal.digest, flush=True)
"""


def started(script: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *args], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def killed(child: subprocess.Popen[str]) -> list[str]:
    """Kill a child and give what it had said in whole lines."""
    os.kill(child.pid, signal.SIGKILL)
    assert child.stdout is not None
    said = child.stdout.read()
    child.stdout.close()
    child.wait()
    return said[:said.rfind("\n") + 1].split()


def blocks_that_do_not_agree(path: Path) -> list[tuple[int, int, int]]:
    """Digest all blocks anew from the raw runs, and find runs of sealed days that no block has."""
    db = sqlite3.connect(path)
    days = DayTables(db)
    days.look()
    blocks = SqliteBlocks(db, days)
    found = []
    for hour, series, number, runs, digest in db.execute("SELECT hour, series, number, runs, digest FROM block"):
        lines = blocks.lines_of_block(hour, series, number)
        if len(lines) != runs or block_digest(lines) != digest.hex():
            found.append((hour, series, number))
    last, late_to = db.execute(
        "SELECT day, json_extract(told, '$.late') FROM seal ORDER BY number DESC LIMIT 1",
    ).fetchone()
    for day in (day for day in days.look() if day <= last):
        raw = db.execute(f"SELECT count(*) FROM {names_of(day).run}").fetchone()[0]      # noqa: S608 - digits of a date
        digested = db.execute("SELECT coalesce(sum(runs), 0) FROM block WHERE hour / 24 = ?", (day,)).fetchone()[0]
        waiting = db.execute("SELECT count(*) FROM late WHERE id > ? AND hour / 24 = ?", (late_to, day)).fetchone()[0]
        if raw != digested + waiting:
            found.append((day, raw, digested))
    db.close()
    return found


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.long)])
def test_no_seal_breaks_and_none_is_lost(tmp_path: Path, kills: int) -> None:
    path = tmp_path / "ledger.sqlite"
    chance = random.Random(24)
    acknowledged: list[str] = []
    for number in range(kills):
        writer = started(WRITER, str(path), f"life-{number}")
        assert writer.stdout is not None
        for _ in range(30):
            writer.stdout.readline()
        if number == 0:
            sealer = SqliteSealer(path)
            sealer.introduce(KEY, None, by="Sari", at_ms=1)
            sealer.close()
        sealing = started(SEALER, str(path))
        assert sealing.stdout is not None
        said = [sealing.stdout.readline().strip() for _ in range(chance.randrange(1, 12))]
        first, second = (writer, sealing) if chance.random() < 0.5 else (sealing, writer)
        one, other = killed(first), killed(second)
        acknowledged += [line for line in (*said, *(one if first is sealing else other)) if line != "waiting"]
    reader = SqliteSeals(path)
    digests = [seal.digest for seal in reader.seals()]
    now_ms = max(life.heartbeat_ms for life in reader.lives()) + SqliteSealer.patience_ms
    reader.close()
    assert acknowledged
    assert set(acknowledged) <= set(digests)
    # what is left is sealed by one that nobody kills
    sealer = SqliteSealer(path)
    while (day := sealer.next_day()) is not None and not sealer.why_not(day, now_ms):
        sealer.seal_day(day, KEY, now_ms=now_ms)
    late = sum(seal.late for seal in sealer.seals())
    sealer.close()
    assert late > 0
    assert checked(path) == []
    assert blocks_that_do_not_agree(path) == []

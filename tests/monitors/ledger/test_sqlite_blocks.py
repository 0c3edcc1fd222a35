"""Raw runs are digested hour by hour as they are written; a crash costs nothing, and what comes late is told apart."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.core.history import Life
from monitors.core.model import Run
from monitors.core.seal_lines import block_digest, run_line
from monitors.ledger.packing import unpacked
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS, names_of
from tests.factories import NOON_MS, a_run, a_target, some_runs

HOUR_MS = 3_600_000
HOUR = NOON_MS // HOUR_MS
SETTLED_MS = NOON_MS + HOUR_MS + 120_000
RUN, EVIDENCE = names_of(NOON_MS // DAY_MS)
SERVICES = 9


def opened(path: Path, life: str = "life-1", *, services: int = 1) -> SqliteLedger:
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life=life, vantage="local", opened_ms=NOON_MS))
    ledger.record_targets([a_target(service=f"s{number}") for number in range(services)], life=life, at_ms=NOON_MS)
    return ledger


def an_hour(letters: str = "ue-dn" + "u" * 115, *, service: str = "s0", life: str = "life-1") -> list[Run]:
    return list(some_runs(letters, service=service, life=life))


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path)
    try:
        yield db
    finally:
        db.close()


def blocks(path: Path) -> list[tuple[int, int, int, int, str]]:
    with reading(path) as db:
        return [
            (hour, series, number, runs, digest.hex()) for hour, series, number, runs, digest in
            db.execute("SELECT hour, series, number, runs, digest FROM block ORDER BY series, hour, number")
        ]


def digest_of(path: Path, series: int, hour: int = HOUR) -> str:
    """Digest an hour's rows as they lie in the file, in plain words."""
    with reading(path) as db:
        rows = db.execute(
            f"SELECT r.*, e.detail FROM {RUN} r LEFT JOIN {EVIDENCE} e ON e.series = r.series "  # noqa: S608
            "AND e.sequence = r.sequence WHERE r.series = ? AND r.minute / 60 = ? ORDER BY r.minute, r.sequence",
            (series, hour),
        ).fetchall()
    return block_digest(
        run_line((minute, sequence, offset, late, took, code), phases, unpacked(detail).decode() if detail else None)
        for minute, _, sequence, offset, late, took, code, phases, detail in rows
    )


def test_an_hours_runs_are_digested_two_minutes_after_its_end(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    ledger.append(an_hour(), life="life-1", heartbeat_ms=SETTLED_MS - 1)
    assert blocks(path) == []
    ledger.append([], life="life-1", heartbeat_ms=SETTLED_MS)
    assert blocks(path) == [(HOUR, 1, 0, 120, digest_of(path, 1))]
    ledger.close()


def test_many_series_take_several_batches_and_each_is_digested_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path, services=SERVICES)
    ledger.append(
        [run for number in range(SERVICES) for run in an_hour(service=f"s{number}")], life="life-1",
        heartbeat_ms=SETTLED_MS - 1,
    )
    counts = []
    for beat in range(6):
        ledger.append([], life="life-1", heartbeat_ms=SETTLED_MS + beat)
        counts.append(len(blocks(path)))
    assert 0 < counts[0] < SERVICES
    assert counts[-1] == SERVICES
    assert blocks(path) == [
        (HOUR, series, 0, 120, digest_of(path, series)) for series in range(1, SERVICES + 1)
    ]
    ledger.close()


def test_a_new_process_goes_on_where_the_one_before_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path, services=SERVICES)
    ledger.append(
        [run for number in range(SERVICES) for run in an_hour(service=f"s{number}")], life="life-1",
        heartbeat_ms=SETTLED_MS - 1,
    )
    ledger.append([], life="life-1", heartbeat_ms=SETTLED_MS)
    some = blocks(path)
    ledger.close()
    assert 0 < len(some) < SERVICES
    later = opened(path, "life-2", services=SERVICES)
    for beat in range(6):
        later.append([], life="life-2", heartbeat_ms=SETTLED_MS + beat)
    later.close()
    assert [(block[1], block[4]) for block in blocks(path)] == [
        (series, digest_of(path, series)) for series in range(1, SERVICES + 1)
    ]


def test_the_last_hour_of_a_dead_life_is_digested_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    ledger.append(an_hour()[:50], life="life-1", heartbeat_ms=NOON_MS + 2_000_000)
    ledger.close()
    later = opened(path, "life-2")
    later.append([], life="life-2", heartbeat_ms=SETTLED_MS)
    later.close()
    assert blocks(path) == [(HOUR, 1, 0, 50, digest_of(path, 1))]


def test_what_comes_after_its_hours_block_is_told_to_be_late(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    runs = an_hour()
    ledger.append(runs[:60] + runs[62:], life="life-1", heartbeat_ms=SETTLED_MS)
    before = blocks(path)
    ledger.append([runs[60]], life="life-1", heartbeat_ms=SETTLED_MS + 1_000)
    ledger.append([runs[60], runs[61]], life="life-1", heartbeat_ms=SETTLED_MS + 2_000)
    with reading(path) as db:
        assert db.execute("SELECT hour, series, sequence FROM late ORDER BY id").fetchall() == [
            (HOUR, 1, 60), (HOUR, 1, 61),
        ]
    assert blocks(path) == before
    with ledger._transaction():
        last = ledger._blocks.make_late(0)
        assert ledger._blocks.make_late(0) == last       # made once, however often
    (_, _, number, count, digest), = [block for block in blocks(path) if block not in before]
    assert (number, count) == (1, 2)
    with ledger._transaction():
        assert digest == block_digest(ledger._blocks.lines_of_block(HOUR, 1, 1))
        assert before[0][4] == block_digest(ledger._blocks.lines_of_block(HOUR, 1, 0))
    ledger.close()


def test_runs_of_another_hour_are_in_another_block(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    ledger.append(an_hour("u" * 130), life="life-1", heartbeat_ms=SETTLED_MS + HOUR_MS)
    assert [block[:4] for block in blocks(path)] == [(HOUR, 1, 0, 120), (HOUR + 1, 1, 0, 10)]
    assert [block[4] for block in blocks(path)] == [digest_of(path, 1), digest_of(path, 1, HOUR + 1)]
    ledger.close()


@pytest.mark.parametrize("statement", [
    "UPDATE block SET runs = 1",
    "DELETE FROM block",
    "INSERT OR REPLACE INTO block SELECT hour, series, number, 1, digest, late_to FROM block",
    "DELETE FROM block_hour",
    "UPDATE block_hour SET hour = 1",
])
def test_nobody_changes_a_block_by_sql(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    ledger.append(an_hour(), life="life-1", heartbeat_ms=SETTLED_MS)
    before = blocks(path)
    with contextlib.suppress(sqlite3.IntegrityError):
        ledger._db.execute(statement)
    ledger.close()
    assert blocks(path) == before
    assert before[0][3] == 120


def test_a_run_of_a_life_unknown_to_the_ledger_in_a_sealed_day_is_late(tmp_path: Path) -> None:
    """The life gave no sign in that hour when its day was sealed, so that no block of it was begun."""
    path = tmp_path / "ledger.sqlite"
    ledger = opened(path)
    with ledger._transaction():
        ledger._db.execute("INSERT INTO sealing VALUES (?)", (NOON_MS // DAY_MS,))
    ledger.append([a_run(service="s0")], life="life-1", heartbeat_ms=SETTLED_MS)
    with reading(path) as db:
        assert db.execute("SELECT hour, sequence FROM late").fetchall() == [(HOUR, 0)]
    assert blocks(path) == []
    ledger.close()

"""Stretches made anew from raw runs are the stored ones, byte for byte; a changed one is named."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from monitors.core.history import Gap, Life
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_rebuild import Rebuilt, SqliteRebuild, describe
from tests.bench.made_ledger import Made, make_ledger
from tests.factories import NOON_MS, a_target, a_transaction, some_runs


def compared(path: Path) -> Rebuilt:
    reader = SqliteRebuild(path)
    found = reader.compare()
    reader.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with late runs, a gap that was told late, a changed interval, two lives and an open hour."""
    path = tmp_path / "ledger.sqlite"
    chance = random.Random(3)
    ledger = SqliteLedger(path)
    for number, life in enumerate(("life-1", "life-2")):
        start_ms = NOON_MS + number * 12_000_000
        ledger.open_life(Life(life=life, vantage="local", opened_ms=start_ms))
        interval_ms = 30_000 * (number + 1)
        ledger.record_targets(
            [a_target(transactions=(a_transaction(interval_ms=interval_ms),))], life=life, at_ms=start_ms,
        )
        runs = list(some_runs(
            "".join(chance.choices("ued-n", (90, 3, 3, 2, 2), k=180)), life=life, started_ms=start_ms + 7,
            interval_ms=interval_ms,
        ))
        late = [runs.pop(place) for place in (150, 100, 30)]
        gap = Gap(life=life, start_ms=start_ms + 600_000, end_ms=start_ms + 700_000, reason="suspended")
        end_ms = runs[-1].ended_ms
        ledger.append(runs[:90], life=life, heartbeat_ms=runs[89].ended_ms)
        ledger.append(runs[90:], life=life, heartbeat_ms=end_ms, gaps=[gap])
        ledger.append(late, life=life, heartbeat_ms=end_ms)
    ledger.close()
    return path


def test_what_is_stored_is_what_raw_runs_make(path: Path):
    found = compared(path)
    assert found.difference is None
    assert found.runs > 200
    assert found.stretches > 20


@pytest.mark.parametrize("change", [
    "UPDATE stretch SET end_ms = end_ms + 1 WHERE rowid_ = 5",
    "UPDATE stretch SET reason = 'lain' WHERE rowid_ = 9",
    "DELETE FROM stretch WHERE rowid_ = 7",
    ("INSERT INTO stretch SELECT series, 9000, 9001, verdict, start_ms, last_start_ms, end_ms, hold_ms, missed, "
    "first_try_failures, good_end_ms, good_start_ms, bad_start_ms, bad_end_ms, failed_step, reason FROM stretch LIMIT 1"),
])
def test_any_other_stretch_is_named(path: Path, change: str):
    with sqlite3.connect(path) as db:
        keys = db.execute("SELECT series, first_sequence FROM stretch ORDER BY 1, 2").fetchall()
        before, _, place = change.partition("rowid_ = ")
        if place:
            series, first = keys[int(place)]
            change = f"{before} series = {series} AND first_sequence = {first}"
        db.execute(change)
    db.close()
    found = compared(path)
    assert found.difference is not None
    told = describe(found.difference)
    assert "dinkes/antrean/ambil-nomor at local" in told
    assert (f"from sequence {first} on" if place else "from sequence 9000 on") in told


def test_a_made_ledger_agrees_on_its_day_with_raw_runs(tmp_path: Path):
    make_ledger(tmp_path / "ledger.sqlite", Made(services=2, days=3))
    found = compared(tmp_path / "ledger.sqlite")
    assert found.difference is None
    assert found.runs == 2 * 2_880

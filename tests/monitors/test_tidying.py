"""The monitor's own tidying: what is due goes, what stands in its way is told once, and a stop ends it."""

from __future__ import annotations

from pathlib import Path

from monitors.ledger.retention import RetentionRules
from monitors.tidying import Tidying
from tests.cli.ledgers import END_MS, write_ledger
from tests.factories import FixedClock
from tests.monitors.ledger.test_sqlite_tidy import LATER_MS, sequences, written


def a_tidying(path: Path, now_ms: int = LATER_MS, **given: float) -> tuple[Tidying, list[str]]:
    notes: list[str] = []
    return Tidying(path, RetentionRules(), FixedClock(now_ms=now_ms), notes.append, **given), notes


def test_what_is_due_goes_and_is_told(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 50).close()
    tidying, notes = a_tidying(path)
    tidying.tidy()
    assert sequences(path) == []
    assert notes == [
        "raw runs of 2026-01-01 (UTC) were let go by deadline: 50 gone, 0 kept; no figure changes",
    ]
    tidying.tidy()
    assert len(notes) == 1


def test_nothing_is_due_in_a_young_ledger(tmp_path: Path):
    tidying, notes = a_tidying(write_ledger(tmp_path / "ledger.sqlite"), END_MS + 60_000)
    tidying.tidy()
    assert notes == []


def test_what_stands_in_its_way_is_told_once(tmp_path: Path):
    tidying, notes = a_tidying(tmp_path / "gone.sqlite")
    tidying.tidy()
    tidying.tidy()
    assert len(notes) == 1
    assert "old raw runs could not be let go" in notes[0]


def test_its_thread_ends_when_it_is_stopped(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 5).close()
    tidying, _ = a_tidying(path, first_s=0.0)
    tidying.start()
    tidying.stop()
    assert not tidying._thread.is_alive()

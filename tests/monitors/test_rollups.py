"""The monitor rolls its days up by itself, stops when asked, and tells once why it could not."""

from __future__ import annotations

from pathlib import Path

from monitors.core.history import Life
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_rollup_job import Rolled
from monitors.ledger_name import ServerLedger
from monitors.rollups import Rollups
from tests.factories import NOON_MS, FixedClock, a_target, a_transaction, some_runs

INTERVAL_MS = 600_000


def written(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(
        [a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),))], life="life-1", at_ms=NOON_MS,
    )
    runs = some_runs("u" * 240, interval_ms=INTERVAL_MS)
    ledger.append(runs, life="life-1", heartbeat_ms=runs[-1].ended_ms)
    ledger.close()


def test_days_that_are_settled_are_rolled_up(tmp_path: Path):
    written(tmp_path / "ledger.sqlite")
    notes: list[str] = []
    job = Rollups(tmp_path / "ledger.sqlite", FixedClock(now_ms=NOON_MS + 240 * INTERVAL_MS), notes.append)
    assert job.roll() == Rolled(days=2)
    assert job.roll() == Rolled()
    assert notes == []


def test_a_stop_ends_the_pass_between_two_services(tmp_path: Path):
    written(tmp_path / "ledger.sqlite")
    job = Rollups(tmp_path / "ledger.sqlite", FixedClock(now_ms=NOON_MS + 240 * INTERVAL_MS), lambda _: None, first_s=0)
    job.stop()
    assert job.roll().days == 2, "what was begun is written, without a rest"
    job.stop()


def test_a_ledger_that_cannot_be_written_is_told_of_once(tmp_path: Path):
    notes: list[str] = []
    job = Rollups(tmp_path / "none.sqlite", FixedClock(), notes.append)
    assert (job.roll(), job.roll()) == (Rolled(), Rolled())
    assert len(notes) == 1
    assert "there is no ledger yet" in notes[0]


def test_a_ledger_on_a_server_is_left_alone():
    job = Rollups(ServerLedger(user="", hosts="", database="siaga24"), FixedClock(), lambda _: None)
    job.start()
    assert job.roll() == Rolled()
    job.stop()

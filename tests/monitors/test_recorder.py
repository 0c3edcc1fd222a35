"""Recording: durable before visible, nothing lost that was shown, and what happens while the ledger refuses."""

from __future__ import annotations

from typing import Any

import pytest

from monitors.core.errors import LedgerError
from monitors.core.history import Gap, Life
from monitors.ledger.memory import MemoryLedger
from monitors.recorder import Recorder
from monitors.spool import Spool
from tests.factories import NOON_MS, a_run, a_target, some_runs

LIFE = "life-1"


class Disk:
    """A real ledger in memory behind a disk that can be full; it writes down the order of what happens."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.ledger.open_life(Life(life=LIFE, vantage="local", opened_ms=NOON_MS - 1000))
        self.events: list[object] = []
        self.is_full = False

    def _check(self) -> None:
        if self.is_full:
            self.events.append("refused")
            raise LedgerError("/srv/ledger.sqlite: cannot write the ledger: the disk is full; make room")

    def record_targets(self, targets, *, life, at_ms):
        self._check()
        self.events.append(("targets", len(targets)))
        return self.ledger.record_targets(targets, life=life, at_ms=at_ms)

    def append(self, runs, *, life, heartbeat_ms, gaps=()):
        self._check()
        new = self.ledger.append(runs, life=life, heartbeat_ms=heartbeat_ms, gaps=gaps)
        self.events.append(("appended", len(runs)))
        return new

    def open_life(self, life):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError


class Counted:
    """The monitor's own metrics."""

    def __init__(self) -> None:
        self.batches: list[dict[str, Any]] = []
        self.failures = self.waiting = 0

    def appended(self, **figures):
        self.batches.append(figures)

    def ledger_failed(self):
        self.failures += 1

    def backlog(self, runs):
        self.waiting = runs


def a_recorder(**given) -> tuple[Recorder, Disk, Counted]:
    disk, gauges = Disk(), Counted()
    recorder = Recorder(
        disk, life=LIFE, now_ms=NOON_MS, publish=lambda runs: disk.events.append(("shown", len(runs))), gauges=gauges,
        **given,
    )
    recorder.define([a_target()], NOON_MS)
    recorder._write()
    disk.events.clear()
    return recorder, disk, gauges


def in_ledger(disk: Disk) -> list[int]:
    return [run.sequence for run in disk.ledger.runs("dinkes", "antrean", start_ms=0, end_ms=2**60)]


def test_runs_are_shown_only_after_they_are_durable():
    recorder, disk, _ = a_recorder()
    for run in some_runs("uud"):
        recorder.put(run)
    assert disk.events == []
    recorder._write()
    assert disk.events == [("appended", 3), ("shown", 3)]
    assert in_ledger(disk) == [0, 1, 2]


def test_nothing_is_shown_while_the_ledger_refuses_and_all_of_it_afterwards():
    recorder, disk, gauges = a_recorder()
    disk.is_full = True
    recorder.put(a_run(sequence=0))
    recorder._write()
    recorder.put(a_run(sequence=1, started_ms=NOON_MS + 30_000))
    recorder._write()
    assert disk.events == ["refused", "refused"]
    assert recorder.state.problem == (
        "the ledger cannot be written: /srv/ledger.sqlite: cannot write the ledger: the disk is full; make room"
    )
    assert (recorder.state.waiting, gauges.failures, gauges.waiting) == (2, 2, 2)
    disk.is_full = False
    recorder._write()
    assert disk.events[2:] == [("appended", 2), ("shown", 2)]
    assert recorder.state.problem == ""
    assert recorder.state.waiting == 0


def test_what_does_not_fit_while_the_ledger_refuses_is_counted_and_never_shown():
    recorder, disk, _ = a_recorder(limit=3)
    disk.is_full = True
    for run in some_runs("uuuuu"):
        recorder.put(run)
    recorder._write()
    recorder.put(a_run(sequence=9, started_ms=NOON_MS + 900_000))
    assert (recorder.state.waiting, recorder.state.overflowed) == (3, 3)
    disk.is_full = False
    recorder._write()
    assert in_ledger(disk) == [0, 1, 2]


def test_ten_minutes_without_a_ledger_lose_nothing_and_change_no_order():
    """More than fits unpacked waits in the spool; definitions between runs keep their place."""
    recorder, disk, _ = a_recorder(limit=9_000)
    disk.is_full = True
    runs = some_runs("u" * 20_000)
    for number, run in enumerate(runs):
        recorder.put(run)
        if number == 12_000:
            recorder.define([a_target(service="baru")], NOON_MS)
        if number % 500 == 0:
            recorder._write()
    assert (recorder.state.waiting, recorder.state.overflowed) == (20_001, 0)
    assert len(recorder._queue) + len(recorder._held) < 9_000
    disk.is_full = False
    recorder._write()
    assert recorder.state.waiting == 0
    assert in_ledger(disk) == list(range(20_000))
    written = [event for event in disk.events if isinstance(event, tuple) and event[0] != "shown"]
    before = sum(count for _, count in written[:written.index(("targets", 1))])
    assert before == 12_001, "the definitions came before a run that was put before them, or after one put later"


def test_where_the_spool_is_full_too_what_does_not_fit_is_counted():
    recorder, disk, _ = a_recorder(limit=9_000, spool=Spool(None, memory_bytes=1))
    disk.is_full = True
    for number, run in enumerate(some_runs("u" * 10_000)):
        recorder.put(run)
        if number % 1_000 == 0:
            recorder._write()
    assert (recorder.state.waiting, recorder.state.overflowed) == (9_000, 1_000)
    disk.is_full = False
    recorder._write()
    assert in_ledger(disk) == list(range(9_000))


def test_an_error_that_is_not_the_ledger_s_own_is_told_and_tried_again():
    recorder, disk, _ = a_recorder()

    def broken(*_args, **_given):
        raise ZeroDivisionError("aneh")

    recorder.put(a_run())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "append", broken)
        recorder._write()
    assert recorder.state.problem == "the ledger cannot be written: ZeroDivisionError: aneh"
    recorder._write()
    assert in_ledger(disk) == [0]


def test_definitions_precede_the_runs_that_need_them():
    recorder, disk, _ = a_recorder()
    recorder.put(a_run(sequence=0))
    recorder.define([a_target(), a_target(service="baru")], NOON_MS + 10_000)
    recorder.put(a_run(sequence=0, service="baru", started_ms=NOON_MS + 20_000))
    recorder._write()
    assert disk.events == [("appended", 1), ("shown", 1), ("targets", 2), ("appended", 1), ("shown", 1)]


def test_a_heartbeat_is_written_where_no_run_finished():
    recorder, disk, _ = a_recorder()
    recorder.beat(NOON_MS + 5000)
    recorder._write()
    assert disk.events == [], "not more than one a second"
    recorder._tried_s -= 1
    recorder._write()
    assert disk.events == [("appended", 0)]
    [life] = disk.ledger.lives()
    assert life.heartbeat_ms == NOON_MS + 5000


def test_the_heartbeat_says_when_the_loop_was_alive_and_not_when_the_disk_was():
    """A loop that hangs does not watch: the writer must not claim that it does."""
    recorder, disk, _ = a_recorder()
    recorder.beat(NOON_MS + 1000)
    recorder._tried_s -= 60
    recorder._write()
    recorder._tried_s -= 60
    recorder._write()
    [life] = disk.ledger.lives()
    assert life.heartbeat_ms == NOON_MS + 1000


def test_no_run_of_a_batch_ended_after_its_heartbeat():
    recorder, disk, _ = a_recorder()
    recorder.put(a_run(started_ms=NOON_MS + 40_000))
    recorder._write()
    [life] = disk.ledger.lives()
    assert life.heartbeat_ms == NOON_MS + 40_012


def test_a_gap_is_written_with_the_next_batch_and_once():
    recorder, disk, _ = a_recorder()
    recorder.gap(Gap(life=LIFE, start_ms=NOON_MS, end_ms=NOON_MS + 90_000, reason="the monitor was suspended"))
    recorder._write()
    history = disk.ledger.history("dinkes", "antrean", start_ms=NOON_MS, end_ms=NOON_MS + 100_000)
    assert history is not None
    assert [(gap.start_ms, gap.end_ms) for gap in history.gaps] == [(NOON_MS, NOON_MS + 90_000)]
    recorder._write()
    assert disk.events == [("appended", 0)]


def test_the_thread_writes_what_waits_and_a_last_heartbeat_when_it_is_stopped():
    recorder, disk, gauges = a_recorder(batch_s=0.01)
    recorder.start()
    for run in some_runs("uuu"):
        recorder.put(run)
    recorder.beat(NOON_MS + 100_000)
    assert recorder.stop()
    assert in_ledger(disk) == [0, 1, 2]
    [life] = disk.ledger.lives()
    assert life.heartbeat_ms == NOON_MS + 100_000
    assert sum(batch["runs"] for batch in gauges.batches) == 3


def test_stopping_while_the_ledger_refuses_says_that_results_are_lost():
    recorder, disk, _ = a_recorder(batch_s=0.01)
    recorder.start()
    disk.is_full = True
    recorder.put(a_run())
    assert not recorder.stop()
    assert recorder.state.waiting == 1


def test_a_refusing_ledger_is_tried_less_and_less_often_up_to_a_bound():
    recorder, disk, _ = a_recorder()
    disk.is_full = True
    waits = []
    for _ in range(6):
        recorder.put(a_run())
        recorder._write()
        waits.append(recorder._retry_s)
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    disk.is_full = False
    recorder._write()
    assert recorder._retry_s == 0.25

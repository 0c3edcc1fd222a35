"""Time that goes wrong: a process that is really stopped, and wall clocks that are set by ten years."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from apscheduler.schedulers import base

from monitors.clock import LifeClock
from monitors.core.model import Outcome, Run, Target, Verdict
from monitors.core.timeline import service_timeline
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.living import live
from monitors.settings import Listen, MonitorSettings
from monitors.wiring import Monitor
from tests.scenarios.monitor_process import MonitorProcess, every_second, runs_in, watched, write_targets
from tests.servers import page, serving

TEN_YEARS_S = 10 * 365 * 86_400
INTERVAL_MS = 1000


def stopped_for(folder: Path, seconds: float) -> tuple[int, int, MonitorProcess, Target]:
    """Stop a monitor for so long; give when it was stopped and let go, UTC milliseconds, and what it left."""
    with serving(page()) as server:
        target = watched(server.url, every_second("a"))
        write_targets(folder / "targets" / "a.json", target)
        with MonitorProcess(folder) as monitor:
            monitor.until_runs(2, verdict="up")
            stopped_ms = int(time.time() * 1000)
            monitor.signal(signal.SIGSTOP)
            time.sleep(seconds)
            resumed_ms = int(time.time() * 1000)
            monitor.signal(signal.SIGCONT)
            monitor.until_noted("the monitor was suspended for")
            seen = monitor.count(verdict="up")
            monitor.until_runs(seen + 2, verdict="up")
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
    return stopped_ms, resumed_ms, monitor, target


def check_a_stop(folder: Path, seconds: float) -> None:
    """The timeline is unknown from the last sign of life to the next run, right to the second, and never down."""
    stopped_ms, resumed_ms, monitor, target = stopped_for(folder, seconds)
    reader = SqliteReader(monitor.ledger)
    history = reader.history("dinkes", "antrean", start_ms=0, end_ms=resumed_ms + 600_000)
    reader.close()
    assert history is not None
    [gap] = history.gaps
    assert abs(gap.start_ms - stopped_ms) <= 1000
    assert abs(gap.end_ms - resumed_ms) <= 1000
    timeline = service_timeline(history, until_ms=history.lives[-1].heartbeat_ms)
    assert timeline.spans(Verdict.DOWN) == ()
    runs = runs_in(monitor.ledger, [target])
    first_after_ms = min(run.started_ms for run in runs if run.started_ms >= gap.end_ms and run.outcome is Outcome.DONE)
    [whole] = [span for span in timeline.spans(Verdict.UNKNOWN) if span[0] <= gap.start_ms < span[1]]
    last = max((run for run in runs if run.started_ms < gap.start_ms), key=lambda run: run.started_ms)
    if last.verdict is Verdict.UP:       # a busy machine may have missed it: then it was unknown before
        assert abs(whole[0] - stopped_ms) <= 1000, "unknown began when nothing was watched any more"
    assert whole[1] <= max(first_after_ms, gap.end_ms + 3 * INTERVAL_MS)
    assert whole[1] >= gap.end_ms
    numbers = sorted(run.sequence for run in runs)
    assert numbers == list(range(len(numbers))), "each scheduled run has its record"
    assert len(numbers) <= (resumed_ms - stopped_ms) / INTERVAL_MS + 60, "nothing is replayed"


def test_a_process_that_was_stopped_for_seconds_reads_right_to_the_second(tmp_path: Path):
    check_a_stop(tmp_path, 5.5)


@pytest.mark.long
def test_a_process_that_was_stopped_for_ninety_seconds_reads_right_to_the_second(tmp_path: Path):
    check_a_stop(tmp_path, 90)


class Hands:
    """A wall clock that is set while a monitor runs: for its own clock and for the library that plans its jobs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.off_s = 0.0
        hands = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Moved:
                return cls.fromtimestamp(time.time() + hands.off_s, tz)

        monkeypatch.setattr(base, "datetime", Moved)

    def clock(self) -> LifeClock:
        return LifeClock(wall_ns=lambda: time.time_ns() + int(self.off_s * 1e9))


class Seen:
    """Runs as they become durable."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._more = threading.Condition()

    def take(self, runs: Sequence[Run]) -> None:
        with self._more:
            self.runs += runs
            self._more.notify_all()

    def until(self, count: int, life: str = "") -> None:
        def there() -> bool:
            return sum(not life or run.life == life for run in self.runs) >= count

        with self._more:
            assert self._more.wait_for(there, 40), f"{count} runs never came: {len(self.runs)}"


@pytest.mark.parametrize("step_s", [TEN_YEARS_S, -TEN_YEARS_S], ids=["forward", "back"])
def test_ten_years_stop_no_job_replay_nothing_and_begin_a_new_life_once_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_s: int,
):
    hands, seen, notes, lives = Hands(monkeypatch), Seen(), list[str](), list[Monitor]()
    with serving(page()) as server:
        target = watched(server.url, every_second("a"), every_second("b"))
        file = write_targets(tmp_path / "targets.json", target)
        settings = MonitorSettings(
            targets=(file,), ledger=tmp_path / "l.sqlite", listen=Listen(host="127.0.0.1", port=0), vantage="uji",
            clock_stable_ms=700, allow_networks=("127.0.0.0/8",),
        )

        def make(of: MonitorSettings) -> Monitor:
            lives.append(Monitor(of, on_durable=seen.take, on_note=notes.append, clock=hands.clock()))
            return lives[-1]

        async def work() -> None:
            living = asyncio.create_task(live(make(settings), make))
            await asyncio.to_thread(seen.until, 2)
            hands.off_s += step_s
            while len(lives) < 2 or not any(run.life == lives[1].life for run in seen.runs):
                assert not living.done()
                await asyncio.sleep(0.05)
            await asyncio.to_thread(seen.until, 2, lives[1].life)
            lives[-1].stop()
            await living

        began_s = time.monotonic()
        asyncio.run(work())
        took_s = time.monotonic() - began_s
    first, second = (life.life for life in lives)
    for life in (first, second):
        for name in ("a", "b"):
            numbers = sorted(run.sequence for run in seen.runs if (run.life, run.transaction) == (life, name))
            assert numbers == list(range(len(numbers)))
    assert len(seen.runs) <= 2 * (took_s + 3), "nothing is replayed"
    assert {run.verdict for run in seen.runs if run.outcome is Outcome.DONE} == {Verdict.UP}
    off_ms = min(run.started_ms for run in seen.runs if run.life == second) - time.time() * 1000
    assert abs(off_ms - step_s * 1000) < 60_000, "the new life has the new time"
    assert any("the wall clock was set" in note for note in notes)
    reader = SqliteReader(settings.ledger)
    told = [event.note for event in reader.events()]
    history = reader.history("dinkes", "antrean", start_ms=0, end_ms=2**60)
    reader.close()
    assert len(told) == 2
    assert "runs keep their pace" in told[0]
    assert "a new life begins with its time" in told[1]
    assert history is not None
    ends_ms = max(life.heartbeat_ms for life in history.lives)
    timeline = service_timeline(history, until_ms=ends_ms)
    assert timeline.spans(Verdict.DOWN) == ()
    if step_s > 0:
        longest = max(end - start for start, end in timeline.spans(Verdict.UNKNOWN))
        assert abs(longest - step_s * 1000) < 60_000, "the ten years in between are unknown"

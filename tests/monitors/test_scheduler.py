"""APScheduler at work: jobs for slots and not for services, launches at their phases, clocks that are set."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from monitors.clock import LifeClock
from monitors.core.cadence import phase_ms
from monitors.core.slots import SlotKey
from monitors.scheduler import EPOCH, Scheduler

KEYS = [f"dinkes/antrean-{n}/ambil" for n in range(2000)]


class SetClock:
    """Wall and monotonic time that a test sets, in nanoseconds, for a LifeClock."""

    def __init__(self) -> None:
        self.wall_ns, self.monotonic_ns = 1_767_243_600_000_000_000, 5_000_000_000
        self.life = LifeClock(wall_ns=lambda: self.wall_ns, monotonic_ns=lambda: self.monotonic_ns)

    def advance(self, ms: int) -> None:
        self.wall_ns += ms * 1_000_000
        self.monotonic_ns += ms * 1_000_000


def in_loop(work) -> None:
    async def run() -> None:
        await work(asyncio.get_running_loop())

    asyncio.run(run())


@pytest.mark.parametrize("step", [timedelta(days=3653), timedelta(seconds=90), timedelta(seconds=30, milliseconds=1)])
def test_a_step_of_any_length_makes_one_fire_of_a_job_and_no_list_of_all_between(step: timedelta):
    """Of the library's own: it looks at the wall clock before we can, and lists what is due."""
    async def work(loop) -> None:
        scheduler = Scheduler(loop, LifeClock(), lambda *_due: None)
        scheduler.start()
        scheduler.put(KEYS[0], 30_000)
        [job] = scheduler._jobs.get_jobs()
        due = job.next_run_time
        assert job._get_run_times(due + step) == [due]
        after = job.trigger.get_next_fire_time(due, due + step)
        assert due + step < after <= due + step + timedelta(seconds=30)
        assert (after - due) % timedelta(seconds=30) == timedelta(0), "its phase is kept"
        assert job.trigger.get_next_fire_time(due, due) == due + timedelta(seconds=30)
        scheduler.stop()

    in_loop(work)


def test_thousands_of_transactions_are_a_job_for_each_second_of_their_interval():
    async def work(loop) -> None:
        scheduler = Scheduler(loop, LifeClock(), lambda *_due: None)
        scheduler.start()
        for key in KEYS:
            scheduler.put(key, 30_000)
        assert scheduler.jobs == 30
        for key in KEYS:
            scheduler.remove(key)
        assert scheduler.jobs == 0
        scheduler.stop()
        scheduler.stop()

    in_loop(work)


def test_moving_a_transaction_to_another_interval_leaves_no_job_behind():
    async def work(loop) -> None:
        scheduler = Scheduler(loop, LifeClock(), lambda *_due: None)
        scheduler.start()
        scheduler.put(KEYS[0], 30_000)
        scheduler.put(KEYS[0], 30_000)
        scheduler.put(KEYS[0], 300_000)
        assert scheduler.jobs == 1
        scheduler.remove("tidak/ada/sama-sekali")
        scheduler.stop()

    in_loop(work)


def test_a_transaction_is_launched_at_its_phase_and_not_before():
    """One real second: APScheduler, the loop's timers and the slots together."""
    launched: list[tuple[str, int, int, int]] = []

    async def work(loop) -> None:
        clock = LifeClock()
        done = asyncio.Event()

        def launch(key: str, scheduled_ms: int, interval_ms: int) -> None:
            launched.append((key, scheduled_ms, interval_ms, clock.now_ms))
            if len(launched) >= 60:
                done.set()

        scheduler = Scheduler(loop, clock, launch)
        for key in KEYS[:30]:
            scheduler.put(key, 1000)
        scheduler.start()
        await asyncio.wait_for(done.wait(), 20)
        scheduler.stop()

    in_loop(work)
    for key, scheduled_ms, interval_ms, at_ms in launched:
        assert scheduled_ms % 1000 == phase_ms(key, 1000)
        assert at_ms >= scheduled_ms
        assert interval_ms == 1000
    first = {key for key, *_ in launched[:30]}
    assert first == set(KEYS[:30]), "each once before any twice"


def next_fire_s(scheduler: Scheduler) -> list[float]:
    return sorted(job.next_run_time.timestamp() for job in scheduler._jobs.get_jobs())


def test_a_wall_clock_that_is_set_neither_stops_nor_repeats_jobs():
    """Ten years forward, then back, and by odd seconds: the jobs are planned for their next second by the life's clock."""
    async def work(loop) -> None:
        clock = SetClock()
        scheduler = Scheduler(loop, clock.life, lambda *_due: None)
        for key in KEYS[:100]:
            scheduler.put(key, 30_000)
        ten_years = timedelta(days=3652, milliseconds=7777)
        for step in (ten_years, -2 * ten_years, ten_years):
            clock.wall_ns += step // timedelta(microseconds=1) * 1000
            scheduler.realign()
            wall = datetime.fromtimestamp(clock.wall_ns / 1e9, UTC)
            for job in scheduler._jobs.get_jobs():
                place: SlotKey = job.args[0]
                planned = job.trigger.get_next_fire_time(None, wall)
                assert timedelta(0) <= planned - wall <= timedelta(milliseconds=place.interval_ms)
                offset = timedelta(milliseconds=clock.life.off_by_ms)
                by_life_ms = (planned - offset - EPOCH) // timedelta(milliseconds=1)
                assert by_life_ms % place.interval_ms == place.slot * 1000
        scheduler.stop()

    in_loop(work)


def test_a_small_drift_moves_no_job():
    async def work(loop) -> None:
        clock = SetClock()
        scheduler = Scheduler(loop, clock.life, lambda *_due: None)
        scheduler.put(KEYS[0], 30_000)
        [job] = scheduler._jobs.get_jobs()
        before = job.trigger
        clock.wall_ns += 100_000_000
        scheduler.realign()
        [job] = scheduler._jobs.get_jobs()
        assert job.trigger is before

    in_loop(work)


def test_late_runs_are_never_dropped_by_the_library():
    async def work(loop) -> None:
        scheduler = Scheduler(loop, LifeClock(), lambda *_due: None)
        scheduler.start()
        scheduler.put(KEYS[0], 30_000)
        [job] = scheduler._jobs.get_jobs()
        assert job.misfire_grace_time is None
        assert job.coalesce
        scheduler.stop()

    in_loop(work)

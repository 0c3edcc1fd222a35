"""When runs start: the only user of APScheduler.

One job for each second of each interval (a slot), on a memory store: 13,000 services every 30 s are 30 jobs. A slot's
job launches its transactions at their own phases within the second. APScheduler thinks in wall time, the monitor in its
life's clock: where the two drift apart, jobs are planned anew.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitors.core.slots import SLOT_MS, SlotKey, Slots, Tick

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from monitors.clock import LifeClock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DRIFT_MS = 200                           # wall clock against the life's clock, before jobs are planned anew


class Scheduler:
    """Launches transactions at their phases. Used on the loop's thread alone.

    ``launch`` gets key, scheduled time and interval of every run that is due; late wake-ups included, since only the
    receiver can tell late from missed.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: LifeClock, launch: Callable[[str, int, int], None],
    ) -> None:
        self._loop, self._clock, self._launch = loop, clock, launch
        self._slots = Slots()
        self._off_by_ms = clock.off_by_ms
        self._jobs = AsyncIOScheduler(
            event_loop=loop, timezone=UTC, jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            # never dropped by the library for being late: what is late is told apart from what is missed by us
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    @property
    def jobs(self) -> int:
        """How many jobs there are: slots, not transactions."""
        return len(self._jobs.get_jobs())

    def start(self) -> None:
        """Begin."""
        self._jobs.start()

    def stop(self) -> None:
        """Launch nothing any more. A repeat is harmless."""
        if self._jobs.running:
            self._jobs.shutdown(wait=False)

    def put(self, key: str, interval_ms: int) -> None:
        """Run ``key`` every ``interval_ms`` from now on, at its phase; all others stay as they are."""
        place, emptied = self._slots.put(key, interval_ms, self._clock.now_ms)
        if emptied is not None:
            self._jobs.remove_job(_name(emptied))
        if self._jobs.get_job(_name(place)) is None:
            self._jobs.add_job(self._fire, self._trigger(place), args=(place,), id=_name(place))

    def remove(self, key: str) -> None:
        """Run ``key`` no more."""
        emptied = self._slots.remove(key)
        if emptied is not None:
            self._jobs.remove_job(_name(emptied))

    def skip(self, until_ms: int) -> int:
        """Forget all runs that were due up to ``until_ms``; returns how many they were."""
        return self._slots.skip(until_ms)

    def realign(self) -> None:
        """Plan all jobs anew if the wall clock was set: neither a step forward nor one back stops or repeats a run."""
        off_by_ms = self._clock.off_by_ms
        if abs(off_by_ms - self._off_by_ms) < DRIFT_MS:
            return
        self._off_by_ms = off_by_ms
        for place in self._slots.places():
            self._jobs.reschedule_job(_name(place), trigger=self._trigger(place))

    def _trigger(self, place: SlotKey) -> IntervalTrigger:
        first = EPOCH + timedelta(milliseconds=place.slot * SLOT_MS + self._off_by_ms)
        return _OnceAhead(seconds=place.interval_ms / 1000, start_date=first, timezone=UTC)

    async def _fire(self, place: SlotKey) -> None:
        # a coroutine, because the library runs anything else on threads
        now_ms = self._clock.now_ms
        for tick in self._slots.due(place, now_ms):
            if tick.at_ms <= now_ms:
                self._launch_all(tick)
            else:
                self._loop.call_later((tick.at_ms - now_ms) / 1000, self._launch_all, tick)

    def _launch_all(self, tick: Tick) -> None:
        for key in tick.keys:
            self._launch(key, tick.at_ms, tick.interval_ms)


class _OnceAhead(IntervalTrigger):  # type: ignore[misc]  # the library has no types
    """Whatever lies between two looks at the clock is one fire.

    The library lists every fire that is due, also those that it coalesces: after a step of ten years, that is a list of
    300 million times for each job, made on the loop before anybody can plan anew.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Give the next fire after ``now`` where one is due that ``previous_fire_time`` leaves behind."""
        if previous_fire_time is not None and now - previous_fire_time >= self.interval:
            past = (now - previous_fire_time) // self.interval
            previous_fire_time += past * self.interval
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        return found


def _name(place: SlotKey) -> str:
    return f"{place.interval_ms}/{place.slot}"

"""What a life notices of itself: it was suspended, has more to do than it can, or the wall clock was set.

What a run found meanwhile says more of the monitor than of the service, and ``Dispatch`` asks here before it says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.errors import LedgerError
from monitors.core.history import Event, Gap
from monitors.core.overload import Load, Overload, falsifying
from monitors.core.verdict import US_PER_MS, spoken_us
from monitors.core.wall import Finding, WallWatch
from monitors.core.wording import duration
from monitors.load import Descriptors, Garbage, most_descriptors
from monitors.pulse import Pulse

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from monitors.budget import Writes
    from monitors.clock import LifeClock
    from monitors.core.places import Places
    from monitors.dispatch import Dispatch
    from monitors.job_reports import Reports
    from monitors.metrics import MonitorMetrics
    from monitors.recorder import Recorder
    from monitors.scheduler import Scheduler

FORGOTTEN_MS = 600_000                   # after so long a suspension, runs that were due are one gap and no records


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whom a life tells what it notices of itself."""

    life: str
    keep_event: Callable[[Event], None]
    recorder: Recorder
    metrics: MonitorMetrics
    reports: Reports | None
    on_note: Callable[[str], None]
    renew: Callable[[], None]            # this life is to make room for one with the wall clock's time


class SelfWatch:
    """Used on the loop's thread alone, ``lag_ms`` apart. ``stable_ms``: how long the wall clock must stay as it is."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: LifeClock, told: Told, *, places: Places, writes: Writes,
        stable_ms: int,
    ) -> None:
        self._loop, self._clock, self._told, self._places, self._writes = loop, clock, told, places, writes
        self._wall = WallWatch(stable_ms)
        self._overload, self._descriptors, self._garbage = Overload(), Descriptors(), Garbage()
        self._pulse = Pulse(loop, clock, on_beat=self._beat, on_stall=self._stalled)
        told.metrics.watch_writes(lambda: writes.left(clock.now_ms))
        self._overflowed = 0
        self.writing_stopped = ""        # why transactions that write do not run

    def start(self, dispatch: Dispatch, scheduler: Scheduler) -> None:
        """Begin to beat."""
        self._dispatch, self._scheduler = dispatch, scheduler
        self._pulse.start()

    def stop(self) -> None:
        """Beat no more. A repeat is harmless."""
        self._pulse.stop()
        self._garbage.end()

    @property
    def lag_ms(self) -> int:
        """How late the next beat is by now; may be asked from any thread."""
        return self._pulse.lag_ms

    @property
    def overload(self) -> tuple[str, ...]:
        """What there is too much of now; nothing where all is well."""
        return self._overload.now

    def was_missing_since(self, start_ms: int) -> bool:
        """Tell whether the monitor was not there at some time between ``start_ms`` and now."""
        return self._pulse.was_missing_since(start_ms)

    def overloaded_since(self, start_ms: int) -> str:
        """Say why what failed since then is doubtful; a lag that no beat has told of yet counts too."""
        return self._overload.since(start_ms) or " and ".join(falsifying(Load(lag_ms=self._pulse.lag_ms)))

    def _beat(self, now_ms: int) -> None:
        told = self._told
        told.recorder.beat(now_ms)
        self._measure(now_ms)
        told.metrics.in_flight(self._dispatch.under_way)
        stopped = self._writes.stopped if len(self._writes) else ""
        if stopped != self.writing_stopped:
            told.on_note(stopped or "transactions that write run again")
            self.writing_stopped = stopped
            told.metrics.writing_stopped(is_stopped=bool(stopped))
        self._scheduler.realign()
        self._look_at_the_wall(now_ms)

    def _measure(self, now_ms: int) -> None:
        """See whether there is more to do than can be done."""
        dispatch, metrics = self._dispatch, self._told.metrics
        under_way, waiting = dispatch.under_way, dispatch.waiting
        self._descriptors.beat(under_way=under_way, limit=self._places.limit)
        self._garbage.beat(under_way=under_way)
        self._overload.take(now_ms, Load(
            lag_ms=self._pulse.beat_lag_ms, descriptors=self._descriptors.count,
            most_descriptors=most_descriptors(), waiting=waiting, under_way=under_way,
            most_under_way=self._places.limit,
        ))
        overflowed = self._told.recorder.state.overflowed
        if overflowed > self._overflowed:
            dispatch.tally.was_dropped(now_ms, overflowed - self._overflowed, is_new=False)
            self._overflowed = overflowed
        metrics.queued(waiting)
        metrics.overloaded(is_so=bool(self._overload.now))

    def _look_at_the_wall(self, now_ms: int) -> None:
        """Tell where the wall clock disagrees; where it does so for good, this life makes room for one that agrees."""
        if self._dispatch.is_stopping:
            return
        off_by_ms = self._clock.off_by_ms
        finding = self._wall.look(now_ms, off_by_ms, self._clock.slept_ms)
        if finding is Finding.NOTHING:
            return
        said = {
            Finding.DISAGREES: f"the wall clock was set {_set_by(off_by_ms)}; runs keep their pace",
            Finding.AGREES: "the wall clock agrees again",
            Finding.SETTLED: f"the wall clock stays {_set_by(off_by_ms)}; a new life begins with its time",
            Finding.SLEPT: f"the machine slept for {_set_by(off_by_ms)}; a new life begins with its time",
        }[finding]
        self._told.on_note(said)
        self._told.metrics.fault("clock")
        if finding not in (Finding.SETTLED, Finding.SLEPT):
            self._loop.run_in_executor(None, self._keep_event, now_ms, said)
        else:
            self._keep_event(now_ms, said)   # this life waits for it: soon its ledger is closed
            self._told.renew()

    def _keep_event(self, at_ms: int, said: str) -> None:
        try:
            self._told.keep_event(Event(life=self._told.life, at_ms=at_ms, kind="clock", note=said))
        except LedgerError as exc:
            self._told.on_note(f"the ledger did not take an event: {exc}")

    def _stalled(self, start_ms: int, end_ms: int) -> None:
        told = self._told
        reason = f"the monitor was suspended for {spoken_us((end_ms - start_ms) * US_PER_MS)}"
        told.recorder.gap(Gap(life=told.life, start_ms=start_ms, end_ms=end_ms, reason=reason))
        told.metrics.states.reset(end_ms)
        if told.reports is not None:
            told.reports.broken_until(end_ms)
        told.metrics.fault("suspended")
        told.on_note(f"{reason}; nothing is known of that time")
        if end_ms - start_ms > FORGOTTEN_MS:
            self._dispatch.tally.was_dropped(end_ms, self._scheduler.skip(end_ms), is_new=True)


def _set_by(off_by_ms: int) -> str:
    """Say by how much: ``3.5 s forward``; an hour and more in words for people."""
    return f"{duration(abs(off_by_ms))} {'forward' if off_by_ms > 0 else 'back'}"

"""Starts runs when they are due: one record each, a bounded number at a time, faster while a service is not good.

A run that cannot start at once waits for its turn. One that has not started within one interval of its time is
recorded as missed, and never as down.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitors.core.cadence import Pace, is_missed
from monitors.core.model import Verdict
from monitors.core.verdict import US_PER_MS, spoken_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitors.budget import Writes
    from monitors.core.model import Run
    from monitors.runner import Runner, Watched

SUSPENDED = "the monitor was suspended during this run"


class _Due(NamedTuple):
    """A run that was scheduled."""

    sequence: int
    scheduled_ms: int
    interval_ms: int


class _Entry:
    """One transaction that is watched."""

    __slots__ = ("is_queued", "lacked_place", "pace", "running", "waiting", "watched")

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.pace = Pace(watched.transaction.interval_ms)
        self.running: _Due | None = None
        self.is_queued = False           # it stands in the line for a place
        self.lacked_place = False        # so did the run that waits now, at some time
        self.waiting: _Due | None = None


class Dispatch:
    """Everything that is watched, and the runs that are due or under way. Used on the loop's thread alone.

    ``record`` gets every finished or missed run. ``repace`` is told the interval that holds for a key from now on; it
    is called for every key that comes, too. ``was_missing_since`` tells whether the monitor itself was suspended since
    then. ``limit``: runs under way at once. ``writes``: what those that write may; None: anything.
    """

    def __init__(
        self, runner: Runner, *, record: Callable[[Run], None], repace: Callable[[str, int], None],
        forget: Callable[[str], None], was_missing_since: Callable[[int], bool], limit: int,
        writes: Writes | None = None,
    ) -> None:
        self._runner, self._record, self._repace, self._forget = runner, record, repace, forget
        self._was_missing_since = was_missing_since
        self._limit, self._writes = limit, writes
        self._entries: dict[str, _Entry] = {}
        self._line: deque[_Entry] = deque()
        # never reset: a transaction that goes and comes back continues its numbers
        self._sequences: dict[str, int] = {}
        self._is_stopping = False
        self._on_idle: Callable[[], None] | None = None
        # plain numbers, so that /healthz may look from its own thread
        self.under_way = 0
        self.waiting = 0                 # runs that are due and have not begun

    def replace(self, watched: Iterable[Watched]) -> None:
        """Say what is watched from now on. What stays keeps its pace, its phase and its numbers."""
        coming = {one.key: one for one in watched}
        if self._writes is not None:
            self._writes.watch(coming.values())
        for key in [key for key in self._entries if key not in coming]:
            entry = self._entries.pop(key)
            self._forget(key)
            self._miss(entry, "it was taken out of the targets before it started")
        for key, one in coming.items():
            known = self._entries.get(key)
            if known is None:
                known = self._entries[key] = _Entry(one)
                self._repace(key, known.pace.current_ms)
            elif known.watched.transaction.interval_ms != one.transaction.interval_ms:
                known.pace = Pace(one.transaction.interval_ms)
                self._repace(key, known.pace.current_ms)
            known.watched = one

    def watched(self) -> list[Watched]:
        """Give all that is watched now."""
        return [entry.watched for entry in self._entries.values()]

    def launch(self, key: str, scheduled_ms: int, interval_ms: int) -> None:
        """Start the run of ``key`` that is due, or let it wait for its turn."""
        entry = self._entries.get(key)
        if entry is None or self._is_stopping:
            return
        if entry.running is not None and entry.pace.is_repeating:
            return                       # a repeat is only planned once the run before it has ended
        if entry.waiting is not None:    # a whole interval ago, and still no place
            self._miss(entry, self._why_late(entry, entry.waiting))
        sequence = self._sequences.get(key, 0)
        self._sequences[key] = sequence + 1
        entry.waiting = _Due(sequence, scheduled_ms, interval_ms)
        self.waiting += 1
        entry.lacked_place = False
        self._advance(entry)

    def stop(self, on_idle: Callable[[], None]) -> None:
        """Start nothing any more; ``on_idle`` is called, perhaps at once, when nothing is under way."""
        self._is_stopping = True
        for entry in self._entries.values():
            self._miss(entry, "the monitor was stopped before it started")
        self._on_idle = on_idle
        self._tell_idle()

    def give_up(self) -> None:
        """End at once: what is under way is recorded as unknown, and its result will not be heard."""
        for entry in self._entries.values():
            due, entry.running = entry.running, None
            if due is not None:
                self.under_way -= 1
                self._record(self._runner.abandoned(
                    entry.watched, sequence=due.sequence, scheduled_ms=due.scheduled_ms,
                    reason="the monitor was stopped during this run",
                ))
        self._tell_idle()

    def _advance(self, entry: _Entry) -> None:
        """Start what an entry waits for, if it can be."""
        waiting = entry.waiting
        if waiting is None or entry.running is not None:
            return
        if is_missed(waiting.scheduled_ms, waiting.interval_ms, self._runner.clock.now_ms):
            self._miss(entry, self._why_late(entry, waiting))
        elif self.under_way < self._limit:
            if refused := self._refusal(entry):
                self._miss(entry, refused)
                return
            entry.waiting = None
            self.waiting -= 1
            entry.running = waiting
            self.under_way += 1
            self._runner.run(
                entry.watched, sequence=waiting.sequence, scheduled_ms=waiting.scheduled_ms,
                on_done=lambda run: self._done(entry, run),
            )
        else:
            entry.lacked_place = True
            if not entry.is_queued:
                entry.is_queued = True
                self._line.append(entry)

    def _done(self, entry: _Entry, run: Run) -> None:
        if entry.running is None:
            return                       # it was given up, and its record written
        self.under_way -= 1
        entry.running = None
        if run.verdict is not Verdict.UP and self._was_missing_since(run.started_ms):
            run = replace(run, verdict=Verdict.UNKNOWN, reason=f"{SUSPENDED}; what it saw: {run.reason}")
        before_ms = entry.pace.current_ms
        entry.pace.take(run)
        if self._writes is not None and entry.watched.transaction.writes:
            self._writes.settle(entry.watched.key, run.started_ms, run)
            entry.pace.may_repeat = self._writes.affords_repeat(entry.watched.key, self._runner.clock.now_ms)
        if entry.pace.current_ms != before_ms and self._entries.get(entry.watched.key) is entry:
            self._repace(entry.watched.key, entry.pace.current_ms)
        self._record(run)
        self._advance(entry)
        while self._line and self.under_way < self._limit:
            next_entry = self._line.popleft()
            next_entry.is_queued = False
            self._advance(next_entry)
        self._tell_idle()

    def _refusal(self, entry: _Entry) -> str:
        """Say why a run that writes may not begin, or "": then both its tries are taken out of its budget."""
        if self._writes is None or not entry.watched.transaction.writes:
            return ""
        return self._writes.refusal(entry.watched.key, self._runner.clock.now_ms)

    def _miss(self, entry: _Entry, why: str) -> None:
        waiting, entry.waiting = entry.waiting, None
        if waiting is not None:
            self.waiting -= 1
            self._record(self._runner.missed(
                entry.watched, sequence=waiting.sequence, scheduled_ms=waiting.scheduled_ms, reason=f"missed: {why}",
            ))

    def _why_late(self, entry: _Entry, waiting: _Due) -> str:
        late_ms = self._runner.clock.now_ms - waiting.scheduled_ms
        if entry.running is not None:
            cause = "the run before it took so long"
        elif entry.lacked_place:
            cause = "no place for it was free"
        else:
            cause = "the monitor itself was held up"
        return f"not started {spoken_us(late_ms * US_PER_MS)} after its time; {cause}"

    def _tell_idle(self) -> None:
        if self._is_stopping and self.under_way == 0 and self._on_idle is not None:
            on_idle, self._on_idle = self._on_idle, None
            on_idle()

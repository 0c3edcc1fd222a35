"""Starts runs when they are due: one record each, a bounded number at a time, faster while a service is not good.

A run that cannot start at once waits for its turn: those whose last run was good before the others, and none before
the host and network it goes to have room. One that has not started within one interval of its time is recorded as
missed, and never as down.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitors.core.cadence import Pace, is_missed
from monitors.core.model import Verdict
from monitors.core.places import Place, Places, network_of
from monitors.core.tally import Tally
from monitors.core.verdict import US_PER_MS, spoken_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitors.budget import Writes
    from monitors.core.model import Run
    from monitors.runner import Runner, Watched

SUSPENDED = "the monitor was suspended during this run"
OVERLOADED = "the monitor was overloaded during this run"


class _Due(NamedTuple):
    """A run that was scheduled."""

    sequence: int
    scheduled_ms: int
    interval_ms: int


class _Entry:
    """One transaction that is watched."""

    __slots__ = ("held_up", "is_queued", "is_well", "pace", "place", "running", "taken", "waiting", "watched")

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.place = Place(watched.host)
        self.taken: tuple[Place, bool] = (self.place, False)     # as the run under way took it
        self.is_well = False             # its last run was good
        self.pace = Pace(watched.transaction.interval_ms)
        self.running: _Due | None = None
        self.is_queued = False           # it stands in the line for a place
        self.held_up = ""                # what the run that waits now lacked last
        self.waiting: _Due | None = None


class Dispatch:
    """Everything that is watched, and the runs that are due or under way. Used on the loop's thread alone.

    ``record`` gets every finished or missed run. ``repace`` is told the interval that holds for a key from now on; it
    is called for every key that comes, too. ``was_missing_since`` tells whether the monitor itself was suspended since
    then, ``was_overloaded_since`` why what failed since then is doubtful. ``places``: how many runs may be under way
    at once. ``writes``: what those that write may; None: anything.
    """

    def __init__(
        self, runner: Runner, *, record: Callable[[Run], None], repace: Callable[[str, int], None],
        forget: Callable[[str], None], was_missing_since: Callable[[int], bool], places: Places,
        writes: Writes | None = None, was_overloaded_since: Callable[[int], str] = lambda _ms: "",
    ) -> None:
        self._runner, self._record, self._repace, self._forget = runner, record, repace, forget
        self._was_missing_since, self._was_overloaded_since = was_missing_since, was_overloaded_since
        self._places, self._writes = places, writes
        self._entries: dict[str, _Entry] = {}
        self._lines: tuple[deque[_Entry], deque[_Entry]] = (deque(), deque())    # of the well, of the others
        self._parked: dict[str, deque[_Entry]] = {}              # by the host or network that has no room
        self.tally = Tally()
        # never reset: a transaction that goes and comes back continues its numbers
        self._sequences: dict[str, int] = {}
        self._is_stopping = False
        self._on_idle: Callable[[], None] | None = None
        # a plain number, so that /healthz may look from its own thread
        self.waiting = 0                 # runs that are due and have not begun

    @property
    def under_way(self) -> int:
        """Runs that have begun and not ended."""
        return self._places.taken

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
            if known.place.host != one.host:
                known.place = Place(one.host)

    @property
    def is_stopping(self) -> bool:
        """Nothing is started any more."""
        return self._is_stopping

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
        self.tally.expected += 1
        entry.waiting = _Due(sequence, scheduled_ms, interval_ms)
        self.waiting += 1
        entry.held_up = ""
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
                self._leave(entry)
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
        elif full := self._places.full_for(entry.place):
            entry.held_up = f"{full} had all the places that one host or network may have"
            if not entry.is_queued:
                self._queue(entry, self._parked.setdefault(full, deque()))
        elif self._places.has_room(is_well=entry.is_well):
            if refused := self._refusal(entry):
                self._miss(entry, refused)
                return
            entry.waiting = None
            self.waiting -= 1
            entry.running = waiting
            entry.taken = (entry.place, entry.is_well)
            self._places.take(entry.place, is_well=entry.is_well)
            self.tally.started(self._runner.clock.now_ms - waiting.scheduled_ms)
            self._runner.run(
                entry.watched, sequence=waiting.sequence, scheduled_ms=waiting.scheduled_ms,
                on_done=lambda run: self._done(entry, run),
            )
        else:
            entry.held_up = "no place for it was free"
            self._queue(entry, self._lines[not entry.is_well])

    @staticmethod
    def _queue(entry: _Entry, line: deque[_Entry]) -> None:
        if not entry.is_queued:
            entry.is_queued = True
            line.append(entry)

    def _leave(self, entry: _Entry) -> None:
        """Give the place of a run that ended back."""
        place, is_well = entry.taken
        self._places.give(place, is_well=is_well)
        self.tally.ended(self._runner.clock.now_ms)

    def _done(self, entry: _Entry, run: Run) -> None:
        if entry.running is None:
            return                       # it was given up, and its record written
        self._leave(entry)
        entry.running = None
        if run.verdict is Verdict.DOWN and (why := self._was_overloaded_since(run.started_ms)):
            self.tally.suspect += 1
            run = replace(run, verdict=Verdict.UNKNOWN, reason=f"{OVERLOADED} ({why}); what it saw: {run.reason}")
        if run.verdict is not Verdict.UP and self._was_missing_since(run.started_ms):
            run = replace(run, verdict=Verdict.UNKNOWN, reason=f"{SUSPENDED}; what it saw: {run.reason}")
        entry.is_well = run.verdict in (Verdict.UP, Verdict.DEGRADED) and not run.first_try_failed
        left, address = entry.taken[0], next((s.address for t in run.tries for s in t.steps if s.address), "")
        entry.place = Place(entry.place.host, network_of(address))
        before_ms = entry.pace.current_ms
        entry.pace.take(run)
        if self._writes is not None and entry.watched.transaction.writes:
            self._writes.settle(entry.watched.key, run.started_ms, run)
            entry.pace.may_repeat = self._writes.affords_repeat(entry.watched.key, self._runner.clock.now_ms)
        if entry.pace.current_ms != before_ms and self._entries.get(entry.watched.key) is entry:
            self._repace(entry.watched.key, entry.pace.current_ms)
        self._record(run)
        self._advance(entry)
        self._let_in(left)
        self._tell_idle()

    def _let_in(self, left: Place) -> None:
        """Give the place that was left to whose turn it is: the well, those that its host held up, the others."""
        well, others = self._lines
        while well and self._places.has_room(is_well=True):
            self._advance(self._next(well))
        for name in left:
            parked = self._parked.pop(name, None)
            while parked:
                entry = self._next(parked)
                if entry.waiting is not None:    # else it was missed meanwhile, and leaves its turn to the next
                    if parked:
                        self._parked[name] = parked
                    self._advance(entry)
                    break
        while others and self._places.has_room(is_well=False):
            self._advance(self._next(others))

    @staticmethod
    def _next(line: deque[_Entry]) -> _Entry:
        entry = line.popleft()
        entry.is_queued = False
        return entry

    def _refusal(self, entry: _Entry) -> str:
        """Say why a run that writes may not begin, or "": then both its tries are taken out of its budget."""
        if self._writes is None or not entry.watched.transaction.writes:
            return ""
        return self._writes.refusal(entry.watched.key, self._runner.clock.now_ms)

    def _miss(self, entry: _Entry, why: str) -> None:
        waiting, entry.waiting = entry.waiting, None
        if waiting is not None:
            self.waiting -= 1
            self.tally.was_missed(self._runner.clock.now_ms)
            self._record(self._runner.missed(
                entry.watched, sequence=waiting.sequence, scheduled_ms=waiting.scheduled_ms, reason=f"missed: {why}",
            ))

    def _why_late(self, entry: _Entry, waiting: _Due) -> str:
        late_ms = self._runner.clock.now_ms - waiting.scheduled_ms
        if entry.running is not None:
            cause = "the run before it took so long"
        elif entry.held_up:
            cause = entry.held_up
        else:
            cause = "the monitor itself was held up"
        return f"not started {spoken_us(late_ms * US_PER_MS)} after its time; {cause}"

    def _tell_idle(self) -> None:
        if self._is_stopping and self.under_way == 0 and self._on_idle is not None:
            on_idle, self._on_idle = self._on_idle, None
            on_idle()

"""Rolls up the days of one service from what a ledger says of it; the same for every store."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitors.core.hours import covered_spans
from monitors.core.retirement import end_of_life, vanished, with_vanished
from monitors.core.retirement import from_entries as retirements_of
from monitors.core.rollup import (
    Lines,
    LocalDay,
    Rollup,
    local_days,
    newest_runs,
    open_until,
    roll_up,
    target_in_force,
)
from monitors.core.rollup_month import MonthRollup, month_rollup
from monitors.core.span import total
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import month_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from monitors.core.entry import Entry
    from monitors.core.history import Definition, ServiceHistory
    from monitors.core.hours import Calendar
    from monitors.core.timeline import ServiceTimeline
    from monitors.ledger.base import LedgerReader

    Lay = Callable[[ServiceTimeline], ServiceTimeline]

AT_ONCE = 31                             # days that are read in one piece
HOUR_MS = 3_600_000


class ServiceRoller:
    """One service, with its definitions and what was told of the end of its life.

    ``definitions``: oldest first. ``entries``: of retirement, of any services. A day is cut by the zone that was in
    force when it began.
    """

    def __init__(
        self, reader: LedgerReader, agency: str, service: str, *, definitions: Sequence[Definition],
        entries: Sequence[Entry], now_ms: int,
    ) -> None:
        self._reader, self.agency, self.service, self.now_ms = reader, agency, service, now_ms
        self._definitions = definitions
        of_it = [one for one in entries if (one.agency, one.service) == (agency, service)]
        self.ends_ms = end_of_life(retirements_of(of_it), agency, service)
        self._lost = vanished(of_it, agency, service)

    @property
    def begins_ms(self) -> int:
        """When the service's life began."""
        return self._definitions[0].recorded_ms

    def zone_at(self, at_ms: int) -> ZoneInfo:
        """Give the agency's zone at a moment."""
        return ZoneInfo(target_in_force(self._definitions, at_ms).time_zone)

    def ended_days(self, since_ms: int, after: date | None, most: int) -> list[LocalDay]:
        """Give at most so many whole days that have ended, from ``since_ms`` on; ``after``: the last one before it."""
        days: list[LocalDay] = []
        while len(days) < most and (self.ends_ms is None or since_ms < self.ends_ms):
            day = next(local_days(since_ms, self.now_ms, self.zone_at(since_ms), after=after), None)
            if day is None:
                break
            days.append(day)
            since_ms, after = day.end_ms, day.day
        return days

    def settled(self, days: Sequence[LocalDay], calendar: Calendar) -> tuple[list[Rollup], int]:
        """Roll up the days, oldest first, up to the first that a result may still change in time.

        Gives them, and until when a result would have come in time to change the last of them.
        """
        made: list[Rollup] = []
        open_ms = 0
        for some in pieces(days):
            history, lines = self._read(some[0].start_ms, some[-1].end_ms)
            until_ms, newest = data_until(history.lives, self.now_ms), newest_runs(history)
            for day in some:
                open_of_day = open_until(history, day.end_ms, newest)
                if until_ms < open_of_day:
                    return made, open_ms
                made.append(roll_up(lines, day, self.zone_at(day.start_ms), calendar, self.ends_ms))
                open_ms = open_of_day
        return made, open_ms

    def anew(
        self, days: Sequence[Rollup], calendar_of: Callable[[Rollup], Calendar], *, lay: Lay | None = None,
    ) -> Iterator[Rollup]:
        """Roll up days again that are there, oldest first. ``lay``: what is laid over the timeline, such as rulings."""
        spans = [LocalDay(day=one.day, start_ms=one.start_ms, end_ms=one.end_ms) for one in days]
        calendar = {span: calendar_of(one) for span, one in zip(spans, days, strict=True)}
        for some in pieces(spans):
            _, lines = self._read(some[0].start_ms, some[-1].end_ms, lay)
            yield from (
                roll_up(lines, span, self.zone_at(span.start_ms), calendar[span], self.ends_ms) for span in some
            )

    def reach(self, from_ms: int, to_ms: int) -> tuple[int, int]:
        """Say how far a result of this time may change figures: from the good run before it to the one after it."""
        history = self._history(from_ms, to_ms + 1)
        return (
            min((from_ms, *(one.start_ms for one in history.stretches))),
            max((to_ms, *(one.last_start_ms + one.hold_ms for one in history.stretches))),
        )

    def month(self, days: Sequence[Rollup]) -> MonthRollup:
        """Sum a service's days of one month, of which none is missing."""
        last = days[-1]
        window = month_window(f"{last.day:%Y-%m}", self.zone_at(last.start_ms))
        end_ms = window.end_ms if self.ends_ms is None else min(window.end_ms, max(self.ends_ms, last.end_ms))
        observed = sum(part.observed_ms for day in days for part in (day.office, day.outside, day.undecided))
        is_whole = last.end_ms >= end_ms
        return month_rollup(
            days, end_ms=end_ms, whole_ms=observed if is_whole else self.whole_of(days[0].start_ms, end_ms),
        )

    def whole_of(self, start_ms: int, end_ms: int) -> int:
        """Give the length of a month, from its start in the service's life, in the hours that the promise covers."""
        hours = target_in_force(self._definitions, start_ms).promise.hours
        return total(covered_spans(hours, (start_ms, end_ms), self.zone_at(start_ms)))

    def _read(self, start_ms: int, end_ms: int, lay: Lay | None = None) -> tuple[ServiceHistory, Lines]:
        history = self._history(start_ms, end_ms)
        measured = service_timeline(history, until_ms=data_until(history.lives, self.now_ms))
        lived = with_vanished(measured, self._lost, self.ends_ms)
        return history, Lines(history, lay(lived) if lay is not None else lived)

    def _history(self, start_ms: int, end_ms: int) -> ServiceHistory:
        history = self._reader.history(self.agency, self.service, start_ms=start_ms, end_ms=end_ms)
        if history is None:
            raise LookupError(f"{self.agency}/{self.service}: the ledger has no definition of it")
        return history


def pieces(days: Sequence[LocalDay]) -> Iterator[Sequence[LocalDay]]:
    """Cut days into pieces that are read at once.

    A ledger cuts runs at the edges of what is asked for; no stretch reaches over a UTC hour, so that midnights on a
    whole hour, as Indonesia's are, cut nothing in between. In other zones each day is a piece.
    """
    is_whole = all(day.end_ms % HOUR_MS == 0 for day in days)
    step = AT_ONCE if is_whole else 1
    for place in range(0, len(days), step):
        yield days[place:place + step]

"""Roll-ups: what a service was on each local day, in office hours and outside them; and months as sums of days. Pure.

A row is a function of the timeline, the calendar and the promise alone, so that it can be made anew at any time to the
same bytes. Days are cut where an agency's clock strikes midnight; since verdicts, *possibly down* and *certainly down*
are sets of whole milliseconds and the days of a month share no moment and leave none out, sums over days are the
figures of the month, exactly: an outage over midnight counts on both sides.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from monitors.core.history import hold_of
from monitors.core.hours import Calendar, Hours, OfficeWeek, closed_runs, covered_spans, hours_of
from monitors.core.model import Verdict
from monitors.core.span import Span, Spans, intersect, total
from monitors.core.split import Part
from monitors.core.window import from_ms, month_window, to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from monitors.core.history import Definition, ServiceHistory, Stretch
    from monitors.core.model import Target
    from monitors.core.timeline import ServiceTimeline

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """How long a service was what, in milliseconds, in the hours that its promise covers.

    up + degraded + down + unknown = observed, exactly; certainly <= down, and down + unknown <= possibly.
    """

    up_ms: int = 0
    degraded_ms: int = 0
    down_ms: int = 0
    unknown_ms: int = 0
    possibly_down_ms: int = 0
    certainly_down_ms: int = 0

    @property
    def observed_ms(self) -> int:
        """The whole of it."""
        return self.up_ms + self.degraded_ms + self.down_ms + self.unknown_ms

    @property
    def good_ms(self) -> int:
        """How long the service was available."""
        return self.up_ms + self.degraded_ms

    @property
    def known_ms(self) -> int:
        """How much of it the verdict is known of."""
        return self.up_ms + self.degraded_ms + self.down_ms

    @property
    def part(self) -> Part:
        """The same as a part of a split."""
        return Part(
            observed_ms=self.observed_ms, good_ms=self.good_ms, down_ms=self.down_ms, unknown_ms=self.unknown_ms,
            possibly_down_ms=self.possibly_down_ms, certainly_down_ms=self.certainly_down_ms,
        )


SPENT = tuple(one.name for one in fields(Spent))
NOTHING = Spent()


def added(parts: Iterable[Spent]) -> Spent:
    """Add up."""
    return weighed((1, part) for part in parts)


def weighed(parts: Iterable[tuple[int, Spent]]) -> Spent:
    """Add up, each as often as its weight says. Written out: a nation has tens of thousands."""
    up = degraded = down = unknown = possibly = certainly = 0
    for weight, part in parts:
        up += weight * part.up_ms
        degraded += weight * part.degraded_ms
        down += weight * part.down_ms
        unknown += weight * part.unknown_ms
        possibly += weight * part.possibly_down_ms
        certainly += weight * part.certainly_down_ms
    return Spent(
        up_ms=up, degraded_ms=degraded, down_ms=down, unknown_ms=unknown, possibly_down_ms=possibly,
        certainly_down_ms=certainly,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDay:
    """A day by an agency's clock, in UTC milliseconds: from one midnight to the next."""

    day: date
    start_ms: int
    end_ms: int

    @property
    def month(self) -> str:
        """The month it lies in."""
        return f"{self.day:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """One service on one local day, or on the part of it that lies in the service's life.

    office + outside + undecided is all of the day that the promise covers. ``target``, ``weight`` and hours are those
    in force at the beginning of the day's month.
    """

    agency: str
    service: str
    day: date
    start_ms: int
    end_ms: int
    calendar: str                        # version of the calendar that decided over office hours
    is_closed: bool                      # lies in a closure of five days or more
    target: Decimal                      # percent
    weight: int
    has_hours: bool                      # the promise does not cover all 24 hours
    office: Spent
    outside: Spent
    undecided: Spent                     # would be office hours in a year whose days off nobody has decreed
    runs: int                            # done or missed, that started within the day
    missed: int
    first_try_failures: int


class Lines:
    """A service's timeline and runs, made ready to be cut into many days."""

    def __init__(self, history: ServiceHistory, timeline: ServiceTimeline) -> None:
        self.history = history
        self.life = (timeline.start_ms, timeline.until_ms)
        sets = [timeline.spans(verdict) for verdict in (Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN)]
        sets += [timeline.possibly_down, timeline.certainly_down]
        self._sets = [([span[0] for span in spans], [span[1] for span in spans], spans) for spans in sets]
        self._stretches = sorted(history.stretches, key=lambda stretch: stretch.start_ms)
        self._starts = [stretch.start_ms for stretch in self._stretches]

    def spent(self, spans: Spans) -> Spent:
        """Sum what the service was within a set."""
        if not spans:
            return NOTHING
        start, end = spans[0][0], spans[-1][1]
        return Spent(**{
            name: total(intersect(found[bisect_right(ends, start):bisect_left(starts, end)], spans))
            for name, (starts, ends, found) in zip(SPENT, self._sets, strict=True)
        })

    def started(self, span: Span) -> list[Stretch]:
        """Give the stretches that began within the span; a reader of the ledger has cut them at the days' edges."""
        return self._stretches[bisect_left(self._starts, span[0]):bisect_left(self._starts, span[1])]


def local_days(since_ms: int, until_ms: int, zone: tzinfo, *, after: date | None = None) -> Iterator[LocalDay]:
    """Give the whole local days from the one that ``since_ms`` lies in, while they end by ``until_ms``.

    ``after``: the last day that is there already; where an agency moved to another zone its next day may be longer or
    shorter, but none comes twice and none is left out.
    """
    while True:
        day = from_ms(since_ms, zone).date()
        if after is not None and day <= after:
            day = after + A_DAY
        end_ms = to_ms(datetime.combine(day + A_DAY, time(), tzinfo=zone))
        if end_ms > until_ms:
            return
        yield LocalDay(day=day, start_ms=since_ms, end_ms=end_ms)
        since_ms, after = end_ms, day


def newest_runs(history: ServiceHistory) -> dict[tuple[str, str], int]:
    """Say when each transaction at each vantage ran last."""
    newest: dict[tuple[str, str], int] = {}
    for stretch in history.stretches:
        lane = (stretch.transaction, stretch.vantage)
        if newest.get(lane, 0) < stretch.last_start_ms:
            newest[lane] = stretch.last_start_ms
    return newest


def open_until(history: ServiceHistory, end_ms: int, newest: Mapping[tuple[str, str], int] | None = None) -> int:
    """Say until when a result may still come in time to change what was before ``end_ms``.

    That is the end itself where each transaction has run since at each vantage, else 2.5 intervals after it: until then
    a run could still say that the outage goes on, or that the last good one was followed by a good one. From then on
    the days before it are settled. ``newest``: as ``newest_runs`` has it.
    """
    ran = newest_runs(history) if newest is None else newest
    in_force = {definition.vantage: definition for definition in history.definitions}
    return end_ms + max((
        hold_of(transaction.interval_ms)
        for vantage, definition in in_force.items() for transaction in definition.target.transactions
        if ran.get((transaction.name, vantage), 0) < end_ms
    ), default=0)


def roll_up(lines: Lines, day: LocalDay, zone: tzinfo, calendar: Calendar, end_of_life_ms: int | None = None) -> Rollup:
    """Sum a day. Its part within the service's life must not be empty."""
    history = lines.history
    start_ms = max(day.start_ms, lines.life[0])
    end_ms = min(day.end_ms, lines.life[1], day.end_ms if end_of_life_ms is None else end_of_life_ms)
    if start_ms >= end_ms:
        raise ValueError(f"{history.key} on {day.day}: the day lies outside of the service's life")
    month = month_window(day.month, zone)
    target = target_in_force(history.definitions, max(month.start_ms, lines.life[0]))
    covered = covered_spans(target.promise.hours, (start_ms, end_ms), zone)
    hours, is_closed = _hours_of_day((day.start_ms, day.end_ms), zone, calendar, target.office_hours)
    runs = lines.started((start_ms, end_ms))
    return Rollup(
        agency=history.agency, service=history.service, day=day.day, start_ms=start_ms, end_ms=end_ms,
        calendar=calendar.version, is_closed=is_closed, target=target.promise.target, weight=target.weight,
        has_hours=bool(target.promise.hours),
        office=lines.spent(intersect(hours.office, covered)), outside=lines.spent(intersect(hours.outside, covered)),
        undecided=lines.spent(intersect(hours.undecided, covered)),
        runs=sum(one.runs for one in runs), missed=sum(one.missed for one in runs),
        first_try_failures=sum(one.first_try_failures for one in runs),
    )


def target_in_force(definitions: Sequence[Definition], at_ms: int) -> Target:
    """Give the definition that was in force at the beginning of a window; a later change takes effect with the next."""
    before = [definition for definition in definitions if definition.recorded_ms <= at_ms]
    return (before[-1] if before else definitions[0]).target


@lru_cache(maxsize=4_096)
def _hours_of_day(day: Span, zone: tzinfo, calendar: Calendar, week: OfficeWeek | None) -> tuple[Hours, bool]:
    """Say which hours of a day are office hours, and whether it is closed; the same for all of a zone's services."""
    return hours_of(day, zone, calendar, week), bool(closed_runs(day, zone, calendar, week))

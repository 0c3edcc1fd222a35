"""A service's figures in office hours and outside them, and through closures of many days.

Outside office hours is the figure that the ministry asks for first: for three quarters of the time no counter is open,
and the promise is kept or broken there. Sums are whole milliseconds; a closure's days lie outside office hours too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from monitors.core.hours import Calendar, OfficeWeek, closed_runs, hours_of
from monitors.core.model import Verdict
from monitors.core.span import Span, Spans, intersect, total

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from monitors.core.timeline import ServiceTimeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a service was through some of its time, in milliseconds. good + down + unknown = observed, exactly."""

    observed_ms: int = 0
    good_ms: int = 0                     # up or degraded
    down_ms: int = 0
    unknown_ms: int = 0
    possibly_down_ms: int = 0
    certainly_down_ms: int = 0

    @property
    def known_ms(self) -> int:
        """How much of it the verdict is known of."""
        return self.good_ms + self.down_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A window in parts; office + outside + undecided is the whole of it, closures lie within outside.

    ``undecided``: what would be office hours in a year whose days off nobody has decreed yet.
    """

    calendar: str                        # version of the calendar that decided
    office: Part
    outside: Part
    undecided: Part
    closures: Part                       # five days or more without an open one
    closure_spans: Spans                 # within the observed time


def split(
    timeline: ServiceTimeline, window: Span, zone: tzinfo, calendar: Calendar, week: OfficeWeek | None = None, *,
    covered: Spans | None = None,
) -> Split:
    """Split what a timeline says of a window of UTC milliseconds, by the agency's zone.

    ``covered``: what of it counts, as ``sla.covered`` gives it; None: all. The parts sum to it.
    """
    observed = (max(window[0], timeline.start_ms), min(window[1], timeline.until_ms))
    if observed[0] >= observed[1]:
        return Split(
            calendar=calendar.version, office=Part(), outside=Part(), undecided=Part(), closures=Part(),
            closure_spans=(),
        )
    hours = hours_of(observed, zone, calendar, week)
    closures = closed_runs(observed, zone, calendar, week)

    def part(spans: Spans) -> Part:
        return part_of(timeline, spans if covered is None else intersect(spans, covered))

    return Split(
        calendar=calendar.version, office=part(hours.office), outside=part(hours.outside),
        undecided=part(hours.undecided), closures=part(closures), closure_spans=closures,
    )


def part_of(timeline: ServiceTimeline, spans: Spans) -> Part:
    """Sum what a timeline says of some of its time."""
    spent = {verdict: total(intersect(timeline.spans(verdict), spans)) for verdict in Verdict}
    return Part(
        observed_ms=total(spans), good_ms=spent[Verdict.UP] + spent[Verdict.DEGRADED], down_ms=spent[Verdict.DOWN],
        unknown_ms=spent[Verdict.UNKNOWN], possibly_down_ms=total(intersect(timeline.possibly_down, spans)),
        certainly_down_ms=total(intersect(timeline.certainly_down, spans)),
    )


def together(parts: Iterable[Part]) -> Part:
    """Add parts up: those of an agency's services, for one."""
    found = list(parts)
    return Part(**{field.name: sum(getattr(part, field.name) for part in found) for field in fields(Part)})

"""The second figure: what a service kept where agreed maintenance is left out of numerator and denominator.

It stands beside the promise's own figure and never in its place (``docs/semantics.md``, Availability).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.maintenance import Maintenance, Standing
from monitors.core.model import Verdict
from monitors.core.span import Span, Spans, clip, intersect, merge, subtract, total
from monitors.core.split import part_of
from monitors.core.window import month_of, month_window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from monitors.core.timeline import ServiceTimeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a window with one standing for one service."""

    start_ms: int
    end_ms: int
    standing: Standing
    maintenance: Maintenance


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedFigures:
    """The second figure: counted windows are in neither numerator nor denominator. All in milliseconds.

    up + degraded (good) + down = known; known + unknown + excluded = the observed part of the window.
    """

    excluded_ms: int
    good_ms: int
    known_ms: int
    down_ms: int
    unknown_ms: int
    possibly_down_ms: int
    certainly_down_ms: int
    pieces: tuple[Piece, ...]            # all that touch the window, those that do not count too

    @property
    def observed_ms(self) -> int:
        """How long the service was observed outside the windows that count."""
        return self.known_ms + self.unknown_ms


def pieces(windows: Iterable[Maintenance], agency: str, service: str, zone: tzinfo) -> tuple[Piece, ...]:
    """Say of each part of the windows of a service whether it is left out, by start.

    Time under two windows counts towards the cap once. Windows use the cap in the order in which they begin; a window
    over a month's end uses that of each month for the part in it.
    """
    found: list[Piece] = []
    taken: Spans = ()
    used: dict[str, int] = {}
    for one in sorted(windows, key=lambda one: (one.start_ms, one.number)):
        if not one.concerns(agency, service):
            continue
        if one.standing is not Standing.EXCLUDED:
            found.append(Piece(start_ms=one.start_ms, end_ms=one.end_ms, standing=one.standing, maintenance=one))
            continue
        left: Spans = ()
        for month, part in _by_month((one.start_ms, one.ended_ms), zone):
            new = subtract((part,), taken)
            within = _first(new, one.rule.cap_ms - used.get(month, 0))
            used[month] = used.get(month, 0) + total(within)
            left = merge((*left, *within, *intersect((part,), taken)))
        taken = merge((*taken, *left))
        over = subtract(((one.start_ms, one.ended_ms),), left)
        for standing, spans in ((Standing.EXCLUDED, left), (Standing.OVER_CAP, over)):
            found += (Piece(start_ms=start, end_ms=end, standing=standing, maintenance=one) for start, end in spans)
    return tuple(sorted(found, key=lambda piece: (piece.start_ms, piece.maintenance.number)))


def excluded(parts: Iterable[Piece]) -> Spans:
    """Give the time that is left out."""
    return merge((piece.start_ms, piece.end_ms) for piece in parts if piece.standing is Standing.EXCLUDED)


def overrun(one: Maintenance, timeline: ServiceTimeline) -> Span | None:
    """Give the time after the window's end through which the service stayed down; it is down time like any other."""
    for start, end in timeline.spans(Verdict.DOWN):
        if start < one.ended_ms < end and one.ended_ms > one.start_ms:
            return one.ended_ms, end
    return None


def agreed(
    timeline: ServiceTimeline, observed: Span, parts: Sequence[Piece], *, covered: Spans | None = None,
) -> AgreedFigures:
    """Count what was observed without the windows that count. ``observed``: as the statement has it.

    ``covered``: what of it counts at all, as ``sla.covered`` gives it; None: all.
    """
    counted = (observed,) if covered is None else clip(covered, observed)
    left_out = intersect(excluded(parts), counted)
    rest = part_of(timeline, subtract(counted, left_out))
    return AgreedFigures(
        excluded_ms=total(left_out), good_ms=rest.good_ms, known_ms=rest.known_ms, down_ms=rest.down_ms,
        unknown_ms=rest.unknown_ms, possibly_down_ms=rest.possibly_down_ms, certainly_down_ms=rest.certainly_down_ms,
        pieces=tuple(piece for piece in parts if piece.start_ms < observed[1] and piece.end_ms > observed[0]),
    )


def _by_month(span: Span, zone: tzinfo) -> Iterator[tuple[str, Span]]:
    start, end = span
    while start < end:
        month = month_of(start, zone)
        until = min(end, month_window(month, zone).end_ms)
        yield month, (start, until)
        start = until


def _first(spans: Spans, length_ms: int) -> Spans:
    """Keep the first so many milliseconds of a set."""
    kept: list[Span] = []
    for start, end in spans:
        if length_ms <= 0:
            break
        kept.append((start, min(end, start + length_ms)))
        length_ms -= end - start
    return tuple(kept)

"""The end of a service's life: by a dated and approved decision, and by nothing else.

A service that is no longer watched without such a decision has vanished: from when that was told until it is watched
again, what is not known of it counts as down (``docs/semantics.md``). That is a rule and no measurement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind, is_same_person
from monitors.core.model import Verdict
from monitors.core.span import Spans, clip, intersect, merge
from monitors.core.timeline import joined_segments
from monitors.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitors.core.timeline import ServiceTimeline

FAR_MS = 1 << 52


class Act(StrEnum):
    """What an entry of retirement does; ``act`` of its body. Each is of one service."""

    PROPOSE = "propose"                  # end_ms, reason
    APPROVE = "approve"                  # retirement: number of the proposing entry
    VANISHED = "vanished"                # it is no longer among what is watched
    RETURNED = "returned"                # it is again


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The end of one service. ``number`` is that of the proposing entry; by it people name it."""

    number: int
    agency: str
    service: str
    end_ms: int                          # as proposed
    reason: str
    proposed_by: str
    proposed_ms: int
    approved_by: str = ""
    approved_ms: int | None = None

    @property
    def ends_ms(self) -> int | None:
        """When the service's life ends: as proposed, but not before it was approved; None before that.

        So nobody retires an outage that has been.
        """
        return None if self.approved_ms is None else max(self.end_ms, self.approved_ms)


def from_entries(entries: Iterable[Entry]) -> tuple[Retirement, ...]:
    """Read the retirements in the order they were proposed; the first approval by another person counts."""
    found: dict[int, tuple[Entry, Retirement]] = {}
    for entry in _told(entries):
        act = entry.text("act")
        if act == Act.PROPOSE and entry.service:
            found[entry.number] = (entry, Retirement(
                number=entry.number, agency=entry.agency, service=entry.service, end_ms=entry.number_of("end_ms"),
                reason=entry.text("reason"), proposed_by=entry.by, proposed_ms=entry.at_ms,
            ))
        elif act == Act.APPROVE and entry.number_of("retirement") in found:
            proposal, one = found[entry.number_of("retirement")]
            of_it = (entry.agency, entry.service) == (one.agency, one.service)
            if of_it and one.approved_ms is None and not is_same_person(entry, proposal):
                found[one.number] = (proposal, replace(one, approved_by=entry.by, approved_ms=entry.at_ms))
    return tuple(one for _, one in found.values())


def end_of_life(retirements: Iterable[Retirement], agency: str, service: str) -> int | None:
    """Say when a service's life ends, None where nothing that is approved says so; the earliest counts."""
    ends = [
        one.ends_ms for one in retirements
        if (one.agency, one.service) == (agency, service) and one.ends_ms is not None
    ]
    return min(ends, default=None)


def vanished(entries: Iterable[Entry], agency: str, service: str) -> Spans:
    """Say when a service was not watched without a decision; the last time may have no end yet."""
    spans: list[tuple[int, int]] = []
    since: int | None = None
    for entry in _told(entries):
        if (entry.agency, entry.service) != (agency, service):
            continue
        if entry.text("act") == Act.VANISHED and since is None:
            since = entry.at_ms
        elif entry.text("act") == Act.RETURNED and since is not None:
            spans.append((since, entry.at_ms))
            since = None
    if since is not None:
        spans.append((since, FAR_MS))
    return merge(spans)


def within_life(window: Window, end_ms: int | None) -> Window | None:
    """Cut a window where the service's life ends; None where it ended before."""
    if end_ms is None or end_ms >= window.end_ms:
        return window
    return replace(window, end_ms=end_ms) if end_ms > window.start_ms else None


def with_vanished(timeline: ServiceTimeline, spans: Spans, end_ms: int | None = None) -> ServiceTimeline:
    """Let what is unknown while a service was vanished count as down, up to its end; what was measured stays."""
    life = (timeline.start_ms, timeline.until_ms if end_ms is None else min(end_ms, timeline.until_ms))
    lost = intersect(clip(spans, life) if life[0] < life[1] else (), timeline.spans(Verdict.UNKNOWN))
    if not lost:
        return timeline
    return replace(
        timeline, segments=_with_down(timeline.segments, lost),
        possibly_down=merge((*timeline.possibly_down, *lost)),
        certainly_down=merge((*timeline.certainly_down, *lost)),
    )


def missing(
    known: Iterable[tuple[str, str]], watched: Iterable[tuple[str, str]], entries: Iterable[Entry], *, now_ms: int,
) -> tuple[tuple[tuple[str, str], Act], ...]:
    """Say of which services it is to be told that they vanished or returned; nothing is told twice.

    ``known``: all that the ledger has a definition of, ``watched``: what is among the targets now. A service whose life
    has ended does not vanish.
    """
    told = tuple(entries)
    now, retirements = set(watched), from_entries(told)
    found: list[tuple[tuple[str, str], Act]] = []
    for key in sorted(set(known)):
        end_ms = end_of_life(retirements, *key)
        is_lost = any(end == FAR_MS for _, end in vanished(told, *key))
        if key in now and is_lost:
            found.append((key, Act.RETURNED))
        elif key not in now and not is_lost and (end_ms is None or end_ms > now_ms):
            found.append((key, Act.VANISHED))
    return tuple(found)


def _told(entries: Iterable[Entry]) -> list[Entry]:
    return sorted((entry for entry in entries if entry.kind is EntryKind.RETIREMENT), key=lambda entry: entry.number)


def _with_down(
    segments: Sequence[tuple[int, int, Verdict]], lost: Spans,
) -> tuple[tuple[int, int, Verdict], ...]:
    edges = sorted({edge for span in lost for edge in span})
    return joined_segments(
        (low, high, Verdict.DOWN if any(s <= low < e for s, e in lost) else verdict)
        for start, end, verdict in segments
        for low, high in pairwise([start, *(edge for edge in edges if start < edge < end), end])
    )

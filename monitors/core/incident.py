"""Incidents: stretches in which a service was down, with what is known of their beginning, cause and end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from monitors.core.history import GOOD
from monitors.core.model import Verdict
from monitors.core.window import from_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitors.core.history import ServiceHistory, Stretch
    from monitors.core.timeline import Segment, ServiceTimeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One transaction that was down in an incident, as its first bad run says."""

    transaction: str
    vantage: str
    failed_step: str
    reason: str
    first_bad_ms: int
    runs: int                            # how many of its runs were down


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A stretch of ``down``; ``unknown`` within it, with no good run between, belongs to it.

    The true beginning lies between ``last_good_ms`` and ``first_bad_ms``, the true end between ``last_bad_ms`` and
    ``first_good_ms``. None: there was no good run before; it is not over.
    """

    agency: str
    service: str
    last_good_ms: int | None             # start of the last good try before
    first_bad_ms: int                    # start of the first bad run
    last_bad_ms: int                     # end of the last bad run
    first_good_ms: int | None            # start of the first good try after
    down_ms: int                         # time that the timeline reads ``down``
    unknown_ms: int                      # time within it that nobody watched
    failing: tuple[Failing, ...]         # earliest first
    outages: int = 1                     # more where it flapped, see incident_merge.py
    good_between_ms: int = 0             # time between the outages

    @property
    def name(self) -> str:
        """Identity in commands: ``agency/service/20261124T071005Z``, the first bad run in UTC."""
        return f"{self.agency}/{self.service}/{from_ms(self.first_bad_ms, UTC):%Y%m%dT%H%M%SZ}"

    @property
    def is_open(self) -> bool:
        """Whether no good run has ended it."""
        return self.first_good_ms is None

    @property
    def failed_step(self) -> str:
        """Step that failed first."""
        return next((one.failed_step for one in self.failing if one.failed_step), "")

    @property
    def reason(self) -> str:
        """What it failed of, in words."""
        return next((one.reason for one in self.failing if one.reason), "")


def incidents(history: ServiceHistory, timeline: ServiceTimeline) -> tuple[Incident, ...]:
    """Find the incidents of a timeline, oldest first."""
    return tuple(_incident(history, group, after) for group, after in _groups(timeline.segments))


def _groups(segments: Sequence[Segment]) -> Iterator[tuple[list[Segment], Segment | None]]:
    """Group ``down`` segments that only ``unknown`` ones part; with each the good segment that ended it, or None."""
    group: list[Segment] = []
    for segment in segments:
        if segment[2] is Verdict.DOWN or (group and segment[2] is Verdict.UNKNOWN):
            group.append(segment)
        elif group:
            yield group, segment
            group = []
    if group:
        yield group, None


def _incident(history: ServiceHistory, group: Sequence[Segment], after: Segment | None) -> Incident:
    start_ms, end_ms = group[0][0], group[-1][1]
    primaries = {t.name for d in history.definitions for t in d.target.transactions if t.primary}
    bad = sorted(
        (
            s for s in history.stretches
            if s.transaction in primaries and s.verdict is Verdict.DOWN and start_ms <= s.last_start_ms < end_ms
        ),
        key=lambda s: s.start_ms,
    )
    names = {s.transaction for s in bad}
    good = [
        s.good_start_ms for s in history.stretches
        if s.transaction in names and s.verdict in GOOD and s.good_start_ms is not None and s.good_start_ms < start_ms
    ]
    return Incident(
        agency=history.agency,
        service=history.service,
        last_good_ms=max(good, default=None),
        first_bad_ms=start_ms,
        last_bad_ms=max((s.end_ms for s in bad), default=start_ms),
        first_good_ms=after[0] if after is not None else None,
        down_ms=sum(end - start for start, end, verdict in group if verdict is Verdict.DOWN),
        unknown_ms=sum(end - start for start, end, verdict in group if verdict is Verdict.UNKNOWN),
        failing=_failing(bad),
    )


def _failing(bad: Sequence[Stretch]) -> tuple[Failing, ...]:
    return merged_failing(
        Failing(
            transaction=stretch.transaction, vantage=stretch.vantage, failed_step=stretch.failed_step,
            reason=stretch.reason, first_bad_ms=stretch.start_ms, runs=stretch.runs,
        )
        for stretch in bad
    )


def merged_failing(parts: Iterable[Failing]) -> tuple[Failing, ...]:
    """Make one of those of the same transaction and vantage: what the first of them says, with the runs of all."""
    found: dict[tuple[str, str], Failing] = {}
    for part in parts:
        first = found.get((part.transaction, part.vantage))
        found[part.transaction, part.vantage] = part if first is None else replace(first, runs=first.runs + part.runs)
    return tuple(found.values())

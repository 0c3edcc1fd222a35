"""Beside a service's statement: what its promise can prove at all, whether it was looked often enough, what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.burnrate import LONGEST_MS, Burn, Finding, Projection, burns, findings, project
from monitors.core.confidence import Confidence, confidence
from monitors.core.hours import covered_spans
from monitors.core.provability import LONE_FAILURES, narrowest_target
from monitors.core.sla import promise_at

if TYPE_CHECKING:
    from decimal import Decimal

    from monitors.core.history import ServiceHistory
    from monitors.core.sla import SlaStatement
    from monitors.core.span import Span, Spans
    from monitors.core.timeline import ServiceTimeline
    from monitors.core.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """``burns`` and ``findings`` are of the moment to which the figures reach; none where the window is over."""

    narrowest: Decimal                   # percent: what interval, deadline and vantages prove at most
    lone_failures: Decimal               # percent of single tries that fail alone, by which that is so
    vantages: int
    confidence: Confidence
    projection: Projection
    burns: tuple[Burn, ...] = ()         # the shortest window first
    findings: tuple[Finding, ...] = ()   # the most urgent first

    @property
    def is_provable(self) -> bool:
        """Whether the promise is no narrower than what can be proven."""
        return self.confidence.target <= self.narrowest


def outlook(
    history: ServiceHistory, timeline: ServiceTimeline, window: Window, found: SlaStatement, *,
    lone_failures: Decimal = LONE_FAILURES,
) -> Outlook:
    """Tell what stands beside a statement. For burn rates ``history`` reaches three days back."""
    vantages = len({definition.vantage for definition in history.definitions})
    is_open = timeline.until_ms < window.end_ms
    now_ms = found.until_ms
    recently = _covered(history, window, found, (now_ms - LONGEST_MS, now_ms))
    measured = burns(timeline, now_ms, found.target, covered=recently) if is_open else ()
    return Outlook(
        narrowest=narrowest_target(
            history.target.transactions, lone_failures, vantages=vantages, quorum=history.target.quorum,
            hours=promise_at(history, found.start_ms).hours,
        ),
        lone_failures=lone_failures,
        vantages=vantages,
        confidence=confidence(history, found),
        projection=project(
            timeline, (found.start_ms, found.end_ms), found.target,
            covered=_covered(history, window, found, (min(found.start_ms, now_ms - LONGEST_MS), found.end_ms)),
        ),
        burns=measured,
        findings=findings(measured, found.target) if measured else (),
    )


def _covered(history: ServiceHistory, window: Window, found: SlaStatement, part: Span) -> Spans | None:
    """Give the hours of the promise in a part; None where it covers them all."""
    hours = promise_at(history, found.start_ms).hours
    return covered_spans(hours, part, window.zone) if hours and window.zone is not None else None

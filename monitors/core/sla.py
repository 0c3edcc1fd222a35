"""From a timeline, a window and a promise to the statement: what was kept, what is proven, what is left.

Whole milliseconds and exact fractions inside; percent only when shown, and then cut downwards (``wording.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.hours import covered_spans
from monitors.core.model import Promise, Verdict
from monitors.core.span import Span, Spans, clip, intersect, total

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from monitors.core.history import ServiceHistory
    from monitors.core.timeline import ServiceTimeline
    from monitors.core.window import Window

COVERAGE_FLOOR = (99, 100)
"""Less of the window known than this, and a promise is not proven."""


class Judgement(StrEnum):
    """What became of a promise."""

    RUNNING = "running"                  # the window is open
    KEPT = "kept"
    BROKEN = "broken"
    NOT_PROVEN = "not proven"
    NOT_ON_BOARD = "not on board"        # an agency without a monitored service


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaStatement:
    """What one service kept of its promise in one window.

    ``start_ms``: of the window or of the service's life, whichever is later. ``until_ms``: up to when figures reach, at
    most ``end_ms``. All lengths are of the hours that the promise covers; up + degraded + down + unknown = observed,
    exactly.
    """

    agency: str
    service: str
    month: str                           # "2026-11", or "" for another range
    start_ms: int
    end_ms: int
    until_ms: int
    is_final: bool                       # nothing that comes later changes it
    target: Decimal                      # percent
    up_ms: int
    degraded_ms: int
    down_ms: int
    unknown_ms: int
    possibly_down_ms: int
    certainly_down_ms: int
    runs: int                            # done or missed, that started within the window
    missed: int
    first_try_failures: int
    judgement: Judgement
    uncovered_ms: int = 0                # up to ``until_ms``: hours that the promise does not cover
    uncovered_whole_ms: int = 0          # the same up to ``end_ms``

    @property
    def observed_ms(self) -> int:
        """Length of the window so far, within the life of the service and the hours of its promise."""
        return self.until_ms - self.start_ms - self.uncovered_ms

    @property
    def whole_ms(self) -> int:
        """Length of the whole window, within the same."""
        return self.end_ms - self.start_ms - self.uncovered_whole_ms

    @property
    def known_ms(self) -> int:
        """How much of it the verdict is known of."""
        return self.up_ms + self.degraded_ms + self.down_ms

    @property
    def good_ms(self) -> int:
        """How long the service was available."""
        return self.up_ms + self.degraded_ms

    @property
    def has_data(self) -> bool:
        """Whether anything at all is known."""
        return self.known_ms > 0

    @property
    def budget_ms(self) -> int:
        """Down time that the promise allows in the whole window, cut downwards.

        (1 - target) x W: 99.9 % of 30 days leaves 43 min 12 s.
        """
        return budget(self.target, self.whole_ms)

    @property
    def budget_left_ms(self) -> int:
        """What is left of it; negative when overspent."""
        return self.budget_ms - self.down_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyStatement:
    """What an agency kept of its promises: its services together, each weighing the same unless ``weights`` say else.

    All times are sums over services, weight x milliseconds.
    """

    agency: str
    services: int
    observed_ms: int
    good_ms: int
    known_ms: int
    down_ms: int
    unknown_ms: int
    possibly_down_ms: int
    certainly_down_ms: int
    judgement: Judgement


def statement(
    history: ServiceHistory, timeline: ServiceTimeline, window: Window, *, target: Decimal | None = None,
    counted: Spans | None = None,
) -> SlaStatement | None:
    """Judge a service's window; None where the service's life, or an hour of its promise, does not reach into it.

    ``target`` (percent) and ``counted`` (the time that counts, of the whole window) are asked instead of the promise in
    force, for a question of the kind "what if". Raises ValueError where the promise has hours and the window no zone.
    """
    start_ms = max(window.start_ms, timeline.start_ms)
    until_ms = min(window.end_ms, timeline.until_ms)
    if start_ms >= until_ms:
        return None
    promise = promise_at(history, start_ms)
    whole = _within(promise, window, (start_ms, window.end_ms)) if counted is None else clip(
        counted, (start_ms, window.end_ms),
    )
    covered, whole_ms = clip(whole, (start_ms, until_ms)), total(whole)
    if not whole_ms:
        return None
    observed_ms = total(covered)
    spent = {verdict: total(intersect(timeline.spans(verdict), covered)) for verdict in Verdict}
    possibly = total(intersect(timeline.possibly_down, covered))
    certainly = total(intersect(timeline.certainly_down, covered))
    promised = promise.target if target is None else target
    is_final = _is_final(history, timeline, window)
    begun = [s for s in history.stretches if start_ms <= s.start_ms and s.last_start_ms < until_ms]
    return SlaStatement(
        agency=history.agency,
        service=history.service,
        month=window.month,
        start_ms=start_ms,
        end_ms=window.end_ms,
        until_ms=until_ms,
        is_final=is_final,
        target=promised,
        up_ms=spent[Verdict.UP],
        degraded_ms=spent[Verdict.DEGRADED],
        down_ms=spent[Verdict.DOWN],
        unknown_ms=spent[Verdict.UNKNOWN],
        possibly_down_ms=possibly,
        certainly_down_ms=certainly,
        runs=sum(stretch.runs for stretch in begun),
        missed=sum(stretch.missed for stretch in begun),
        first_try_failures=sum(stretch.first_try_failures for stretch in begun),
        judgement=judge(
            promised,
            whole_ms=whole_ms,
            possibly_ms=possibly,
            certainly_ms=certainly,
            known_ms=observed_ms - spent[Verdict.UNKNOWN],
            is_closed=is_final,
        ),
        uncovered_ms=until_ms - start_ms - observed_ms,
        uncovered_whole_ms=window.end_ms - start_ms - whole_ms,
    )


def covered(history: ServiceHistory, timeline: ServiceTimeline, window: Window) -> Spans:
    """Give the time that a statement of the window counts: observed, and within the hours of the promise in force.

    Whatever stands beside a statement (split, maintenance, attribution) is cut to it, so that all sums agree.
    """
    part = (max(window.start_ms, timeline.start_ms), min(window.end_ms, timeline.until_ms))
    return _within(promise_at(history, part[0]), window, part) if part[0] < part[1] else ()


def _within(promise: Promise, window: Window, part: Span) -> Spans:
    if not promise.hours:
        return (part,)
    if window.zone is None:
        raise ValueError("the promise has hours and the window has no zone; give the window the zone of the agency")
    return covered_spans(promise.hours, part, window.zone)


def judge(
    target: Decimal, *, whole_ms: int, possibly_ms: int, certainly_ms: int, known_ms: int, is_closed: bool,
) -> Judgement:
    """Judge a promise over a window of ``whole_ms``, by integers alone.

    low = 1 - possibly / W and high = 1 - certainly / W; ``broken`` if high < target, whatever the coverage; ``kept`` if
    low >= target and known / W >= 99 %; else ``not proven``. An open window is ``running``, or already ``broken`` once
    certainly-down time is more than the whole window's budget.
    """
    part, whole = _ratio(target)         # target = part / whole
    if (whole_ms - certainly_ms) * whole < part * whole_ms:
        return Judgement.BROKEN
    if not is_closed:
        return Judgement.RUNNING
    floor, of = COVERAGE_FLOOR
    if (whole_ms - possibly_ms) * whole >= part * whole_ms and known_ms * of >= floor * whole_ms:
        return Judgement.KEPT
    return Judgement.NOT_PROVEN


def budget(target: Decimal, whole_ms: int) -> int:
    """Give (1 - target) x W in milliseconds, cut downwards."""
    part, whole = _ratio(target)
    return whole_ms * (whole - part) // whole


def agency_statement(
    agency: str, statements: Sequence[SlaStatement], *, weights: dict[str, int] | None = None,
) -> AgencyStatement:
    """Roll services up: sum(weight x good) / sum(weight x known), ``kept`` if every service's promise is.

    ``broken`` if any is; else ``running`` if any is; else ``not proven``. Without a service: ``not on board``.
    """
    weigh = [(weights or {}).get(one.service, 1) for one in statements]

    def add(name: str) -> int:
        return sum(weight * int(getattr(one, name)) for weight, one in zip(weigh, statements, strict=True))

    return AgencyStatement(
        agency=agency,
        services=len(statements),
        observed_ms=add("observed_ms"),
        good_ms=add("good_ms"),
        known_ms=add("known_ms"),
        down_ms=add("down_ms"),
        unknown_ms=add("unknown_ms"),
        possibly_down_ms=add("possibly_down_ms"),
        certainly_down_ms=add("certainly_down_ms"),
        judgement=_together([one.judgement for one in statements]),
    )


def promise_at(history: ServiceHistory, at_ms: int) -> Promise:
    """Give the promise that was in force at the start of a window.

    A promise that changes within a window takes effect with the next one.
    """
    before = [definition for definition in history.definitions if definition.recorded_ms <= at_ms]
    return (before[-1] if before else history.definitions[0]).target.promise


def _together(judgements: Sequence[Judgement]) -> Judgement:
    if not judgements:
        return Judgement.NOT_ON_BOARD
    for worst in (Judgement.BROKEN, Judgement.RUNNING, Judgement.NOT_PROVEN):
        if worst in judgements:
            return worst
    return Judgement.KEPT


def _is_final(history: ServiceHistory, timeline: ServiceTimeline, window: Window) -> bool:
    """Say whether each transaction has run after the window's end, or 2.5 intervals have passed."""
    if timeline.until_ms < window.end_ms:
        return False
    longest = 0
    for transaction in history.target.transactions:
        newest = max((s.last_start_ms for s in history.stretches if s.transaction == transaction.name), default=0)
        if newest < window.end_ms:
            longest = max(longest, transaction.interval_ms * 5 // 2)
    return timeline.until_ms >= window.end_ms + longest


def _ratio(target: Decimal) -> tuple[int, int]:
    """Turn percent into an exact fraction: 99.5 -> 199 / 200."""
    part, whole = target.as_integer_ratio()
    return part, whole * 100

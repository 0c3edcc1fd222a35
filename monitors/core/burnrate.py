"""How fast a service spends its error budget: burn rates over two windows at once, and when the budget will be gone.

    burn(L) = down time in the last L / ((1 - target) x known time in L)

1 spends the budget of a period of 30 days in just that time; a whole outage under 99.9 % burns 1,000 times as fast. A
rule finds something where both its windows burn at its factor or faster: the long one that it matters, the short one
that it still goes on. Where less than half of a window is known there is no finding.

Source of the windows: the SRE Workbook, chapter 5 (14.4 over 1 h, 6 over 6 h, 1 over 3 d, each with a twelfth of it as
the short window), and Sloth's fourth rule (3 over 1 d). Factor = share of the budget x period / long window: 2 % of 30
days within an hour are 0.02 x 720 h / 1 h = 14.4. Exact fractions throughout. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from monitors.core.model import Verdict
from monitors.core.sla import budget
from monitors.core.span import Span, Spans, clip, intersect, total

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from monitors.core.timeline import ServiceTimeline

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
PERIOD_MS = 30 * DAY_MS                  # of alerting, whatever month it is


class Severity(StrEnum):
    """What a finding is worth."""

    PAGE = "page"                        # somebody is called
    TICKET = "ticket"                    # somebody looks at it in office hours


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """Two windows and the factor that both must reach."""

    factor: Fraction
    long_ms: int
    short_ms: int
    severity: Severity


RULES = (
    BurnRule(factor=Fraction(72, 5), long_ms=HOUR_MS, short_ms=5 * MINUTE_MS, severity=Severity.PAGE),
    BurnRule(factor=Fraction(6), long_ms=6 * HOUR_MS, short_ms=30 * MINUTE_MS, severity=Severity.PAGE),
    BurnRule(factor=Fraction(3), long_ms=DAY_MS, short_ms=2 * HOUR_MS, severity=Severity.TICKET),
    BurnRule(factor=Fraction(1), long_ms=3 * DAY_MS, short_ms=6 * HOUR_MS, severity=Severity.TICKET),
)
LONGEST_MS = max(rule.long_ms for rule in RULES)
WINDOWS_MS = tuple(sorted({length for rule in RULES for length in (rule.short_ms, rule.long_ms)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """What was spent in the last ``length_ms``. ``rate`` is None where less than half of it is known."""

    length_ms: int
    down_ms: int
    known_ms: int
    rate: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule both of whose windows burn at its factor or faster."""

    rule: BurnRule
    long: Burn
    short: Burn


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What becomes of a window's budget. ``gone_ms``: the instant at which it was spent, or will be; None: not in it.

    ``burn``: of the last day, by which the future is told; None of its rate, and nothing can be told.
    """

    budget_ms: int
    left_ms: int                         # negative when overspent
    is_gone: bool
    gone_ms: int | None
    burn: Burn


def rules_for(target: Decimal) -> tuple[BurnRule, ...]:
    """Give the rules that can find something under ``target`` percent.

    A burn rate is at most 1 / (1 - target): 100 under 99 %, 10 under 90 %, where a factor of 14.4 is never reached.
    """
    most = 1 / _allowed(target)
    return tuple(rule for rule in RULES if rule.factor < most)


def idle_rules(target: Decimal) -> tuple[BurnRule, ...]:
    """Give the rules that are left out under ``target`` percent, since no outage reaches their factor."""
    kept = rules_for(target)
    return tuple(rule for rule in RULES if rule not in kept)


def burn(
    timeline: ServiceTimeline, at_ms: int, length_ms: int, target: Decimal, *, covered: Spans | None = None,
) -> Burn:
    """Measure the last ``length_ms`` before ``at_ms``.

    ``covered``: the hours of the promise, which alone count; None: all. With none of them in it there is no rate.
    """
    return _measured(*_lately(timeline, at_ms, length_ms), at_ms, length_ms, target, covered)


def burns(
    timeline: ServiceTimeline, at_ms: int, target: Decimal, *, covered: Spans | None = None,
) -> tuple[Burn, ...]:
    """Measure each of ``WINDOWS_MS`` before an instant, the shortest first."""
    down, known = _lately(timeline, at_ms, LONGEST_MS)
    return tuple(_measured(down, known, at_ms, length, target, covered) for length in WINDOWS_MS)


def findings(measured: Iterable[Burn], target: Decimal) -> tuple[Finding, ...]:
    """Say which rules find something by what ``burns`` measured, the most urgent first."""
    by_length = {one.length_ms: one for one in measured}
    found: list[Finding] = []
    for rule in rules_for(target):
        long, short = by_length[rule.long_ms], by_length[rule.short_ms]
        if all(one.rate is not None and one.rate >= rule.factor for one in (long, short)):
            found.append(Finding(rule=rule, long=long, short=short))
    return tuple(found)


def project(timeline: ServiceTimeline, window: Span, target: Decimal, *, covered: Spans | None = None) -> Projection:
    """Say when a window's budget was spent, or will be if it goes on like the last day.

    ``window``: within the service's life; ``covered``: the hours of the promise in the whole of it, None: all. 43 min
    12 s left and 1 % of the last day down: gone after 72 h of the hours that count.
    """
    counted = clip((window,) if covered is None else covered, window)
    whole_ms = budget(target, total(counted))
    now_ms = min(timeline.until_ms, window[1])
    down = intersect(timeline.spans(Verdict.DOWN), clip(counted, (window[0], now_ms)))
    left_ms = whole_ms - total(down)
    day = burn(timeline, now_ms, DAY_MS, target, covered=covered)
    gone_ms: int | None = None
    if left_ms < 0:
        gone_ms = _after(down, whole_ms)
    elif day.rate and day.down_ms:
        needed_ms = -(-left_ms * day.known_ms // day.down_ms)
        gone_ms = _after(clip(counted, (now_ms, window[1])), needed_ms)
    return Projection(budget_ms=whole_ms, left_ms=left_ms, is_gone=left_ms < 0, gone_ms=gone_ms, burn=day)


def _lately(timeline: ServiceTimeline, at_ms: int, length_ms: int) -> tuple[Spans, Spans]:
    """When the service was down, and when anything was known of it, in the last ``length_ms``."""
    start_ms = at_ms - length_ms
    recent = [piece for piece in timeline.segments if piece[1] > start_ms and piece[0] < at_ms]
    known = clip(((start, end) for start, end, verdict in recent if verdict is not Verdict.UNKNOWN), (start_ms, at_ms))
    return clip(((start, end) for start, end, verdict in recent if verdict is Verdict.DOWN), (start_ms, at_ms)), known


def _measured(  # noqa: PLR0917 - what one window is measured of
    down: Spans, known: Spans, at_ms: int, length_ms: int, target: Decimal, covered: Spans | None,
) -> Burn:
    last: Spans = ((at_ms - length_ms, at_ms),)
    if covered is not None:
        last = intersect(covered, last)
    down_ms, known_ms = total(intersect(down, last)), total(intersect(known, last))
    counts = known_ms > 0 and 2 * known_ms >= total(last)
    rate = Fraction(down_ms) / (_allowed(target) * known_ms) if counts else None
    return Burn(length_ms=length_ms, down_ms=down_ms, known_ms=known_ms, rate=rate)


def _after(spans: Spans, length_ms: int) -> int | None:
    """Say when so many milliseconds of a set have gone by; None where it has fewer."""
    for start, end in spans:
        if length_ms < end - start:
            return start + length_ms
        length_ms -= end - start
    return None


def _allowed(target: Decimal) -> Fraction:
    return 1 - Fraction(target) / 100

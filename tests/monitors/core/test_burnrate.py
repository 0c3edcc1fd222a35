"""Burn rates, the rules over them and when a budget will be gone: worked by hand, and by law."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.burnrate import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    PERIOD_MS,
    RULES,
    WINDOWS_MS,
    Finding,
    Severity,
    burn,
    burns,
    findings,
    idle_rules,
    project,
    rules_for,
)
from monitors.core.hours import covered_spans
from monitors.core.model import Verdict
from monitors.core.sla import budget
from monitors.core.timeline import ServiceTimeline
from tests.factories import NOON_MS

TARGET = Decimal("99.9")
LIFE_MS = 10 * DAY_MS
NOW_MS = NOON_MS + LIFE_MS


def a_timeline(*pieces: tuple[int, int, Verdict]) -> ServiceTimeline:
    """Ten days that are up but for the pieces, which are given in milliseconds before the end, the oldest first."""
    segments, since = [], NOON_MS
    for before, after, verdict in pieces:
        start, end = NOW_MS - before, NOW_MS - after
        if since < start:
            segments.append((since, start, Verdict.UP))
        segments.append((start, end, verdict))
        since = end
    if since < NOW_MS:
        segments.append((since, NOW_MS, Verdict.UP))
    return ServiceTimeline(
        start_ms=NOON_MS, until_ms=NOW_MS, segments=tuple(segments), possibly_down=(), certainly_down=(),
    )


def found_in(timeline: ServiceTimeline, target: Decimal = TARGET) -> tuple[Finding, ...]:
    return findings(burns(timeline, NOW_MS, target), target)


def down(before: int, after: int = 0) -> tuple[int, int, Verdict]:
    return before, after, Verdict.DOWN


@pytest.mark.parametrize(("share", "rule"), list(zip(
    [Fraction(2, 100), Fraction(5, 100), Fraction(10, 100), Fraction(10, 100)], RULES, strict=True,
)))
def test_each_factor_is_the_share_of_the_budget_that_its_long_window_spends(share, rule):
    assert rule.factor == share * PERIOD_MS / rule.long_ms
    assert rule.long_ms == 12 * rule.short_ms


def test_the_windows_are_those_of_the_published_rules():
    told = [(float(r.factor), r.long_ms / HOUR_MS, r.short_ms / MINUTE_MS, r.severity) for r in RULES]
    assert told == [
        (14.4, 1, 5, Severity.PAGE), (6, 6, 30, Severity.PAGE), (3, 24, 120, Severity.TICKET),
        (1, 72, 360, Severity.TICKET),
    ]
    assert [length / MINUTE_MS for length in WINDOWS_MS] == [5, 30, 60, 120, 360, 1440, 4320]


def test_a_whole_outage_burns_a_thousand_times_as_fast_under_99_9():
    assert burn(a_timeline(down(5 * MINUTE_MS)), NOW_MS, 5 * MINUTE_MS, TARGET).rate == 1000


def test_36_s_of_an_hour_burn_ten_times_as_fast():
    found = burn(a_timeline(down(96_000, 60_000)), NOW_MS, HOUR_MS, TARGET)
    assert (found.down_ms, found.known_ms) == (36_000, 3_600_000)
    assert found.rate == 10


@pytest.mark.parametrize(("seconds", "expected"), [(51, []), (52, [Fraction(72, 5)])])
def test_the_hour_rule_finds_an_outage_of_52_s(seconds, expected):
    """14.4 x 0.1 % of an hour are 51.84 s."""
    found = found_in(a_timeline(down(seconds * 1000)))
    assert [one.rule.factor for one in found] == expected


def test_what_is_over_is_found_no_more_by_a_short_window():
    """Five minutes after two minutes of outage: the hour still burns, its last five minutes do not."""
    found = found_in(a_timeline(down(7 * MINUTE_MS, 5 * MINUTE_MS)))
    assert [one.rule.factor for one in found] == []
    assert burn(a_timeline(down(7 * MINUTE_MS, 5 * MINUTE_MS)), NOW_MS, HOUR_MS, TARGET).rate == Fraction(100, 3)


def test_a_long_outage_is_found_by_all_the_most_urgent_first():
    """Two hours of 10 h: 33 1/3 in the day, 27 7/9 in the three days."""
    found = found_in(a_timeline(down(2 * HOUR_MS)))
    assert [one.rule for one in found] == list(RULES)
    assert found[-1].long.rate == Fraction(2, 72) * 1000


def test_where_less_than_half_of_a_window_is_known_nothing_is_found():
    dark = (HOUR_MS, HOUR_MS // 2 - 1, Verdict.UNKNOWN)
    timeline = a_timeline(dark, down(HOUR_MS // 2 - 1))
    assert burn(timeline, NOW_MS, HOUR_MS, TARGET).rate is None
    # the six hours are known by more than half: they are found, and so is each longer window
    assert [one.rule.factor for one in found_in(timeline)] == [6, 3, 1]
    half = a_timeline((HOUR_MS, HOUR_MS // 2, Verdict.UNKNOWN), down(HOUR_MS // 2))
    assert burn(half, NOW_MS, HOUR_MS, TARGET).rate == 1000


def test_a_service_that_began_a_moment_ago_has_no_long_windows():
    assert burn(a_timeline(), NOON_MS + DAY_MS, 3 * DAY_MS, TARGET).rate is None
    assert burn(a_timeline(), NOON_MS + 2 * DAY_MS, 3 * DAY_MS, TARGET).rate == 0


@pytest.mark.parametrize(("target", "left_out"), [
    ("99.9", []), ("93.06", []), ("93", [14.4]), ("90", [14.4]), ("83", [14.4, 6]), ("80", [14.4, 6]), ("60", [14.4, 6, 3]),
])
def test_a_rule_whose_factor_no_outage_reaches_is_left_out(target, left_out):
    """The highest burn rate is 1 / (1 - target): 14.29 at 93 %, 10 at 90 %, 5 at 80 %."""
    assert [float(rule.factor) for rule in idle_rules(Decimal(target))] == left_out
    assert len(rules_for(Decimal(target))) + len(left_out) == len(RULES)
    found = found_in(a_timeline(down(LIFE_MS)), Decimal(target))
    assert [one.rule for one in found] == list(rules_for(Decimal(target)))


def test_outside_the_hours_of_the_promise_nothing_burns():
    zone = ZoneInfo("Asia/Jakarta")           # NOON_MS is noon there
    hours = covered_spans(((time(8), time(11, 30)),) * 7, (NOON_MS, NOW_MS), zone)
    outage = a_timeline(down(40 * MINUTE_MS))  # from 11.20 to 12.00, ten minutes of it promised
    assert burn(outage, NOW_MS, 30 * MINUTE_MS, TARGET, covered=hours).rate is None
    assert burn(outage, NOW_MS, HOUR_MS, TARGET, covered=hours).down_ms == 10 * MINUTE_MS


# A month's budget under 99.9 % of 30 days is 43 min 12 s

MONTH = (NOON_MS, NOON_MS + 30 * DAY_MS)


def test_a_budget_lasts_while_nothing_is_down():
    found = project(a_timeline(), MONTH, TARGET)
    assert (found.budget_ms, found.left_ms) == (2_592_000, 2_592_000)
    assert (found.is_gone, found.gone_ms) == (False, None)


def test_a_budget_is_gone_by_what_the_last_day_spent():
    """14.4 min of the last day are 1 % of it; 28.8 min are left and go in 2 days."""
    found = project(a_timeline(down(HOUR_MS, HOUR_MS - 864_000)), MONTH, TARGET)
    assert found.left_ms == 2_592_000 - 864_000
    assert found.burn.rate == 10
    assert (found.is_gone, found.gone_ms) == (False, NOW_MS + 2 * DAY_MS)


def test_one_that_would_last_beyond_the_window_is_not_gone_in_it():
    """30 s of the last day: 42.7 min are left for 85 days."""
    found = project(a_timeline(down(HOUR_MS, HOUR_MS - 30_000)), MONTH, TARGET)
    assert (found.is_gone, found.gone_ms) == (False, None)


def test_what_the_last_day_cannot_tell_nobody_tells():
    found = project(a_timeline(down(5 * DAY_MS, 5 * DAY_MS - 60_000), (DAY_MS, 0, Verdict.UNKNOWN)), MONTH, TARGET)
    assert found.burn.rate is None
    assert (found.left_ms, found.gone_ms) == (2_592_000 - 60_000, None)


def test_a_budget_that_is_overspent_went_at_the_moment_that_spent_it():
    """An hour of outage: 43 min 12 s after it began. Just as much as the budget is not too much."""
    found = project(a_timeline(down(3 * DAY_MS, 3 * DAY_MS - HOUR_MS)), MONTH, TARGET)
    assert (found.is_gone, found.left_ms) == (True, 2_592_000 - 3_600_000)
    assert found.gone_ms == NOW_MS - 3 * DAY_MS + 2_592_000
    exact = project(a_timeline(down(3 * DAY_MS, 3 * DAY_MS - 2_592_000)), MONTH, TARGET)
    assert (exact.is_gone, exact.left_ms) == (False, 0)


def test_the_future_has_the_hours_of_the_promise_alone():
    """Promised from 06.00 to 18.00: 6 h of 12 h are left of the day; 2 days of promised time are 4 of the calendar."""
    zone = ZoneInfo("Asia/Jakarta")
    hours = covered_spans(((time(6), time(18)),) * 7, MONTH, zone)
    found = project(a_timeline(down(2 * HOUR_MS, 2 * HOUR_MS - 432_000)), MONTH, TARGET, covered=hours)
    # budget 0.1 % of 360 h = 21.6 min; 7.2 min of the last 12 promised hours are down, so 14.4 min last 24 of them
    assert found.left_ms == 1_296_000 - 432_000
    assert found.gone_ms == NOW_MS + 2 * DAY_MS


@given(
    edges=st.lists(st.integers(0, LIFE_MS // 1000), unique=True, max_size=10).map(sorted),
    verdicts=st.lists(st.sampled_from([Verdict.DOWN, Verdict.UNKNOWN, Verdict.DEGRADED]), min_size=5, max_size=5),
    target=st.sampled_from([Decimal("99.9"), Decimal("99.5"), Decimal(90), Decimal(60)]),
)
def test_rates_lie_between_none_and_a_whole_outage_and_more_down_time_never_lowers_them(edges, verdicts, target):
    pieces = [
        (LIFE_MS - low * 1000, LIFE_MS - high * 1000, verdict)
        for low, high, verdict in zip(edges[::2], edges[1::2], verdicts, strict=False)
    ]
    timeline = a_timeline(*pieces)
    worse = a_timeline(*((low, high, Verdict.DOWN if v is Verdict.DEGRADED else v) for low, high, v in pieces))
    most = 1 / (1 - Fraction(target) / 100)
    assert burns(timeline, NOW_MS, target) == tuple(burn(timeline, NOW_MS, length, target) for length in WINDOWS_MS)
    for length in WINDOWS_MS:
        before, after = (burn(one, NOW_MS, length, target) for one in (timeline, worse))
        assert (before.rate is None) is (2 * before.known_ms < length)
        if before.rate is not None:
            assert after.rate is not None
            assert 0 <= before.rate <= after.rate <= most
    found = project(timeline, (NOON_MS, NOON_MS + 30 * DAY_MS), target)
    assert found.is_gone is (found.left_ms < 0)
    assert found.budget_ms == budget(target, 30 * DAY_MS)
    if found.gone_ms is not None:
        assert (found.gone_ms < NOW_MS) is found.is_gone

"""Statements: sums, judgements and budgets, by hand and by law."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.hours import Calendar
from monitors.core.model import Promise, Verdict
from monitors.core.sla import Judgement, agency_statement, budget, covered, judge, statement
from monitors.core.split import split, together
from monitors.core.timeline import service_timeline
from monitors.core.window import Window, month_window
from tests.factories import NOON_MS, a_target, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life

JAKARTA, MAKASSAR, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")
MIN_MS, DAY_MS = 60_000, 86_400_000
DAYS_31 = 31 * DAY_MS


def stated(letters: str, start_ms: int = 0, end_ms: int = 3_600_000, until_ms: int | None = None, **given_):
    runs = some_runs(letters, **given_)
    until = NOON_MS + (len(letters) * 30_000 if until_ms is None else until_ms)
    history = a_history(runs, lives=(a_life(heartbeat_ms=until),))
    window = Window(start_ms=NOON_MS + start_ms, end_ms=NOON_MS + end_ms)
    found = statement(history, service_timeline(history, until_ms=until), window)
    assert found is not None
    return found


def test_the_parts_by_hand():
    found = stated("uuedd-uu")
    assert (found.up_ms, found.degraded_ms, found.down_ms, found.unknown_ms) == (120_000, 30_000, 60_000, 30_000)
    assert (found.known_ms, found.good_ms, found.observed_ms) == (210_000, 150_000, 240_000)
    assert (found.runs, found.missed, found.first_try_failures) == (8, 1, 3)
    # from the good run at 30 s to the good second try of 60 s, and from there to the good run at 180 s
    assert found.possibly_down_ms == 12 + (60_024 - 30_000) + (180_012 - 60_012) - 12
    assert found.certainly_down_ms == 30_000
    assert found.judgement is Judgement.BROKEN  # 30 s of an hour are more than 0.5 %


def test_a_service_whose_life_begins_within_the_window_is_judged_from_there():
    found = stated("uu", start_ms=-DAY_MS)
    assert found.start_ms == NOON_MS
    assert found.observed_ms == 60_000
    assert found.budget_ms == 18_000     # 0.5 % of the hour that is left


def test_a_window_before_the_service_was_or_still_to_come_says_nothing():
    history = a_history(some_runs("uu"))
    timeline = service_timeline(history, until_ms=NOON_MS + 60_000)
    assert statement(history, timeline, Window(start_ms=NOON_MS - 9, end_ms=NOON_MS)) is None
    assert statement(history, timeline, Window(start_ms=NOON_MS + 60_000, end_ms=NOON_MS + 90_000)) is None


def test_nothing_known_is_no_data():
    found = stated("----")
    assert (found.has_data, found.known_ms, found.unknown_ms) == (False, 0, 120_000)


@pytest.mark.parametrize(("target", "days", "left"), [
    ("99.9", 30, 43 * MIN_MS + 12_000),
    ("99.5", 31, 223 * MIN_MS + 12_000),
    ("99", 28, 403 * MIN_MS + 12_000),
    ("99.982", 30, 7 * MIN_MS + 46_560),
    ("99.99", 31, 4 * MIN_MS + 27_840),
])
def test_the_error_budget_is_what_the_table_of_the_facts_says(target, days, left):
    assert budget(Decimal(target), days * DAY_MS) == left


# 99.5 % of 31 days leaves 13,392,000 ms
@pytest.mark.parametrize(("possibly", "certainly", "unknown", "closed", "expected"), [
    pytest.param(13_392_000, 0, 0, True, Judgement.KEPT, id="exactly the target is kept"),
    pytest.param(13_392_001, 0, 0, True, Judgement.NOT_PROVEN, id="a millisecond more is not proven"),
    pytest.param(99_000_000, 13_392_000, 0, True, Judgement.NOT_PROVEN, id="exactly the budget is not yet broken"),
    pytest.param(99_000_000, 13_392_001, 0, True, Judgement.BROKEN, id="a millisecond more is broken"),
    pytest.param(2_000_000_000, 13_392_001, 1_900_000_000, True, Judgement.BROKEN, id="broken whatever the coverage"),
    pytest.param(0, 0, 26_784_001, True, Judgement.NOT_PROVEN, id="coverage a hair under 99 %"),
    pytest.param(0, 0, 26_784_000, True, Judgement.KEPT, id="coverage of exactly 99 %"),
    pytest.param(0, 0, 0, False, Judgement.RUNNING, id="an open window is running"),
    pytest.param(99_000_000, 13_392_001, 0, False, Judgement.BROKEN, id="an open one may be broken already"),
])
def test_the_promise_is_judged_in_integers(possibly, certainly, unknown, closed, expected):
    assert judge(
        Decimal("99.5"), whole_ms=DAYS_31, possibly_ms=possibly, certainly_ms=certainly, known_ms=DAYS_31 - unknown,
        is_closed=closed,
    ) is expected


@pytest.mark.parametrize(("month", "zone", "days"), [
    pytest.param("2026-02", JAKARTA, 28, id="February in WIB"),
    pytest.param("2028-02", MAKASSAR, 29, id="leap February in WITA"),
    pytest.param("2026-04", JAYAPURA, 30, id="April in WIT"),
    pytest.param("2026-12", JAKARTA, 31, id="December in WIB"),
])
def test_an_outage_over_a_months_end_is_parted_at_local_midnight(month, zone, days):
    """Down from 10 min before midnight to 25 min after it; 5-minute runs; the month is good otherwise."""
    window = month_window(month, zone)
    interval = 5 * MIN_MS
    start = window.end_ms - 60 * MIN_MS
    runs = some_runs("u" * 10 + "d" * 7 + "u" * 8, started_ms=start, interval_ms=interval)
    early = some_runs("u" * 12, started_ms=window.start_ms, interval_ms=interval)
    lives = (
        a_life(life="early", opened_ms=window.start_ms, heartbeat_ms=window.start_ms + 60 * MIN_MS),
        a_life(opened_ms=start, heartbeat_ms=start + 125 * MIN_MS),
    )
    target = a_target(transactions=(replace(a_target().transactions[0], interval_ms=interval),))
    definition = a_definition(target=target, recorded_ms=window.start_ms)
    history = a_history(
        [*runs, *(replace(run, life="early") for run in early)], lives=lives, definitions=(definition,),
    )
    timeline = service_timeline(history, until_ms=start + 125 * MIN_MS)
    found = statement(history, timeline, window)
    after = statement(history, timeline, Window(start_ms=window.end_ms, end_ms=window.end_ms + DAY_MS))
    assert found is not None
    assert after is not None
    assert (found.down_ms, after.down_ms) == (10 * MIN_MS, 25 * MIN_MS)
    assert found.up_ms == 60 * MIN_MS + 50 * MIN_MS
    assert found.unknown_ms == days * DAY_MS - 120 * MIN_MS
    assert found.is_final
    assert found.judgement is Judgement.NOT_PROVEN


def test_a_month_is_final_once_each_transaction_has_run_after_its_end():
    assert stated("uu", end_ms=60_000, until_ms=60_000).is_final is False
    assert stated("uuu", end_ms=60_000, until_ms=60_012).is_final is True
    assert stated("uu", end_ms=60_000, until_ms=60_000 + 74_999).is_final is False
    assert stated("uu", end_ms=60_000, until_ms=60_000 + 75_000).is_final is True
    assert stated("uu", end_ms=60_000, until_ms=60_000).judgement is Judgement.RUNNING


def test_a_promise_that_changes_within_a_window_takes_effect_with_the_next():
    definitions = (
        a_definition(), a_definition(target=a_target(promise=Promise(target=Decimal("99.9"))), recorded_ms=NOON_MS + 9),
    )
    history = a_history(some_runs("u" * 10), definitions=definitions)
    timeline = service_timeline(history, until_ms=NOON_MS + 300_000)
    now = statement(history, timeline, Window(start_ms=NOON_MS, end_ms=NOON_MS + 60_000))
    later = statement(history, timeline, Window(start_ms=NOON_MS + 60_000, end_ms=NOON_MS + 90_000))
    asked = statement(history, timeline, Window(start_ms=NOON_MS, end_ms=NOON_MS + 60_000), target=Decimal(95))
    assert now is not None
    assert later is not None
    assert asked is not None
    assert (now.target, later.target, asked.target) == (Decimal("99.5"), Decimal("99.9"), Decimal(95))


def test_an_agency_sums_weighted_time_and_not_percentages():
    good = stated("u" * 10)
    bad = replace(stated("uudddddddd"), service="rujukan", judgement=Judgement.BROKEN)
    both = agency_statement("dinkes", [good, bad], weights={"rujukan": 3})
    assert both.known_ms == 300_000 + 3 * 300_000
    assert both.good_ms == 300_000 + 3 * 60_000
    assert both.judgement is Judgement.BROKEN


@pytest.mark.parametrize(("judgements", "expected"), [
    ([], Judgement.NOT_ON_BOARD),
    ([Judgement.KEPT, Judgement.KEPT], Judgement.KEPT),
    ([Judgement.KEPT, Judgement.NOT_PROVEN], Judgement.NOT_PROVEN),
    ([Judgement.KEPT, Judgement.RUNNING], Judgement.RUNNING),
    ([Judgement.RUNNING, Judgement.BROKEN], Judgement.BROKEN),
])
def test_an_agencys_promise_is_kept_only_if_every_services_is(judgements, expected):
    one = stated("u")
    assert agency_statement("dinkes", [replace(one, judgement=judgement) for judgement in judgements]).judgement is expected


LETTERS = st.text(alphabet="uuuuuuedn-", min_size=1, max_size=80)


@given(LETTERS, st.integers(-100_000, 2_500_000), st.integers(1, 3_000_000))
@settings(max_examples=80, deadline=None)
def test_the_parts_sum_to_the_window_and_low_availability_and_high_are_in_order(letters, start, length):
    runs = some_runs(letters)
    until = NOON_MS + len(letters) * 30_000
    history = a_history(runs, lives=(a_life(heartbeat_ms=until),))
    window = Window(start_ms=NOON_MS + start, end_ms=NOON_MS + start + length)
    found = statement(history, service_timeline(history, until_ms=until), window)
    if found is None:
        return
    assert found.up_ms + found.degraded_ms + found.down_ms + found.unknown_ms == found.observed_ms
    assert 0 <= found.certainly_down_ms <= found.down_ms
    assert found.down_ms + found.unknown_ms <= found.possibly_down_ms <= found.observed_ms
    low = 1 - Fraction(found.possibly_down_ms, found.observed_ms)
    high = 1 - Fraction(found.certainly_down_ms, found.observed_ms)
    if found.has_data:
        assert low <= Fraction(found.good_ms, found.known_ms) <= high


@given(LETTERS, st.data())
@settings(max_examples=80, deadline=None)
def test_more_down_time_never_raises_a_figure(letters, data):
    good = [index for index, letter in enumerate(letters) if letter in "ue"]
    worse = list(letters)
    for index in data.draw(st.sets(st.sampled_from(good)) if good else st.just(set())):
        worse[index] = "d"
    before, after = stated(letters), stated("".join(worse))
    assert after.known_ms == before.known_ms
    assert after.good_ms <= before.good_ms
    assert after.possibly_down_ms >= before.possibly_down_ms - 12   # a second try ends 12 ms later than a first one
    assert after.certainly_down_ms >= before.certainly_down_ms
    assert after.budget_left_ms <= before.budget_left_ms


def test_a_viewers_change_of_clocks_does_no_harm():
    """The sum of a month does not depend on the zone in which anybody looks at it."""
    window = month_window("2026-03", ZoneInfo("Europe/Amsterdam"))
    history = a_history([], definitions=(a_definition(recorded_ms=window.start_ms),))
    found = statement(history, service_timeline(history, until_ms=window.end_ms + DAY_MS), window)
    assert found is not None
    assert found.unknown_ms == 31 * DAY_MS - 3_600_000
    assert sum((found.up_ms, found.degraded_ms, found.down_ms)) == 0


def test_every_verdict_counts_in_one_part_only():
    assert {v.value for v in Verdict} == {"up", "degraded", "down", "unknown"}


# noon to five past noon, and a promise of 12.01 to 12.03 on each day; 1 January is a Thursday
HOURS = ((time(12, 1), time(12, 3)),) * 7


def promised(letters: str, hours=HOURS, zone=JAKARTA, end_ms: int = 300_000):
    until = NOON_MS + len(letters) * 30_000
    target = a_target(promise=Promise(target=Decimal(90), hours=hours))
    history = a_history(some_runs(letters), lives=(a_life(heartbeat_ms=until),), target=target)
    timeline = service_timeline(history, until_ms=until)
    window = Window(start_ms=NOON_MS, end_ms=NOON_MS + end_ms, zone=zone)
    return history, timeline, window


def test_only_the_hours_of_the_promise_count():
    """Down from 12.00.30 to 12.01.30 and from 12.03 to 12.04: 30 s of the two minutes that are promised."""
    history, timeline, window = promised("udduuudduu")
    found = statement(history, timeline, window)
    assert found is not None
    assert (found.up_ms, found.down_ms, found.unknown_ms) == (90_000, 30_000, 0)
    assert (found.observed_ms, found.whole_ms, found.budget_ms) == (120_000, 120_000, 12_000)
    assert found.certainly_down_ms == 12                  # both runs failed from 12.00.30.012 to 12.01.00.012
    # to the end of the good run of 12.01.30, and from that of 12.02.30, the last before the second outage
    assert found.possibly_down_ms == 30_012 + 30_000
    assert found.until_ms - found.start_ms == 300_000


def test_a_window_without_an_hour_of_the_promise_is_not_judged():
    history, timeline, window = promised("uuuu", hours=((time(1), time(2)),) * 7)
    assert statement(history, timeline, window) is None
    assert covered(history, timeline, window) == ()


def test_hours_of_a_promise_need_a_zone():
    history, timeline, window = promised("uuuu", zone=None)
    with pytest.raises(ValueError, match="give the window the zone of the agency"):
        statement(history, timeline, window)


LETTERS_OF_HOURS = st.text(alphabet="uuuuuuedn-", min_size=4, max_size=40)


@given(LETTERS_OF_HOURS, st.integers(0, 59), st.integers(1, 60), st.sampled_from([JAKARTA, MAKASSAR, JAYAPURA]))
@settings(max_examples=60, deadline=None)
def test_the_parts_sum_to_the_hours_of_the_promise_and_the_split_to_the_statement(letters, opens, lasts, zone):
    base = 12 + (0, 1, 2)[(JAKARTA, MAKASSAR, JAYAPURA).index(zone)]
    ends = base * 60 + opens + lasts
    history, timeline, window = promised(
        letters, hours=((time(base, opens), time(ends // 60, ends % 60)),) * 7, zone=zone, end_ms=3_600_000,
    )
    found = statement(history, timeline, window)
    assert found is not None
    assert found.up_ms + found.degraded_ms + found.down_ms + found.unknown_ms == found.observed_ms <= found.whole_ms
    assert found.certainly_down_ms <= found.down_ms
    assert found.down_ms + found.unknown_ms <= found.possibly_down_ms <= found.observed_ms
    calendar = Calendar(version="x", years=frozenset({2026}))
    parts = split(
        timeline, (window.start_ms, window.end_ms), zone, calendar, covered=covered(history, timeline, window),
    )
    whole = together([parts.office, parts.outside, parts.undecided])
    assert (whole.observed_ms, whole.down_ms, whole.possibly_down_ms, whole.certainly_down_ms) == (
        found.observed_ms, found.down_ms, found.possibly_down_ms, found.certainly_down_ms,
    )

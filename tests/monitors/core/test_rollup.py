"""Days that sum to the month: the figures of daily roll-ups are those of the whole timeline, to the millisecond."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.history import Gap, ServiceHistory
from monitors.core.hours import Calendar
from monitors.core.model import Promise, Target
from monitors.core.rollup import Lines, LocalDay, Rollup, added, local_days, open_until, roll_up
from monitors.core.rollup_month import month_rollup, statement_of
from monitors.core.sla import covered, statement
from monitors.core.split import split
from monitors.core.timeline import service_timeline
from monitors.core.window import month_window
from tests.factories import NOON_MS, a_target, a_transaction, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life

JAKARTA, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
HOUR_MS, DAY_MS, INTERVAL_MS = 3_600_000, 86_400_000, 600_000
PLAIN = Calendar(version="plain", years=frozenset({2025, 2026}), public=frozenset({date(2026, 1, 1)}))
UNDECIDED = Calendar(version="undecided", years=frozenset({2026}), undecided=frozenset({2026}))
SLOW = a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),))
SHORT = replace(SLOW, promise=Promise(target=Decimal(99), hours=((time(6), time(22)),) * 6 + (None,)))


def lived(letters: str, target: Target = SLOW, gaps: tuple[Gap, ...] = (), shift_ms: int = 0) -> ServiceHistory:
    """A service that lives from 1 January 12.00 in Jakarta on, with a run every ten minutes."""
    end_ms = NOON_MS + len(letters) * INTERVAL_MS + HOUR_MS
    return a_history(
        some_runs(letters, interval_ms=INTERVAL_MS, started_ms=NOON_MS + shift_ms), lives=(a_life(heartbeat_ms=end_ms),),
        definitions=(a_definition(target=target),), gaps=gaps,
    )


def rolled(history: ServiceHistory, zone: ZoneInfo, until_ms: int, calendar: Calendar = PLAIN) -> list[Rollup]:
    lines = Lines(history, service_timeline(history, until_ms=until_ms))
    days = local_days(NOON_MS, until_ms, zone)
    return [roll_up(lines, day, zone, calendar) for day in days]


LETTERS = st.text(alphabet="uuuuuuuuuuuuuuuued-dn", min_size=150, max_size=600)


@settings(max_examples=30, deadline=None)
@given(
    LETTERS, st.sampled_from([JAKARTA, JAYAPURA]), st.sampled_from([SLOW, SHORT]), st.sampled_from([PLAIN, UNDECIDED]),
    st.integers(0, INTERVAL_MS), st.lists(st.tuples(st.integers(0, 600), st.integers(1, 40)), max_size=2),
)
def test_days_sum_to_the_statement_of_the_whole_timeline(  # noqa: PLR0917 - what Hypothesis draws
    letters, zone, target, calendar, shift_ms, blind,
):
    """Up, degraded, down, unknown, low, high, runs and judgement; also where outages and gaps lie over midnight."""
    gaps = tuple(
        Gap(life="life-1", start_ms=NOON_MS + at * INTERVAL_MS, end_ms=NOON_MS + (at + ticks) * INTERVAL_MS, reason="suspended")
        for at, ticks in blind
    )
    history = lived(letters, target, gaps, shift_ms)
    until_ms = NOON_MS + len(letters) * INTERVAL_MS
    days = rolled(history, zone, until_ms, calendar)
    window = month_window("2026-01", zone)
    whole = service_timeline(history, until_ms=until_ms)
    cut = replace(whole, until_ms=days[-1].end_ms)
    expected = statement(history, cut, window)
    assert expected is not None
    month = month_rollup(days, end_ms=window.end_ms, whole_ms=expected.whole_ms)
    assert statement_of(month) == expected
    parts = split(
        cut, (window.start_ms, window.end_ms), zone, calendar, covered=covered(history, cut, window),
    )
    assert (month.office.part, month.outside.part) == (parts.office, parts.outside)
    assert (month.undecided.part, month.closures.part) == (parts.undecided, parts.closures)
    assert not month.is_final


@settings(max_examples=12, deadline=None)
@given(LETTERS, st.integers(0, INTERVAL_MS - 1))
def test_a_day_says_the_same_from_the_moment_it_is_settled_on(letters, shift_ms):
    """What is known when each transaction has run after midnight is all that the day needs."""
    full = lived(letters, shift_ms=shift_ms)
    until_ms = NOON_MS + len(letters) * INTERVAL_MS
    expected = rolled(full, JAKARTA, until_ms)
    runs = some_runs(letters, interval_ms=INTERVAL_MS, started_ms=NOON_MS + shift_ms)
    for day in expected:
        for now_ms in range(day.end_ms, day.end_ms + 3 * INTERVAL_MS, INTERVAL_MS // 4):
            known = a_history(
                [run for run in runs if run.ended_ms <= now_ms], lives=(a_life(heartbeat_ms=now_ms),),
                definitions=(a_definition(target=SLOW),),
            )
            if open_until(known, day.end_ms) <= now_ms:
                found = rolled(known, JAKARTA, now_ms)
                assert next(one for one in found if one.day == day.day) == day
                break
        else:
            assert day.end_ms + 3 * INTERVAL_MS > until_ms, "it must be settled once 2.5 intervals have passed"


def test_an_outage_over_midnight_counts_on_both_days_by_hand():
    # 1 January 12.00 in Jakarta; run number 72 is at midnight: down from 23.40 to 00.30, found at 23.40, over at 00.30
    history = lived("u" * 70 + "ddddd" + "u" * 175)
    first, second = rolled(history, JAKARTA, NOON_MS + 250 * INTERVAL_MS)[:2]
    assert (first.day, second.day) == (date(2026, 1, 1), date(2026, 1, 2))
    assert (first.start_ms, first.end_ms - first.start_ms) == (NOON_MS, 12 * HOUR_MS)
    down = [added((day.office, day.outside)).down_ms for day in (first, second)]
    assert down == [20 * 60_000, 30 * 60_000]
    possibly = [added((day.office, day.outside)).possibly_down_ms for day in (first, second)]
    # from the good run of 23.30 to the end of that of 00.30; and, on the first day, before its first good try ended
    assert possibly == [30 * 60_000 + 12, 30 * 60_000 + 12]
    certainly = [added((day.office, day.outside)).certainly_down_ms for day in (first, second)]
    # from the end of the first failed step at 23.40 to the start of the last one at 00.20, which is the second try's
    assert certainly == [20 * 60_000 - 12, 20 * 60_000 + 12]
    assert (first.runs, second.runs) == (72, 144)


def test_a_day_waits_for_each_transaction_or_two_and_a_half_intervals():
    midnight_ms = NOON_MS + 12 * HOUR_MS
    two = a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS), a_transaction(name="b", interval_ms=INTERVAL_MS)))
    runs = some_runs("u" * 73, interval_ms=INTERVAL_MS)
    history = a_history(runs, lives=(a_life(heartbeat_ms=midnight_ms + DAY_MS),), target=two)
    assert open_until(history, midnight_ms) == midnight_ms + INTERVAL_MS * 5 // 2
    both = a_history(
        [*runs, *some_runs("u" * 73, interval_ms=INTERVAL_MS, transaction="b", started_ms=NOON_MS)],
        lives=history.lives, target=two,
    )
    assert open_until(both, midnight_ms) == midnight_ms


def test_a_day_off_has_no_office_hours_and_a_workday_has_eight_and_a_half():
    days = rolled(lived("u" * 300), JAKARTA, NOON_MS + 300 * INTERVAL_MS)
    assert [(day.day.day, day.office.observed_ms) for day in days] == [(1, 0), (2, 9 * HOUR_MS)]      # a Friday
    assert days[0].outside.observed_ms == 12 * HOUR_MS
    assert (days[1].calendar, days[1].target, days[1].weight) == ("plain", Decimal("99.5"), 1)


def test_hours_of_the_promise_are_all_that_is_counted():
    days = rolled(lived("u" * 600, SHORT), JAKARTA, NOON_MS + 600 * INTERVAL_MS)
    assert [day.day.weekday() for day in days] == [3, 4, 5, 6]
    counted = [added((day.office, day.outside, day.undecided)).observed_ms for day in days]
    assert counted == [10 * HOUR_MS, 16 * HOUR_MS, 16 * HOUR_MS, 0]
    assert all(day.has_hours for day in days)


def test_a_promise_that_changes_within_a_month_counts_from_the_next_one():
    stricter = replace(SLOW, promise=Promise(target=Decimal("99.9")), weight=7)
    begin_ms = NOON_MS - 12 * HOUR_MS
    history = a_history(
        some_runs("u" * 40, interval_ms=24 * HOUR_MS), lives=(a_life(heartbeat_ms=NOON_MS + 40 * DAY_MS),),
        definitions=(
            a_definition(target=replace(SLOW, transactions=(a_transaction(interval_ms=24 * HOUR_MS),))),
            a_definition(target=stricter, recorded_ms=begin_ms + 10 * DAY_MS),
        ),
    )
    days = rolled(history, JAKARTA, NOON_MS + 40 * DAY_MS)
    assert {(day.day.month, str(day.target), day.weight) for day in days} == {(1, "99.5", 1), (2, "99.9", 7)}


def test_an_agency_that_moves_to_another_zone_has_no_day_twice_and_none_left_out():
    before = list(local_days(NOON_MS, NOON_MS + 40 * HOUR_MS, JAYAPURA))
    after = list(local_days(before[-1].end_ms, NOON_MS + 100 * HOUR_MS, JAKARTA, after=before[-1].day))
    both = [*before, *after]
    assert [day.day for day in both] == [date(2026, 1, number) for number in range(1, len(both) + 1)]
    assert all(one.end_ms == other.start_ms for one, other in pairwise(both))
    assert after[0].end_ms - after[0].start_ms == 26 * HOUR_MS         # two hours longer, once


def test_a_zone_of_a_viewer_with_summer_time_has_days_of_23_and_25_hours():
    rome = ZoneInfo("Europe/Rome")
    start = int(datetime(2026, 3, 28, tzinfo=rome).timestamp()) * 1000
    spans = [day.end_ms - day.start_ms for day in local_days(start, start + 3 * DAY_MS, rome)]
    assert spans[:2] == [24 * HOUR_MS, 23 * HOUR_MS]


def test_a_day_outside_of_the_life_is_refused():
    history = lived("u" * 200)
    lines = Lines(history, service_timeline(history, until_ms=NOON_MS + 200 * INTERVAL_MS))
    early = LocalDay(day=date(2025, 12, 31), start_ms=NOON_MS - 36 * HOUR_MS, end_ms=NOON_MS - 12 * HOUR_MS)
    with pytest.raises(ValueError, match="outside of the service's life"):
        roll_up(lines, early, JAKARTA, PLAIN)


def test_a_missing_day_is_no_month():
    days = rolled(lived("u" * 600), JAKARTA, NOON_MS + 600 * INTERVAL_MS)
    with pytest.raises(ValueError, match="no roll-up between 2026-01-01 and 2026-01-03"):
        month_rollup([days[0], days[2]], end_ms=days[2].end_ms, whole_ms=1)


def test_the_end_of_a_life_cuts_its_last_day():
    history = lived("u" * 200)
    lines = Lines(history, service_timeline(history, until_ms=NOON_MS + 200 * INTERVAL_MS))
    day = next(iter(local_days(NOON_MS, NOON_MS + DAY_MS, JAKARTA)))
    found = roll_up(lines, day, JAKARTA, PLAIN, NOON_MS + HOUR_MS)
    assert (found.end_ms, found.outside.up_ms, found.runs) == (NOON_MS + HOUR_MS, HOUR_MS, 6)
    assert found.outside.observed_ms == HOUR_MS

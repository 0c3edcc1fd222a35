"""The write budget of a day: what is reserved, given back, and kept for the regular runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.budget import MS_PER_DAY, WriteBudget, default_budget, per_day, regular_runs

MIDNIGHT_MS = 20_000 * MS_PER_DAY
MINUTE_MS = 60_000


@pytest.mark.parametrize(("interval_ms", "tries"), [(30_000, 5_760), (10_000, 17_280), (300_000, 816), (MS_PER_DAY, 242)])
def test_a_default_is_two_tries_for_each_run_and_an_hour_of_repeats(interval_ms: int, tries: int):
    assert default_budget(interval_ms) == tries


@pytest.mark.parametrize(("text", "tries"), [("5000/day", 5000), ("2 / day", 2), (" 12/day ", 12)])
def test_a_budget_is_read(text: str, tries: int):
    assert per_day(text) == tries


@pytest.mark.parametrize("text", ["5000", "1/day", "0/day", "-3/day", "5/hour", "5.5/day", ""])
def test_anything_else_is_refused(text: str):
    with pytest.raises(ValueError, match=r"expected tries a day, 2 or more, as in 5000/day"):
        per_day(text)


def test_both_tries_are_reserved_or_none():
    budget = WriteBudget(5, MINUTE_MS)
    assert [budget.reserve(MIDNIGHT_MS) for _ in range(3)] == [True, True, False]
    assert budget.used(MIDNIGHT_MS) == 4


def test_a_try_that_was_not_needed_is_given_back_on_its_own_day_alone():
    budget = WriteBudget(4, MINUTE_MS)
    assert budget.reserve(MIDNIGHT_MS)
    budget.give_back(MIDNIGHT_MS, 1)
    assert budget.used(MIDNIGHT_MS) == 1
    tomorrow_ms = MIDNIGHT_MS + MS_PER_DAY
    assert budget.reserve(tomorrow_ms)
    budget.give_back(MIDNIGHT_MS, 1)
    assert budget.used(tomorrow_ms) == 2


def test_a_new_day_is_a_new_budget():
    budget = WriteBudget(2, MINUTE_MS)
    assert budget.reserve(MIDNIGHT_MS + MS_PER_DAY - 1)
    assert not budget.reserve(MIDNIGHT_MS + MS_PER_DAY - 1)
    assert budget.reserve(MIDNIGHT_MS + MS_PER_DAY)


def test_what_a_life_before_wrote_today_counts():
    budget = WriteBudget(4, MINUTE_MS)
    budget.count(MIDNIGHT_MS + 5, 3)
    assert not budget.reserve(MIDNIGHT_MS + 6)


@given(st.integers(2, 3_000), st.integers(30, 7_200), st.lists(st.booleans(), max_size=400))
def test_repeats_never_take_what_regular_runs_need(extra: int, interval_s: int, failing: list[bool]):
    """A day at the worst pace that is allowed: every regular run finds both its tries."""
    interval_ms = interval_s * 1000
    budget = WriteBudget(2 * regular_runs(interval_ms, MS_PER_DAY) + extra, interval_ms)
    now_ms, outcomes = MIDNIGHT_MS, iter(failing)
    while now_ms < MIDNIGHT_MS + MS_PER_DAY:
        assert budget.reserve(now_ms), "a run found no budget"
        is_bad = next(outcomes, True)
        if not is_bad:
            budget.give_back(now_ms, 1)
        now_ms += 30_000 if is_bad and interval_ms > 30_000 and budget.affords_repeat(now_ms) else interval_ms

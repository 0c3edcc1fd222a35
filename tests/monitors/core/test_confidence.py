"""How many runs a claim would need: the published table of Clopper and Pearson's rule, and what a window had."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.confidence import clean_runs_needed, confidence, runs_needed
from monitors.core.history import Life
from monitors.core.sla import statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from tests.factories import NOON_MS, a_target, a_transaction, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life


@pytest.mark.parametrize(("target", "needed"), [
    ("99", (299, 473, 628, 773)),
    ("99.5", (598, 947, 1258, 1549)),
    ("99.9", (2995, 4742, 6294, 7752)),
    ("99.95", (5990, 9486, 12590, 15505)),
    ("99.99", (29956, 47437, 62956, 77535)),
])
def test_the_runs_that_a_claim_needs_are_those_of_the_published_table(target, needed):
    """Computed independently with scipy.stats.beta for 0 to 3 failures; one-sided, 95 %."""
    assert tuple(runs_needed(Decimal(target), failures) for failures in range(4)) == needed


def test_one_run_in_a_quarter_of_an_hour_cannot_assert_99_9_in_a_month():
    assert clean_runs_needed(Decimal("99.9")) == 2_995 > 30 * 96


@given(st.integers(500, 9_990), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_so_many_runs_assert_it_and_one_less_does_not(hundredths, failures):
    """In whole numbers: sum C(n, i) (whole - part)^i part^(n - i) against 5 % of whole^n."""
    part, whole = hundredths, 10_000
    runs = runs_needed(Decimal(hundredths) / 100, failures)
    assert runs is not None

    def is_asserted(n: int) -> bool:
        by_luck = sum(comb(n, i) * (whole - part) ** i * part ** (n - i) for i in range(failures + 1))
        return bool(20 * by_luck <= whole**n)

    assert is_asserted(runs)
    assert runs == failures + 1 or not is_asserted(runs - 1)


def test_too_many_failures_are_no_question_of_luck_and_nonsense_is_refused():
    assert runs_needed(Decimal("99.9"), 1_001) is None
    with pytest.raises(ValueError, match="-1 failures; expected 0 or more"):
        runs_needed(Decimal("99.9"), -1)
    with pytest.raises(ValueError, match="expected more than 0 and less than 100"):
        clean_runs_needed(Decimal(100))


def judged(history, runs: int):
    until = NOON_MS + runs * 30_000
    window = Window(start_ms=NOON_MS, end_ms=until)
    found = statement(history, service_timeline(history, until_ms=until), window)
    assert found is not None
    return confidence(history, found)


def test_runs_that_told_something_count_and_an_outage_is_one_failure():
    # two outages, one of them with an unknown run within it; missed runs tell nothing
    found = judged(a_history(some_runs("uuddnduu--ude")), 13)
    assert (found.runs, found.failed) == (10, 2)
    assert (found.clean_needed, found.needed) == (598, 1_258)
    assert not found.is_enough


def test_the_transaction_that_was_looked_at_least_decides_and_a_secondary_one_not():
    three = a_target(transactions=(
        a_transaction(name="a"), a_transaction(name="b"), a_transaction(name="c", primary=False),
    ))
    runs = [*some_runs("u" * 9, transaction="a"), *some_runs("u--u-", transaction="b"), *some_runs("u", transaction="c")]
    assert judged(a_history(runs, target=three), 9).runs == 2


def test_of_several_vantages_that_with_most_runs_counts():
    lives = [Life(life=f"life-{name}", vantage=name, opened_ms=NOON_MS, heartbeat_ms=NOON_MS + 600_000) for name in "ab"]
    definitions = [a_definition(vantage=name, life=f"life-{name}") for name in "ab"]
    runs = [
        *some_runs("uuuuuu", vantage="a", life="life-a"), *some_runs("u", vantage="b", life="life-b"),
    ]
    assert judged(a_history(runs, lives=lives, definitions=definitions), 6).runs == 6


def test_enough_clean_runs_are_enough():
    history = a_history(some_runs("u" * 700), lives=[a_life(heartbeat_ms=NOON_MS + 700 * 30_000)])
    found = judged(history, 700)
    assert (found.runs, found.clean_needed, found.is_enough) == (700, 598, True)
    assert not replace(found, needed=None).is_enough
    assert replace(found, runs=597, needed=598).is_sampled_enough is False

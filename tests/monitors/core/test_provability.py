"""The narrowest target that transactions can prove; worked by hand where a formula allows it."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.history import ServiceHistory, stretch_of
from monitors.core.model import Promise, Quorum, Verdict
from monitors.core.provability import (
    TABLE_TARGETS,
    narrowest_target,
    poisson_quantile,
    provability_table,
    share_not_proven,
)
from monitors.core.sla import Judgement, judge, statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from tests.factories import NOON_MS, a_run, a_target, a_transaction
from tests.monitors.core.histories import a_definition, a_life


def every(interval_s, deadline_s, **given):
    return a_transaction(interval_ms=interval_s * 1000, deadline_ms=deadline_s * 1000, **given)


@pytest.mark.parametrize(("mean", "quantile"), [
    (0, 0),          # P(0) = 1
    (0.05, 0),       # P(0) = 0.9512
    (0.06, 1),       # P(0) = 0.9418
    (0.3, 1),        # P(0) = 0.7408, P(1) = 0.2222: 0.9631
    (1, 3),          # 0.3679 + 0.3679 + 0.1839 = 0.9197, + 0.0613 = 0.9810
])
def test_the_poisson_quantile_agrees_with_sums_by_hand(mean, quantile):
    assert poisson_quantile(mean, 0.95) == quantile


def test_the_normal_approximation_takes_over_without_a_step():
    below, above = poisson_quantile(499.9, 0.95), poisson_quantile(500.1, 0.95)
    assert abs(above - below) <= 1


def test_30_s_and_10_s_with_half_a_permille_of_lone_failures_prove_99_894():
    # 80,640 runs in 28 days, 40.3 alone, 95th percentile 51: 51 x (30 + 20) s = 2,550 s of 2,419,200 s
    assert narrowest_target([every(30, 10)], Decimal("0.05")) == Decimal("99.894")


def test_hourly_runs_assert_no_more_than_their_number_does():
    # 672 runs: 0.05 ** (1 / 672) = 99.5552 %, whatever fails alone
    assert narrowest_target([every(3600, 10)], Decimal("0.0001")) == Decimal("99.555")


def test_two_primary_transactions_lose_time_one_after_the_other_and_a_secondary_none():
    one = narrowest_target([every(30, 10)], Decimal("0.05"))
    two = narrowest_target([every(30, 10), every(30, 10)], Decimal("0.05"))
    assert 100 - two == pytest.approx(2 * (100 - one), abs=Decimal("0.002"))
    assert narrowest_target([every(30, 10), every(30, 10, primary=False)], Decimal("0.05")) == one


@given(st.integers(2, 3600), st.decimals("0.001", "5", places=3), st.decimals("0.001", "5", places=3))
def test_more_lone_failures_never_prove_a_narrower_target(interval_s, rate, more):
    transaction = a_transaction(interval_ms=interval_s * 1000, deadline_ms=interval_s * 400)
    assert narrowest_target([transaction], rate + more) <= narrowest_target([transaction], rate) < 100


def test_two_of_three_vantages_must_fail_at_once():
    # 3 pairs x 2 x (0.0005 / 30 s)^2 x 50 s x 2,419,200 s = 0.2016 a month: P(0) = 0.8174, P(0) + P(1) = 0.982
    three = narrowest_target([every(30, 10)], Decimal("0.05"), vantages=3)
    # one coincidence of 50 s leaves 99.9979 %; 80,640 runs assert 99.9962 %
    assert three == Decimal("99.996")
    # of two vantages both must, of four three: more witnesses never prove less
    shares = [
        share_not_proven(Decimal("99.99"), interval_ms=30_000, deadline_ms=10_000, lone_failures=Decimal("0.1"), vantages=n)
        for n in (1, 2, 3, 4)
    ]
    assert shares[0] > 99 > shares[2] > shares[3]
    assert shares[1] < shares[2]           # one pair instead of three


def test_where_any_vantage_is_enough_more_of_them_prove_less():
    one = [every(30, 10)]
    # three times as many lone failures as one vantage has: as one vantage with three times their rate
    three = narrowest_target(one, Decimal("0.05"), vantages=3, quorum=Quorum.ANY)
    assert three == narrowest_target(one, Decimal("0.15"))
    assert three < narrowest_target(one, Decimal("0.05")) < narrowest_target(one, Decimal("0.05"), vantages=3)


def test_fewer_hours_have_fewer_runs_and_prove_less():
    """Six hours a day have 168 of a month's 672 hourly runs: 0.05^(1/168) = 98.2326 %."""
    hours = ((time(8), time(14)),) * 7
    assert narrowest_target([every(3600, 10)], Decimal("0.0001"), hours=hours) == Decimal("98.232")
    # 20,160 runs of 30 s, 10.08 of which fail alone: k = 16, and 16 x 50 s of 604,800 s leave 99.8677 %
    assert narrowest_target([every(30, 10)], Decimal("0.05"), hours=hours) == Decimal("99.867")


def test_without_a_primary_transaction_nothing_is_proven():
    assert narrowest_target([every(30, 10, primary=False)]) == 0


def test_the_table_and_the_narrowest_target_say_the_same():
    rows = provability_table()
    assert len(rows) == 30
    for row in rows:
        one = a_transaction(interval_ms=row.interval_ms, deadline_ms=row.deadline_ms)
        assert row.narrowest == narrowest_target([one], row.lone_failures, vantages=row.vantages)
        assert [target for target, _ in row.not_proven] == list(TABLE_TARGETS)
        for target, share in row.not_proven:
            # proven in 95 of 100 months where the target is no narrower, and the other way round
            by_bounds = row.narrowest < Decimal("99.990") or target < Decimal("99.95")
            if by_bounds and abs(target - row.narrowest) > Decimal("0.002") and row.interval_ms < 300_000:
                assert (share < 5) is (target <= row.narrowest), (row, target)


# A healthy service through the real timeline and judgement: months of runs every 30 s whose first tries fail alone.

DAYS, DEADLINE_MS = 28, 10_000


def a_healthy_month(rng: random.Random, rate: float) -> ServiceHistory:
    """Stretches of 28 days: good runs that take 12 ms; both tries of a run that fails alone take all their time."""
    end_ms = NOON_MS + DAYS * 86_400_000
    target = a_target(transactions=(a_transaction(),), promise=Promise(target=Decimal("99.9")))
    usual = stretch_of(a_run(), hold_ms=75_000)
    stretches, runs = [], DAYS * 2_880
    bad = [number for number in range(1, runs) if rng.random() < rate]
    for number, upto in pairwise([0, *bad, runs]):
        first = number
        if number:
            start = NOON_MS + number * 30_000
            stretches.append(replace(
                usual, first_sequence=number, last_sequence=number, verdict=Verdict.DEGRADED, start_ms=start,
                last_start_ms=start, end_ms=start + 2 * DEADLINE_MS, first_try_failures=1,
                good_start_ms=start + DEADLINE_MS, good_end_ms=start + 2 * DEADLINE_MS,
            ))
            first += 1
        if first < upto:
            start, last = NOON_MS + first * 30_000, NOON_MS + (upto - 1) * 30_000
            stretches.append(replace(
                usual, first_sequence=first, last_sequence=upto - 1, start_ms=start, last_start_ms=last,
                end_ms=last + 12, good_end_ms=start + 12, good_start_ms=last,
            ))
    return ServiceHistory(
        agency="dinkes", service="antrean", definitions=(a_definition(target=target, recorded_ms=NOON_MS),),
        lives=(a_life(heartbeat_ms=end_ms),), stretches=tuple(stretches),
    )


@pytest.mark.parametrize(("rate", "targets"), [
    # 80.6 failures of 50 s on the average: far too many for 99.9 %, and few enough for 99.8 %, which is the limit
    (Decimal("0.1"), ["99.9", "99.83", "99.82", "99.8", "99.7"]),
    (Decimal("0.05"), ["99.95", "99.91", "99.9", "99.89", "99.5"]),
    (Decimal("0.01"), ["99.99", "99.98", "99.97", "99.9"]),
])
def test_a_healthy_service_reads_not_proven_as_often_as_the_table_says(rate, targets):
    rng, months = random.Random(f"month of {rate}"), 40
    not_proven = dict.fromkeys(targets, 0)
    for _ in range(months):
        history = a_healthy_month(rng, float(rate) / 100)
        end_ms = history.lives[0].heartbeat_ms
        window = Window(start_ms=NOON_MS + 20, end_ms=end_ms)   # after the first good run
        timeline = service_timeline(history, until_ms=end_ms)
        found = statement(history, timeline, window)
        assert found is not None
        assert (found.down_ms, found.unknown_ms) == (0, 0)
        for target in targets:
            judged = judge(
                Decimal(target), whole_ms=found.whole_ms, possibly_ms=found.possibly_down_ms,
                certainly_ms=found.certainly_down_ms, known_ms=found.known_ms, is_closed=True,
            )
            assert judged in (Judgement.KEPT, Judgement.NOT_PROVEN)
            not_proven[target] += judged is Judgement.NOT_PROVEN
    limit = narrowest_target([a_transaction(interval_ms=30_000, deadline_ms=DEADLINE_MS)], rate)
    for target, count in not_proven.items():
        share = float(share_not_proven(
            Decimal(target), interval_ms=30_000, deadline_ms=DEADLINE_MS, lone_failures=rate,
        )) / 100
        spread = 4 * math.sqrt(max(share * (1 - share), 0.001) / months)
        assert abs(count / months - share) <= spread, (target, count, share)
        if Decimal(target) <= limit - Decimal("0.01"):
            assert count < 0.05 * months, (target, count, limit)


def test_the_method_page_has_the_table_as_it_is():
    page = (Path(__file__).parents[3] / "docs" / "semantics.md").read_text(encoding="utf-8")
    for row in provability_table():
        cells = (
            str(row.vantages), f"{row.lone_failures} %", f"{row.interval_ms // 1000} s, {row.deadline_ms // 1000} s",
            f"{row.narrowest} %", *(str(share) for _, share in row.not_proven),
        )
        assert f"| {' | '.join(cells)} |\n" in page

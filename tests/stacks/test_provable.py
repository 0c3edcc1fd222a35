"""The narrowest target that transactions can prove; worked by hand where a formula allows it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.provable import idle_factors, narrowest_target, poisson_quantile
from tests.factories import a_transaction


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


@pytest.mark.parametrize(("target", "factors"), [
    ("99.9", []), ("93.06", []), ("93", ["14.4"]), ("90", ["14.4"]), ("80", ["14.4", "6"]),
])
def test_burn_rates_that_no_outage_reaches_are_named(target, factors):
    # the highest burn rate is 1 / (1 - target): 14.29 at 93 %, 10 at 90 %, 5 at 80 %
    assert [str(factor) for factor in idle_factors(Decimal(target))] == factors

"""Alerts of a transaction: raised by the second try, cleared by two good runs, flapping as a state of its own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.flapping import CHANGES, WINDOW_MS, Alerting, AlertState
from monitors.core.history import stretch_of
from tests.factories import some_runs

LETTERS = {AlertState.CLEAR: "c", AlertState.RAISED: "r", AlertState.FLAPPING: "f"}


def said(letters: str, interval_ms: int = 30_000) -> str:
    alerting = Alerting()
    return "".join(LETTERS[alerting.take(run)] for run in some_runs(letters, interval_ms=interval_ms))


@pytest.mark.parametrize(("runs", "states"), [
    ("uuu", "ccc"), ("ud", "cr"), ("duu", "rrc"), ("dudu", "rrrr"), ("de", "rr"), ("deue", "rrrr"),
    ("uee", "ccc"), ("d-n", "rrr"), ("du-u", "rrrc"), ("nn", "cc"),
])
def test_the_second_try_raises_and_two_good_runs_clear(runs: str, states: str):
    """u(p) e(degraded: the first try failed) d(own) n(unknown) - missed."""
    assert said(runs) == states


def test_four_changes_within_half_an_hour_are_flapping():
    assert said("uduuduuduu") == "crrcrrffff"


def test_slow_changes_are_outages_and_no_flapping():
    assert "f" not in said("duuduuduuduu", interval_ms=900_000)


def test_flapping_ends_half_an_hour_after_the_last_change_and_says_what_holds_then():
    alerting = Alerting()
    runs = some_runs("duuduud")
    for run in runs:
        alerting.take(run)
    last_ms = runs[-1].started_ms
    assert alerting.state(last_ms) is AlertState.FLAPPING
    assert alerting.state(last_ms + WINDOW_MS - 1) is AlertState.FLAPPING
    assert alerting.state(last_ms + WINDOW_MS) is AlertState.RAISED


@given(st.text("uedn-", max_size=60))
def test_no_state_without_a_cause(letters: str):
    states = said(letters)
    changes = sum(a != b for a, b in pairwise(states))
    assert changes <= len(letters)
    if "d" not in letters:
        assert set(states) <= {"c"}
    if "f" in states:
        assert letters.count("d") >= CHANGES // 2


def test_in_the_ledger_every_bad_interval_counts():
    """What an alert makes one of is four stretches all the same."""
    runs = [*some_runs("duuduuduuduu")]
    stretches = [stretch_of(run, hold_ms=75_000) for run in runs]
    assert sum(stretch.bad_start_ms is not None for stretch in stretches) == 4

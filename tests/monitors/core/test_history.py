"""Stretches: what a run leaves of itself, what joins and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.history import Gap, Life, breaks_of_all, fold, hold_at, hold_of, joined, stretch_of
from monitors.core.model import StepResult, Try, Verdict
from tests.factories import INTERVAL_MS, NOON_MS, a_run, a_target, a_transaction, a_try, some_runs
from tests.monitors.core.histories import a_definition, a_life

HOLD_MS = 75_000


def stretches(letters: str, **given_):
    return [stretch_of(run, hold_ms=HOLD_MS) for run in some_runs(letters, **given_)]


def test_a_run_holds_two_and_a_half_intervals():
    assert hold_of(30_000) == 75_000


def test_good_runs_become_one_stretch_with_the_edges_that_bounds_need():
    (one,) = fold(stretches("uuuu"))
    assert (one.first_sequence, one.last_sequence, one.runs) == (0, 3, 4)
    assert (one.start_ms, one.last_start_ms) == (NOON_MS, NOON_MS + 90_000)
    assert (one.good_end_ms, one.good_start_ms) == (NOON_MS + 12, NOON_MS + 90_000)


def test_down_runs_keep_the_end_of_the_first_failed_step_and_the_start_of_the_last():
    first = Try(started_ms=NOON_MS, duration_us=10_000_500, steps=(
        StepResult(name="a", passed=True, critical=True, started_ms=NOON_MS),
        StepResult(name="b", passed=False, critical=True, started_ms=NOON_MS + 40, reason="no answer"),
    ))
    second = replace(first, started_ms=NOON_MS + 10_001, steps=(
        StepResult(name="a", passed=True, critical=True, started_ms=NOON_MS + 10_001),
        StepResult(name="b", passed=False, critical=True, started_ms=NOON_MS + 10_090, reason="no answer"),
    ))
    one = stretch_of(a_run(verdict=Verdict.DOWN, tries=(first, second)), hold_ms=HOLD_MS)
    assert (one.bad_start_ms, one.bad_end_ms) == (NOON_MS + 10_001, NOON_MS + 10_090)


def test_a_run_saved_by_its_second_try_is_good_from_that_try_on_and_stands_alone():
    one, two, three = fold(stretches("eee"))
    assert (one.good_start_ms, one.good_end_ms, one.first_try_failures) == (NOON_MS + 12, NOON_MS + 24, 1)
    assert two.runs == three.runs == 1


def test_slow_runs_join_for_they_had_no_failed_try():
    slow = [
        stretch_of(replace(run, verdict=Verdict.DEGRADED, reason="slow"), hold_ms=HOLD_MS) for run in some_runs("uuu")
    ]
    (one,) = fold(slow)
    assert (one.verdict, one.runs, one.good_start_ms) == (Verdict.DEGRADED, 3, NOON_MS + 60_000)


@pytest.mark.parametrize("change", [
    pytest.param({"verdict": Verdict.UNKNOWN}, id="another verdict"),
    pytest.param({"first_sequence": 2, "last_sequence": 2}, id="a record is missing between"),
    pytest.param({"life": "life-2"}, id="another life"),
    pytest.param({"vantage": "makassar"}, id="another vantage"),
    pytest.param({"transaction": "lain"}, id="another transaction"),
    pytest.param({"hold_ms": 10_000}, id="another interval"),
    pytest.param({"start_ms": NOON_MS + 75_001, "last_start_ms": NOON_MS + 75_001}, id="later than the run holds"),
    pytest.param({"start_ms": NOON_MS, "last_start_ms": NOON_MS}, id="the clock did not advance"),
])
def test_what_does_not_follow_does_not_join(change):
    first, second = stretches("uu")
    assert joined(first, second) is not None
    assert joined(first, replace(second, **change)) is None


def test_an_hour_ends_a_stretch_so_that_months_cut_between_stretches():
    folded = list(fold(stretches("u" * 130, started_ms=NOON_MS + 1_800_000)))
    assert [s.start_ms for s in folded] == [NOON_MS + 1_800_000, NOON_MS + 3_600_000]
    assert [s.runs for s in folded] == [60, 70]


def test_no_stretch_reaches_over_a_gap_or_over_time_that_an_earlier_life_covered():
    gap = Gap(life="life-1", start_ms=NOON_MS + 35_000, end_ms=NOON_MS + 50_000, reason="suspended")
    lives = (Life(life="life-0", vantage="local", opened_ms=0, heartbeat_ms=NOON_MS + 70_000), a_life())
    breaks = breaks_of_all(lives, [gap])["life-1"]
    assert breaks == (NOON_MS + 35_000, NOON_MS + 50_000, NOON_MS + 70_000)
    assert [s.runs for s in fold(stretches("uuuu"), breaks)] == [2, 1, 1]
    assert breaks_of_all(lives, [gap])["life-0"] == ()


def test_the_definition_in_force_when_a_run_started_says_how_long_it_holds():
    slow = a_definition(target=a_target(transactions=(a_transaction(interval_ms=60_000),)), recorded_ms=NOON_MS + 100)
    elsewhere = a_definition(
        vantage="makassar", target=a_target(transactions=(a_transaction(interval_ms=600_000),)), recorded_ms=NOON_MS,
    )
    definitions = (a_definition(), elsewhere, slow)
    assert hold_at(definitions, a_run(started_ms=NOON_MS + 99)) == 75_000
    assert hold_at(definitions, a_run(started_ms=NOON_MS + 100)) == 150_000
    with pytest.raises(KeyError, match="dinkes/antrean/lain"):
        hold_at(definitions, a_run(transaction="lain"))


def test_a_gap_and_a_life_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="ends before it starts"):
        Gap(life="life-1", start_ms=2, end_ms=1, reason="")
    with pytest.raises(ValueError, match="need a name"):
        Life(life="", vantage="local", opened_ms=0)
    assert Life(life="a", vantage="b", opened_ms=5).heartbeat_ms == 5


@given(st.text(alphabet="uuuuedn-", max_size=80), st.lists(st.integers(0, 80), max_size=6), st.integers(0, 119))
def test_folding_does_not_depend_on_cuts_and_folding_twice_changes_nothing(letters, cuts, offset):
    singles = stretches(letters, started_ms=NOON_MS + offset * INTERVAL_MS)
    whole = list(fold(singles))
    parts, before = [], 0
    for cut in [*sorted(min(cut, len(singles)) for cut in cuts), len(singles)]:
        parts += list(fold(singles[before:cut]))
        before = cut
    assert list(fold(parts)) == whole
    assert list(fold(whole)) == whole
    assert sum(s.runs for s in whole) == len(singles)
    assert sum(s.first_try_failures for s in whole) == letters.count("e") + letters.count("d")


@given(st.text(alphabet="ued", min_size=1, max_size=30))
def test_a_repeat_within_what_is_folded_counts_once(letters):
    singles = stretches(letters)
    twice = sorted([*singles, *singles], key=lambda s: s.first_sequence)
    assert list(fold(twice)) == list(fold(singles))


def test_a_try_that_faults_is_no_good_try():
    fault = Try(started_ms=NOON_MS, duration_us=1_000, steps=(), fault="no file descriptors left")
    good = a_try(started_ms=NOON_MS + 40)
    one = stretch_of(a_run(verdict=Verdict.DEGRADED, tries=(fault, good)), hold_ms=HOLD_MS)
    assert one.good_start_ms == NOON_MS + 40

"""The builders build what they say: other tests stand on them."""

from __future__ import annotations

from monitors.core.model import Outcome, Verdict
from tests.factories import INTERVAL_MS, NOON_MS, FixedClock, a_run, a_target, some_runs


def test_a_run_is_up_and_its_try_has_no_failed_step():
    run = a_run()
    assert run.verdict is Verdict.UP
    assert run.tries[-1].failed_step is None


def test_a_run_that_is_down_names_its_failed_step_in_both_tries():
    run = a_run(verdict=Verdict.DOWN)
    assert [attempt.failed_step.name for attempt in run.tries if attempt.failed_step] == ["buka halaman"] * 2
    assert "buka halaman" in run.reason


def test_a_degraded_run_failed_first_and_passed_then():
    first, second = a_run(verdict=Verdict.DEGRADED).tries
    assert first.failed_step is not None
    assert second.failed_step is None


def test_some_runs_follow_each_other_by_one_interval_and_a_dash_is_missed():
    runs = some_runs("ud-")
    assert [run.started_ms - NOON_MS for run in runs] == [0, INTERVAL_MS, 2 * INTERVAL_MS]
    assert [run.verdict for run in runs] == [Verdict.UP, Verdict.DOWN, Verdict.UNKNOWN]
    assert [run.outcome for run in runs] == [Outcome.DONE, Outcome.DONE, Outcome.MISSED]
    assert runs[2].tries == ()


def test_a_given_field_wins_over_the_default():
    assert a_target(agency="kpu").key == "kpu/antrean"


def test_the_clock_moves_only_by_hand_and_a_step_leaves_the_monotonic_one():
    clock = FixedClock()
    clock.advance(1_000)
    clock.step(60_000)
    assert (clock.now_ms - NOON_MS, clock.monotonic_ms) == (61_000, 1_001_000)

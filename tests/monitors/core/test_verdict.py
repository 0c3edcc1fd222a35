"""The verdict of a run, case by case, as semantics "Verdict of a run" has it."""

from __future__ import annotations

import pytest

from monitors.core.model import Try, Verdict
from monitors.core.verdict import RunVerdict, judge, needs_second_try, spoken_us
from tests.factories import a_step_result, a_try

GOOD = a_try()
BAD = a_try(passed=False)
BAD_REASON = 'step 1 of 1 "buka halaman": expected status 200, got 503 after 12 ms'
FAULTY = Try(started_ms=0, duration_us=0, steps=(), fault="no file descriptors left")
SLOW_STEP = a_try(steps=(a_step_result(too_slow=True, reason="step 1: took 3 s, target 1 s"),))
OPTIONAL_FAILED = a_try(steps=(
    a_step_result(name="iklan", passed=False, critical=False, reason="step 1: no"), a_step_result(name="buka"),
))
SLOW_THEN_OPTIONAL_FAILED = a_try(steps=(
    a_step_result(name="a", too_slow=True, reason="slow"),
    a_step_result(name="b", passed=False, critical=False, reason="failed"),
))
SECOND_PASSED = RunVerdict(
    verdict=Verdict.DEGRADED, reason=f"first try: {BAD_REASON}; the second passed", failed_step="buka halaman",
    first_try_failed=True,
)


@pytest.mark.parametrize(("first", "second", "expected"), [
    pytest.param(GOOD, None, RunVerdict(verdict=Verdict.UP), id="every step passed"),
    pytest.param(
        SLOW_STEP, None, RunVerdict(verdict=Verdict.DEGRADED, reason="step 1: took 3 s, target 1 s"),
        id="a step was slow",
    ),
    pytest.param(
        OPTIONAL_FAILED, None, RunVerdict(verdict=Verdict.DEGRADED, reason="step 1: no", failed_step="iklan"),
        id="an optional step failed",
    ),
    pytest.param(
        SLOW_THEN_OPTIONAL_FAILED, None, RunVerdict(verdict=Verdict.DEGRADED, reason="failed", failed_step="b"),
        id="a failure says more than slowness",
    ),
    pytest.param(BAD, GOOD, SECOND_PASSED, id="only the first try failed"),
    pytest.param(BAD, SLOW_STEP, SECOND_PASSED, id="the second passed slowly"),
    pytest.param(
        BAD, BAD,
        RunVerdict(verdict=Verdict.DOWN, reason=BAD_REASON, failed_step="buka halaman", first_try_failed=True),
        id="both tries failed",
    ),
    pytest.param(
        FAULTY, None, RunVerdict(verdict=Verdict.UNKNOWN, reason="no file descriptors left"),
        id="our fault in the first try",
    ),
    pytest.param(
        BAD, FAULTY,
        RunVerdict(
            verdict=Verdict.UNKNOWN, failed_step="buka halaman", first_try_failed=True,
            reason=f"first try: {BAD_REASON}; the second could not be made: no file descriptors left",
        ),
        id="our fault in the second try",
    ),
])
def test_a_run_is_judged_by_its_tries(first: Try, second: Try | None, expected: RunVerdict):
    assert judge(first, second) == expected


@pytest.mark.parametrize(("duration_us", "target_ms", "verdict"), [
    (2_000_000, 2000, Verdict.UP), (2_000_001, 2000, Verdict.DEGRADED), (2_000_001, None, Verdict.UP),
])
def test_a_run_that_takes_longer_than_its_target_is_degraded(duration_us, target_ms, verdict):
    assert judge(a_try(duration_us=duration_us), latency_target_ms=target_ms).verdict is verdict


def test_the_time_taken_is_told_with_its_target():
    assert judge(a_try(duration_us=2_340_000), latency_target_ms=2000).reason == "took 2.3 s in all, target 2 s"


def test_a_run_that_would_be_down_is_unknown_where_our_own_network_failed():
    found = judge(BAD, BAD, own_network_works=False)
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == f"the monitor's own network failed; what it saw: {BAD_REASON}"


@pytest.mark.parametrize(("first", "second"), [(GOOD, None), (SLOW_STEP, None), (BAD, GOOD)])
def test_a_passing_run_stands_whatever_our_own_network_says(first, second):
    assert judge(first, second, own_network_works=False) == judge(first, second)


@pytest.mark.parametrize(("first", "needed"), [(GOOD, False), (OPTIONAL_FAILED, False), (BAD, True), (FAULTY, False)])
def test_only_a_failed_critical_step_is_tried_again(first, needed):
    assert needs_second_try(first) is needed


def test_a_failed_first_try_is_never_judged_alone():
    with pytest.raises(ValueError, match="without a second one"):
        judge(BAD)


@pytest.mark.parametrize(("us", "text"), [
    (0, "0 µs"), (999, "999 µs"), (1000, "1 ms"), (999_999, "999 ms"), (1_000_000, "1 s"), (1_290_000, "1.2 s"),
    (10_049_999, "10 s"), (90_000_000, "90 s"),
])
def test_a_duration_is_said_cut_and_never_rounded_up(us, text):
    assert spoken_us(us) == text

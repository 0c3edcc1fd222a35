"""When a job that reports is overdue, worked by hand: every 24 h, at most 30 min late."""

from __future__ import annotations

import pytest

from monitors.core.heartbeat import Report, Silence, judge_silence

MIN = 60_000
H = 60 * MIN
NOW = 1_000 * H
LONG_AGO = NOW - 500 * H
EXPECTED = "a report is expected every 1 d and at most 30 min late"


def judged(last: Report | None, listening_since_ms: int = LONG_AGO) -> Silence:
    return judge_silence(
        last, every_ms=24 * H, grace_ms=30 * MIN, listening_since_ms=listening_since_ms, now_ms=NOW,
    )


@pytest.mark.parametrize("ago_ms", [0, 1, 24 * H, 24 * H + 30 * MIN])
def test_a_job_that_reported_in_time_is_well(ago_ms: int):
    assert judged(Report(at_ms=NOW - ago_ms)) == Silence()


def test_a_restart_of_the_monitor_forgets_no_report():
    assert judged(Report(at_ms=NOW - 20 * H), listening_since_ms=NOW) == Silence()


def test_one_millisecond_after_the_grace_it_is_overdue():
    said = judged(Report(at_ms=NOW - 24 * H - 30 * MIN - 1))
    assert said == Silence(problem=f"the job has not reported; the last was 1 d ago, {EXPECTED}")


def test_a_job_that_never_reported_is_overdue_once_we_have_listened_long_enough():
    assert judged(None).problem == f"the job has not reported; there has been none, {EXPECTED}"
    assert judged(None, listening_since_ms=NOW - 24 * H - 30 * MIN).problem == ""


def test_silence_in_which_nobody_listened_says_nothing_of_the_job():
    said = judged(Report(at_ms=NOW - 30 * H), listening_since_ms=NOW - 2 * H)
    assert said == Silence(
        fault=f"no report of the job is known; the last was 1 d 6 h ago, {EXPECTED}, but the monitor has listened for "
        "only 2 h",
    )


def test_a_job_that_reports_a_failure_is_down_at_once_and_in_its_own_words():
    last = Report(at_ms=NOW - 5 * MIN, succeeded=False, note="disk full on vm-3")
    assert judged(last).problem == "the job reported a failure 5 min ago: disk full on vm-3"
    assert judged(Report(at_ms=NOW, succeeded=False)).problem == "the job reported a failure 0 s ago"

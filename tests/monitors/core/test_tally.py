"""The monitor's own counts: each expected run ends in one of them, and coverage is of the last hour."""

from __future__ import annotations

from monitors.core.tally import Tally

MINUTE_MS = 60_000


def test_coverage_is_the_share_of_the_last_hour_that_was_done():
    tally = Tally()
    assert tally.coverage(0) is None
    for minute in range(10):
        tally.ended(minute * MINUTE_MS)
    tally.was_missed(9 * MINUTE_MS)
    assert tally.coverage(9 * MINUTE_MS) == 10 / 11
    assert tally.coverage(69 * MINUTE_MS - 1) == 1 / 2, "the oldest nine minutes are out"
    assert tally.coverage(69 * MINUTE_MS) is None


def test_a_run_is_late_from_a_second_on():
    tally = Tally()
    for late_ms in (0, 1000, 1001):
        tally.started(late_ms)
    assert tally.late == 1


def test_what_was_forgotten_is_expected_and_dropped_and_what_did_not_fit_was_expected_before():
    tally = Tally()
    tally.was_dropped(0, 5, is_new=True)
    tally.expected += 1
    tally.was_dropped(0, 1, is_new=False)
    assert (tally.expected, tally.dropped) == (6, 6)
    assert tally.coverage(0) == 0

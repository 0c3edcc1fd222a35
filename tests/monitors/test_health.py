"""What /healthz says in which case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.health import Facts, health
from monitors.recorder import RecorderState
from tests.factories import a_target, a_transaction

WELL = Facts(
    vantage="jakarta-1", life="abc", targets=(a_target(transactions=(a_transaction(), a_transaction(name="lain"))),),
    under_way=3, waiting=1, recording=RecorderState(batch_age_s=0.41234, waiting=2, overflowed=0, problem=""),
    loop_lag_ms=12, wall_clock_off_by_ms=-3, warnings=(),
)


def recording(**given) -> Facts:
    return replace(WELL, recording=replace(WELL.recording, **given))


def test_a_monitor_that_does_its_work_is_ok_with_its_figures():
    assert health(WELL) == {
        "status": "ok", "problems": [], "warnings": [], "vantage": "jakarta-1", "life": "abc", "targets": 1,
        "transactions": 2, "runs": {"under_way": 3, "waiting": 1},
        "ledger": {"last_batch_age_s": 0.412, "waiting": 2, "overflowed": 0}, "loop_lag_ms": 12,
        "wall_clock_off_by_ms": -3,
    }


@pytest.mark.parametrize(("facts", "problem"), [
    (replace(WELL, loop_lag_ms=7186), "the monitor's loop has not moved for 7.1 s"),
    (recording(problem="the ledger cannot be written: disk full", batch_age_s=99),
     "the ledger cannot be written: disk full"),
    (recording(batch_age_s=18.4), "nothing was written to the ledger for 18 s"),
    (recording(overflowed=5), "5 results did not fit into the queue and are lost"),
])
def test_what_is_wrong_is_said_in_a_sentence(facts: Facts, problem: str):
    page = health(facts)
    assert page["status"] == "failing"
    assert page["problems"] == [problem]


def test_a_warning_is_no_failure():
    page = health(replace(WELL, warnings=("the targets changed and cannot be used",)))
    assert page["status"] == "ok"
    assert page["warnings"] == ["the targets changed and cannot be used"]

"""What /healthz says in which case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.core.canary import CanaryCheck, WitnessAnswer
from monitors.health import NO_CANARIES, Facts, health
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
        "transactions": 2, "runs": {
            "under_way": 3, "waiting": 1, "expected": 0, "done": 0, "late": 0, "missed": 0, "dropped": 0, "suspect": 0,
        },
        "coverage_of_the_last_hour": None, "overload": [],
        "ledger": {"last_batch_age_s": 0.412, "waiting": 2, "overflowed": 0},
        "writes": {"transactions": 0, "stopped": False},
        "canaries": {"configured": 0, "note": NO_CANARIES}, "loop_lag_ms": 12, "wall_clock_off_by_ms": -3,
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


GONE = "1 of 1 canaries could not be reached: 10.0.0.2:53 (connection refused)"


def test_what_the_canaries_said_last_is_told_and_a_warning_where_most_are_gone():
    asked = replace(WELL, canaries=("10.0.0.1:53", "10.0.0.2:53"))
    assert health(asked)["canaries"] == {"configured": 2, "works": None, "checked_ms": None, "said": {}}
    said = (WitnessAnswer(name="10.0.0.1:53"), WitnessAnswer(name="10.0.0.2:53", reason="connection refused"))
    found = health(replace(asked, canary_check=CanaryCheck(began_ms=5, ended_ms=6, said=said)))
    assert found["canaries"] == {
        "configured": 2, "works": True, "checked_ms": 5,
        "said": {"10.0.0.1:53": "reached", "10.0.0.2:53": "connection refused"},
    }
    assert found["warnings"] == []
    found = health(replace(asked, canary_check=CanaryCheck(began_ms=5, ended_ms=6, said=said[1:])))
    assert found["status"] == "ok"
    assert found["warnings"] == [
        f"this machine's own network fails, and runs that fail are unknown: {GONE}",
    ]

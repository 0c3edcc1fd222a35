"""Phases are told and timed, failed ones as failed."""

from __future__ import annotations

import pytest

from stacks.progress import Phase, Silent, StepState
from stacks.session import Phases


class Told(Silent):
    """Keeps the phases it is told."""

    def __init__(self) -> None:
        self.phases: list[tuple[Phase, StepState, float]] = []

    def phase(self, phase: Phase, state: StepState, seconds: float) -> None:
        self.phases.append((phase, state, seconds))


def test_a_phase_is_told_and_timed_and_a_second_round_is_added() -> None:
    ticks, told = iter((1.0, 3.5, 10.0, 11.0)), Told()
    phases = Phases(told, clock=lambda: next(ticks))
    for _ in range(2):
        with phases(Phase.PULUMI):
            pass
    assert told.phases == [
        (Phase.PULUMI, StepState.STARTED, 0.0), (Phase.PULUMI, StepState.DONE, 2.5),
        (Phase.PULUMI, StepState.STARTED, 0.0), (Phase.PULUMI, StepState.DONE, 1.0),
    ]
    assert phases.seconds == {"pulumi": 3.5}


def test_a_failing_phase_is_told_as_failed_and_the_error_goes_on() -> None:
    told = Told()
    with pytest.raises(ValueError, match="x"), Phases(told)(Phase.GATE):
        raise ValueError("x")
    assert told.phases[-1][:2] == (Phase.GATE, StepState.FAILED)

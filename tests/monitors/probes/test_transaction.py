"""Ordered steps without any protocol: what is saved and passed on, what ends a try, and that it always ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from monitors.clock import LifeClock
from monitors.core.model import Phases, Step, Try
from monitors.probes.base import StepOutcome
from monitors.probes.transaction import TransactionProbe
from tests.factories import a_target, a_transaction

SILENT = "silent"


class Script:
    """A kind of step that answers from a list; ``SILENT`` never answers."""

    def __init__(self, *outcomes: StepOutcome | str) -> None:
        self.outcomes = outcomes
        self.seen: list[tuple[int, dict[str, str], float]] = []
        self.opened = self.closed = 0

    def prepare(self, _target: object, _transaction: object) -> Script:
        return self

    def open(self) -> Script:
        self.opened += 1
        return self

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        self.seen.append((index, dict(saved), left_s))
        outcome = self.outcomes[index]
        if isinstance(outcome, StepOutcome):
            on_done(outcome)

    def close(self) -> None:
        self.closed += 1


def tried(script: Script, *steps: Step, deadline_ms: int = 1000) -> Try:
    async def run() -> Try:
        loop = asyncio.get_running_loop()
        probe = TransactionProbe({"http": script}, loop, LifeClock())
        transaction = a_transaction(steps=steps, deadline_ms=deadline_ms)
        done: asyncio.Future[Try] = loop.create_future()
        probe.prepare(a_target(), transaction).start(done.set_result)
        return await done

    return asyncio.run(run())


def steps(*critical: bool) -> list[Step]:
    return [Step(name=f"langkah {index}", critical=value) for index, value in enumerate(critical, 1)]


def test_values_are_passed_on_to_later_steps():
    script = Script(StepOutcome(saved={"a": "1"}), StepOutcome(saved={"b": "2"}), StepOutcome())
    attempt = tried(script, *steps(True, True, True))
    assert [(index, saved) for index, saved, _ in script.seen] == [(0, {}), (1, {"a": "1"}), (2, {"a": "1", "b": "2"})]
    assert [step.passed for step in attempt.steps] == [True] * 3


def test_two_tries_share_no_value_and_no_session():
    script = Script(StepOutcome(saved={"a": "1"}))
    tried(script, *steps(True))
    tried(script, *steps(True))
    assert [saved for _, saved, _ in script.seen] == [{}, {}]
    assert script.opened == script.closed == 2


def test_what_a_step_did_is_kept():
    phases = Phases(connect_us=1, first_byte_us=2)
    outcome: dict[str, Any] = {
        "status": 201, "phases": phases, "address": "192.0.2.1", "certificate_ends_ms": 5, "slow": "took 3 s, target 1 s",
    }
    [step] = tried(Script(StepOutcome(**outcome)), *steps(True)).steps
    assert (step.status, step.phases, step.address, step.certificate_ends_ms) == (201, phases, "192.0.2.1", 5)
    assert (step.passed, step.too_slow, step.reason) == (True, True, 'step 1 of 1 "langkah 1": took 3 s, target 1 s')


def test_the_first_critical_step_that_fails_ends_the_try():
    script = Script(StepOutcome(), StepOutcome(problem="expected status 200, got 503"), StepOutcome())
    attempt = tried(script, *steps(True, True, True))
    assert len(attempt.steps) == 2
    assert attempt.steps[1].reason == 'step 2 of 3 "langkah 2": expected status 200, got 503'
    assert script.closed == 1


def test_a_step_that_may_fail_does_not():
    attempt = tried(Script(StepOutcome(problem="tidak ada"), StepOutcome()), *steps(False, True))
    assert [step.passed for step in attempt.steps] == [False, True]


def test_our_own_fault_ends_the_try_with_its_place_and_no_blame():
    attempt = tried(Script(StepOutcome(), StepOutcome(fault="no file descriptors left")), *steps(True, True))
    assert attempt.fault == 'step 2 of 2 "langkah 2": no file descriptors left'
    assert attempt.failed_step is None


def test_a_step_that_never_answers_ends_at_the_deadline_as_our_fault():
    """Whoever hangs below - a parser, a library - the try ends; a server that hangs is told by the step itself."""
    script = Script(SILENT)
    attempt = tried(script, *steps(True), deadline_ms=60)
    assert attempt.fault == 'step 1 of 1 "langkah 1": the monitor could not finish it within the deadline of 60 ms'
    assert script.closed >= 1
    assert attempt.duration_us >= 60_000


def test_each_step_is_told_how_much_time_is_left():
    script = Script(StepOutcome(), StepOutcome())
    tried(script, *steps(True, True), deadline_ms=500)
    first, second = (left for _, _, left in script.seen)
    assert 0 < second <= first <= 0.5

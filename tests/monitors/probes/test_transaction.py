"""Ordered steps without any protocol: what is saved and passed on, what ends a try, and that it always ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

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


def tried(
    script: Script, *steps: Step, deadline_ms: int = 1000, is_behind: Callable[[], bool] = lambda: False,
) -> Try:
    async def run() -> Try:
        loop = asyncio.get_running_loop()
        probe = TransactionProbe({"http": script}, loop, LifeClock(), is_behind=is_behind)
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


class LateLoop(Script):
    """A step that times out and needs some rounds of the loop to say so, on a loop that comes round far too late."""

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        self.seen.append((index, dict(saved), left_s))
        loop = asyncio.get_running_loop()
        real = loop.time
        loop.call_later(left_s, self.unwind, 5, on_done)
        loop.call_soon(lambda: setattr(loop, "time", lambda: real() + 10))      # both time-outs are due at once

    def unwind(self, rounds: int, on_done: Callable[[StepOutcome], None]) -> None:
        if rounds:
            asyncio.get_running_loop().call_soon(self.unwind, rounds - 1, on_done)
        else:
            on_done(StepOutcome(problem="the name server did not answer in time"))


def test_a_step_that_needs_some_rounds_of_a_late_loop_for_its_last_word_is_heard():
    attempt = tried(LateLoop(), *steps(True))
    assert attempt.fault == ""
    assert [step.reason for step in attempt.steps] == ['step 1 of 1 "langkah 1": the name server did not answer in time']


class Backlog(Script):
    """Its end is known at the deadline, and told when it has been asked ``asked`` times whether ends wait to be told."""

    def __init__(self, outcome: StepOutcome, *, asked: int) -> None:
        super().__init__(SILENT)
        self._outcome, self._asked = outcome, asked

    def start(
        self, _index: int, _saved: Mapping[str, str], _left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        self._on_done = on_done

    def is_behind(self) -> bool:
        self._asked -= 1
        if not self._asked:
            self._on_done(self._outcome)
        return self._asked >= 0


def test_while_many_ends_wait_to_be_told_a_step_s_own_word_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("monitors.probes.transaction.TOLD_S", 60.0)
    script = Backlog(StepOutcome(problem="timed out"), asked=3)
    attempt = tried(script, *steps(True), deadline_ms=50, is_behind=script.is_behind)
    assert attempt.fault == ""
    assert [step.reason for step in attempt.steps] == ['step 1 of 1 "langkah 1": timed out']


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("monitors.probes.transaction.TOLD_S", 0.1)
    attempt = tried(Script(SILENT), *steps(True), deadline_ms=50, is_behind=lambda: True)
    assert "the monitor could not finish it within the deadline" in attempt.fault


def test_each_step_is_told_how_much_time_is_left():
    script = Script(StepOutcome(), StepOutcome())
    tried(script, *steps(True, True), deadline_ms=500)
    first, second = (left for _, _, left in script.seen)
    assert 0 < second <= first <= 0.5


CLEAN_UP = Step(name="buang", critical=False, always=True)


def with_cleaning(*outcomes: StepOutcome | str, deadline_ms: int = 1000) -> tuple[Script, Try]:
    script = Script(*outcomes)
    return script, tried(script, *steps(*[True] * (len(outcomes) - 1)), CLEAN_UP, deadline_ms=deadline_ms)


def test_a_step_that_always_runs_comes_after_good_steps_and_after_a_failed_one():
    script, attempt = with_cleaning(StepOutcome(saved={"id": "7"}), StepOutcome(), StepOutcome())
    assert [index for index, _, _ in script.seen] == [0, 1, 2]
    assert attempt.failed_step is None
    script, attempt = with_cleaning(StepOutcome(problem="rusak", saved={"id": "7"}), StepOutcome(), StepOutcome())
    assert [(index, saved) for index, saved, _ in script.seen] == [(0, {}), (2, {"id": "7"})]
    assert [(step.name, step.passed) for step in attempt.steps] == [("langkah 1", False), ("buang", True)]
    assert attempt.failed_step is attempt.steps[0]


def test_its_failure_is_not_critical_even_where_the_definition_left_it_so():
    script = Script(StepOutcome(), StepOutcome(problem="tidak ada"))
    attempt = tried(script, *steps(True), Step(name="buang", always=True))
    assert attempt.failed_step is None
    assert [(step.passed, step.critical) for step in attempt.steps] == [(True, True), (False, False)]


def test_it_runs_after_a_step_that_never_answers_on_a_session_of_its_own_and_in_time():
    script, attempt = with_cleaning(SILENT, StepOutcome(), deadline_ms=500)
    assert [index for index, _, _ in script.seen] == [0, 1]
    assert script.opened == 2
    assert attempt.fault == 'step 1 of 2 "langkah 1": the monitor could not finish it within the deadline of 400 ms'
    assert [step.name for step in attempt.steps] == ["buang"]


def test_it_has_a_fifth_of_the_deadline_for_itself_and_no_part_in_the_duration():
    script, attempt = with_cleaning(StepOutcome(), SILENT, deadline_ms=250)
    (_, _, first_s), (_, _, last_s) = script.seen
    assert first_s <= 0.2
    assert 0.2 < last_s <= 0.25
    assert attempt.duration_us < 200_000
    assert attempt.fault == "", "what only cleaning up could not finish is no fault of the run"
    assert [step.name for step in attempt.steps] == ["langkah 1"]


def test_our_own_fault_cleans_up_too_and_one_while_cleaning_up_says_nothing():
    script, attempt = with_cleaning(StepOutcome(fault="pecah"), StepOutcome(fault="pecah lagi"))
    assert [index for index, _, _ in script.seen] == [0, 1]
    assert attempt.fault == 'step 1 of 2 "langkah 1": pecah'
    _, attempt = with_cleaning(StepOutcome(), StepOutcome(fault="pecah"))
    assert attempt.fault == ""


def test_values_of_a_run_are_new_in_each_try_and_only_where_they_are_asked_for():
    async def run() -> list[dict[str, str]]:
        loop, script = asyncio.get_running_loop(), Script(StepOutcome(), StepOutcome())
        uuids = iter(("u1", "u2", "u3"))
        probe = TransactionProbe({"http": script}, loop, LifeClock(), lambda: next(uuids))
        asking = a_transaction(steps=(Step(name="a", url="/${run:uuid}"), Step(name="b")))
        for _ in range(2):               # made ready twice, as by a reload
            done: asyncio.Future[Try] = loop.create_future()
            probe.prepare(a_target(), asking).start(done.set_result)
            await done
        done = loop.create_future()
        probe.prepare(a_target(), a_transaction(steps=tuple(steps(True)))).start(done.set_result)
        await done
        return [saved for _, saved, _ in script.seen]

    first, again, second, _, plain = asyncio.run(run())
    assert first == again
    assert (first["run:uuid"], first["run:counter"]) == ("u1", "1")
    assert (second["run:uuid"], second["run:counter"]) == ("u2", "2")
    assert first["run:time"].endswith("+07:00")
    assert plain == {}

"""The gate judges containers: well, not well in time, ended, restarting, stopped before; jobs likewise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from infra.health import NO_TEST
from infra.hooks import Finished, Running
from infra.spec import HealthSpec
from monitors.core.errors import StackError, UnhealthyError
from stacks.engine import Engine
from stacks.gate import Gate
from stacks.interrupts import InterruptedRunError, Interrupts
from stacks.progress import Silent, Step, StepState
from stacks.redaction import Redactor
from stacks.session import Session
from tests.stacks.fake_engine import BEGAN, FakeEngine, a_container, stamp

HEALTH = HealthSpec(test=("CMD", "check"), start_ms=5_000)
RUN = Running(container_id="c", what="replica 1 of antrean", health=HEALTH, pids=128)
JOB = Finished(container_id="c", what="job migrate of antrean", deadline_ms=5_000, pids=128)


class Clock(Interrupts):
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.check()
        self.now += seconds


class Steps(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def step(self, step: Step) -> None:
        self.steps.append(step)


def gate(engine: FakeEngine, *secrets: str) -> tuple[Gate, Clock, Steps]:
    clock, steps = Clock(), Steps()
    session = Session(
        code="dinkes", state=Path("/state"), engine=cast("Engine", engine), began=BEGAN, began_s=100.0,
        progress=steps, interrupts=clock, redact=Redactor(secrets), clock=clock,
    )
    return Gate(session), clock, steps



def test_a_container_that_the_engine_finds_healthy_is_well_at_once_and_not_told() -> None:
    engine = FakeEngine(looks=[a_container(health="healthy")])
    judge, _, steps = gate(engine)
    judge.running(RUN)
    assert steps.steps == []
    assert engine.did == []


def test_a_new_container_is_asked_itself_and_is_well_as_soon_as_its_test_passes() -> None:
    engine = FakeEngine(looks=[a_container(health="starting")], test_codes=[1, 1, 0])
    judge, clock, steps = gate(engine)
    judge.running(RUN)
    assert engine.did == [("run", ("check",))] * 3
    assert [step.state for step in steps.steps] == [StepState.STARTED, StepState.DONE]
    assert clock.now == 100.5


def test_a_shell_test_is_run_by_a_shell() -> None:
    engine = FakeEngine(looks=[a_container()], test_codes=[0])
    gate(engine)[0].running(replace(RUN, health=HealthSpec(test=("CMD-SHELL", "a | b"))))
    assert engine.did == [("run", ("sh", "-c", "a | b"))]


def test_the_limit_of_processes_is_set_where_it_differs() -> None:
    engine = FakeEngine(looks=[a_container(health="healthy", pids_limit=0)])
    gate(engine)[0].running(RUN)
    assert engine.did == [("limit", 128)]


def test_one_that_ends_as_its_limit_is_set_is_judged_by_the_next_look() -> None:
    class Ends(FakeEngine):
        def limit_pids(self, container_id: str, limit: int) -> None:  # noqa: ARG002
            raise StackError("container not running")

    ended = a_container(status="restarting", exit_code=3, pids_limit=0)
    engine = Ends(looks=[a_container(pids_limit=0), ended], log=("no configuration",))
    with pytest.raises(UnhealthyError, match="keeps ending with code 3") as caught:
        gate(engine)[0].running(RUN)
    assert caught.value.log_lines == ("no configuration",)


def test_none_is_well_before_its_limit_holds() -> None:
    stopped = a_container(status="exited", created=stamp(-99), finished=stamp(-10), pids_limit=0)
    engine = FakeEngine(looks=[stopped, a_container(health="healthy", pids_limit=0)])
    gate(engine)[0].running(RUN)
    assert engine.did == [("start", stopped.id), ("limit", 128)]


@pytest.mark.parametrize(("after", "what_is"), [
    (a_container(status="exited", exit_code=3, finished=stamp(2)), "ended with code 3"),
    (
        a_container(status="exited", exit_code=137, oom_killed=True, finished=stamp(2)),
        "ended with code 137 (it needed more memory than its limit)",
    ),
    (a_container(status="restarting", exit_code=1), "keeps ending with code 1 and being restarted"),
    (a_container(restarts=6), "keeps ending and being restarted"),
    (a_container(health="unhealthy"), "is unhealthy after 0 s"),
    (a_container(status="created", created=stamp(1), error="no such file"), "ended with code 0 (no such file)"),
], ids=["ended", "memory", "restarting", "restarted", "unhealthy", "cannot-start"])
def test_what_will_not_become_well_fails_at_once(after, what_is: str) -> None:
    engine = FakeEngine(looks=[a_container(health="starting"), after], test_codes=[1], log=("a", "b"))
    judge, clock, steps = gate(engine)
    with pytest.raises(UnhealthyError) as caught:
        judge.running(RUN)
    assert str(caught.value).startswith(f"replica 1 of antrean: {what_is}; expected it to be well")
    assert "docker logs siaga24_dinkes_antrean_1" in str(caught.value)
    assert caught.value.log_lines == ("a", "b")
    assert clock.now - 100 < 1
    assert (steps.steps[-1].state, steps.steps[-1].detail) == (StepState.FAILED, what_is)


def test_the_code_with_which_it_ended_is_told_though_it_runs_again() -> None:
    engine = FakeEngine(
        looks=[a_container(), a_container(status="running", restarts=1, exit_code=7), a_container(restarts=2)],
        test_codes=[1],
    )
    with pytest.raises(UnhealthyError, match="keeps ending with code 7"):
        gate(engine)[0].running(RUN)


def test_one_that_was_only_seen_running_is_looked_at_until_its_code_is_known() -> None:
    engine = FakeEngine(
        looks=[a_container(), a_container(restarts=2), a_container(restarts=3), a_container(status="restarting", exit_code=7)],
        test_codes=[1],
    )
    with pytest.raises(UnhealthyError, match="keeps ending with code 7"):
        gate(engine)[0].running(RUN)


def test_one_that_is_not_well_in_time_fails() -> None:
    engine = FakeEngine(looks=[a_container()], test_codes=[1])
    judge, clock, _ = gate(engine)
    with pytest.raises(UnhealthyError, match="is not well after 5 s"):
        judge.running(RUN)
    assert 105 < clock.now < 106


def test_secrets_in_log_lines_are_blotted_out() -> None:
    engine = FakeEngine(looks=[a_container(status="exited", finished=stamp(2))], log=("password rahasia-besar bad",))
    with pytest.raises(UnhealthyError) as caught:
        gate(engine, "rahasia-besar")[0].running(RUN)
    assert caught.value.log_lines == ("password [secret] bad",)


def test_one_that_was_stopped_before_the_command_is_started_again_but_only_once() -> None:
    stopped = a_container(status="exited", created=stamp(-99), finished=stamp(-10))
    engine = FakeEngine(looks=[stopped, a_container(health="healthy")])
    gate(engine)[0].running(RUN)
    assert engine.did == [("start", stopped.id)]
    engine = FakeEngine(looks=[stopped, a_container(status="exited", exit_code=1, finished=stamp(1))])
    with pytest.raises(UnhealthyError, match="ended with code 1"):
        gate(engine)[0].running(RUN)
    engine = FakeEngine(looks=[stopped])
    with pytest.raises(UnhealthyError, match="ended with code 0"):
        gate(engine)[0].running(RUN)
    assert engine.did == [("start", stopped.id)]


def test_one_that_was_unhealthy_before_may_recover_in_time() -> None:
    engine = FakeEngine(looks=[a_container(health="unhealthy", created=stamp(-99))], test_codes=[1, 1, 0])
    gate(engine)[0].running(RUN)


def test_one_without_a_test_must_have_run_for_a_second() -> None:
    no_test = replace(RUN, health=HealthSpec(test=NO_TEST))
    engine = FakeEngine(looks=[a_container(started=stamp(0))])
    judge, clock, _ = gate(engine)
    judge.running(no_test)
    assert clock.now == 101.0
    assert engine.did == [], "there is nothing to ask"
    judge, clock, steps = gate(FakeEngine(looks=[a_container(started=stamp(-60))]))
    judge.running(no_test)
    assert (clock.now, steps.steps) == (100.0, [])


def test_one_that_vanishes_is_told() -> None:
    with pytest.raises(UnhealthyError, match="its container was removed while this command ran"):
        gate(FakeEngine())[0].running(RUN)


def test_a_stop_ends_the_wait() -> None:
    judge, clock, _ = gate(FakeEngine(looks=[a_container()], test_codes=[1]))
    clock.ask()
    with pytest.raises(InterruptedRunError):
        judge.running(RUN)


def test_a_job_that_has_ended_well_is_not_run_again() -> None:
    engine = FakeEngine(looks=[a_container(status="exited", exit_code=0, finished=stamp(-50))])
    gate(engine)[0].finished(JOB)
    assert engine.did == []


def test_a_running_job_is_waited_for() -> None:
    engine = FakeEngine(looks=[a_container(), a_container(), a_container(status="exited", finished=stamp(2))])
    judge, _, steps = gate(engine)
    judge.finished(JOB)
    assert [step.state for step in steps.steps] == [StepState.STARTED, StepState.DONE]


def test_a_job_that_fails_now_fails_the_run_with_its_log() -> None:
    engine = FakeEngine(looks=[a_container(status="exited", exit_code=2, finished=stamp(2))], log=("no table",))
    with pytest.raises(UnhealthyError, match="job migrate of antrean: failed with code 2") as caught:
        gate(engine)[0].finished(JOB)
    assert caught.value.log_lines == ("no table",)


def test_a_job_that_failed_in_an_earlier_run_is_run_again() -> None:
    failed = a_container(status="exited", exit_code=2, created=stamp(-99), finished=stamp(-90))
    engine = FakeEngine(looks=[failed, a_container(), a_container(status="exited", finished=stamp(3))])
    gate(engine)[0].finished(JOB)
    assert engine.did == [("start", failed.id)]


def test_a_job_that_takes_too_long_fails() -> None:
    with pytest.raises(UnhealthyError, match="has not ended after 5 s"):
        gate(FakeEngine(looks=[a_container()]))[0].finished(JOB)

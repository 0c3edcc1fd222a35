"""What every protocol beside HTTP has in common: the deadline, whose fault a failure is, and that nothing is left."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

import pytest

from monitors.core.errors import ProbeFault
from monitors.core.model import AssertKind, Step
from monitors.core.requests import DnsQuery
from monitors.probes.base import StepOutcome
from monitors.probes.coroutine import CoroutineKind, Course, ServiceProblem
from monitors.probes.desk import Desk
from monitors.probes.guard import ANYWHERE
from tests.factories import a_target, a_transaction
from tests.probing import expect

SAVED: Mapping[str, str] = {}


class Script:
    """A question that does what a test says."""

    def __init__(self, work) -> None:
        self._work = work
        self.was_cancelled = False

    async def ask(self, course: Course) -> None:
        try:
            await self._work(course)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise


def outcome_of(work, *, left_s: float = 5, claims=()) -> tuple[StepOutcome, Script]:
    script = Script(work)

    async def run() -> StepOutcome:
        loop = asyncio.get_running_loop()
        desk = Desk(loop, ANYWHERE)
        step = Step(name="x", dns=DnsQuery(), assertions=claims)
        steps = CoroutineKind(desk, lambda *_: script).prepare(a_target(), a_transaction(steps=(step,)))
        done: asyncio.Future[StepOutcome] = loop.create_future()
        session = steps.open()
        session.start(0, SAVED, left_s, done.set_result)
        outcome = await done
        session.close()
        desk.close()
        return outcome

    return asyncio.run(run()), script


async def hang(course: Course) -> None:
    course.enter("connect", "connecting to a place that is silent")
    await asyncio.Event().wait()


def test_a_step_that_hangs_is_ended_and_says_what_it_waited_for():
    outcome, script = outcome_of(hang, left_s=0.03)
    assert outcome.problem.endswith("ms while connecting to a place that is silent")
    assert outcome.problem.startswith("timed out after ")
    assert script.was_cancelled
    assert outcome.phases.connect_us > 0


@pytest.mark.parametrize(("raised", "problem", "fault"), [
    (ServiceProblem("layanan rusak"), "layanan rusak", ""),
    (ProbeFault("kami sendiri"), "", "kami sendiri"),
    (KeyError("x"), "", "an error in the monitor itself: KeyError: 'x'"),
])
def test_whose_fault_a_failure_is_is_kept_apart(raised, problem, fault):
    async def fail(_course: Course) -> None:
        raise raised

    outcome, _ = outcome_of(fail)
    assert (outcome.problem, outcome.fault) == (problem, fault)


def test_phases_follow_one_another_and_make_up_the_time():
    async def work(course: Course) -> None:
        course.enter("dns", "a")
        await asyncio.sleep(0)
        course.enter("connect", "b")
        course.enter("body", "c")

    outcome, _ = outcome_of(work, claims=(expect(AssertKind.LATENCY, "0"),))
    assert outcome.phases.total_us > 0
    assert outcome.slow.startswith("took ")
    assert outcome.problem == ""


def test_steps_that_trust_the_same_share_the_parsed_authorities():
    async def run() -> list[bool]:
        desk = Desk(asyncio.get_running_loop(), ANYWHERE)
        first = desk.verifying("")
        same = [first is desk.verifying(""), first is desk.verifying("", "DEFAULT:@SECLEVEL=2", ssl.TLSVersion.TLSv1_3)]
        desk.close()
        return same

    assert asyncio.run(run()) == [True, False]


def test_a_closed_session_calls_nobody_back_and_leaves_no_task():
    script = Script(hang)
    called: list[StepOutcome] = []

    async def run() -> int:
        loop = asyncio.get_running_loop()
        steps = CoroutineKind(Desk(loop, ANYWHERE), lambda *_: script).prepare(
            a_target(), a_transaction(steps=(Step(name="x", dns=DnsQuery()),)),
        )
        session = steps.open()
        session.start(0, SAVED, 5, called.append)
        await asyncio.sleep(0)
        session.close()
        session.close()
        for _ in range(3):
            await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert script.was_cancelled
    assert called == []

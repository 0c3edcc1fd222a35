"""Heartbeat steps on a real loop: the job that reported passes, the silent one fails, and nobody is blamed unheard."""

from __future__ import annotations

import asyncio

from monitors.core.heartbeat import Report
from monitors.core.model import Step
from monitors.core.requests import Heartbeat
from monitors.job_reports import Reports
from monitors.probes.base import StepOutcome
from monitors.probes.coroutine import CoroutineKind, Desk
from monitors.probes.guard import ANYWHERE
from monitors.probes.heartbeat import NOBODY_LISTENS, make
from tests.factories import FixedClock, a_target, a_transaction

H = 3_600_000
STEP = Step(name="cadangan", heartbeat=Heartbeat(job="cadangan", every_ms=24 * H, grace_ms=H))


def asked(reports: Reports | None) -> StepOutcome:
    async def ask() -> StepOutcome:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[StepOutcome] = loop.create_future()
        desk = Desk(loop, ANYWHERE, reports)
        session = CoroutineKind(desk, make).prepare(a_target(), a_transaction(steps=(STEP,))).open()
        session.start(0, {}, 5, done.set_result)
        try:
            return await done
        finally:
            session.close()
            desk.close()

    return asyncio.run(ask())


def heard(clock: FixedClock, ago_ms: int) -> Reports:
    known = {"dinkes/antrean/cadangan": Report(at_ms=clock.now_ms - ago_ms)}
    return Reports(b"k" * 32, clock, known=known, keep=lambda _job, _report: None)


def test_a_job_that_reported_in_time_passes(clock: FixedClock):
    outcome = asked(heard(clock, 24 * H))
    assert (outcome.problem, outcome.fault) == ("", "")


def test_a_job_that_is_silent_though_we_listened_fails(clock: FixedClock):
    reports = heard(clock, 0)
    clock.now_ms += 26 * H
    assert asked(reports).problem.startswith("the job has not reported; the last was 1 d 2 h ago")


def test_a_job_whose_report_may_have_come_while_nobody_listened_is_not_blamed(clock: FixedClock):
    assert "the monitor has listened for only 0 s" in asked(heard(clock, 26 * H)).fault


def test_a_monitor_that_hears_no_reports_says_so(clock: FixedClock):
    assert asked(None).fault == NOBODY_LISTENS

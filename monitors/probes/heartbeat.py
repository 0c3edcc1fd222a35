"""Heartbeat steps: nothing is asked of the service; what its job reported to us is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault
from monitors.probes.coroutine import ServiceProblem

if TYPE_CHECKING:
    from monitors.core.model import Step, Target
    from monitors.core.requests import Heartbeat
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

NOBODY_LISTENS = "this monitor hears no reports; start it with --reports HOST:PORT (siaga24 monitor run)"


class HeartbeatQuestion:
    """One job that has to report."""

    __slots__ = ("heartbeat", "job")

    def __init__(self, target: Target, heartbeat: Heartbeat) -> None:
        self.heartbeat = heartbeat
        self.job = f"{target.key}/{heartbeat.job}"

    async def ask(self, course: Course) -> None:
        """Judge what was heard. Raises ServiceProblem: the job is late or failed; ProbeFault: nobody knows."""
        hearing = course.desk.hearing
        if hearing is None:
            raise ProbeFault(NOBODY_LISTENS)
        said = hearing.judge(self.job, every_ms=self.heartbeat.every_ms, grace_ms=self.heartbeat.grace_ms)
        if said.problem:
            raise ServiceProblem(said.problem)
        if said.fault:
            raise ProbeFault(said.fault)


def make(desk: Desk, target: Target, step: Step) -> HeartbeatQuestion:  # noqa: ARG001 - as every protocol's
    """Make a step ready."""
    assert step.heartbeat is not None  # noqa: S101 - the registry's key
    return HeartbeatQuestion(target, step.heartbeat)

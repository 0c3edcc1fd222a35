"""The health gate inside an update: whether new containers are well and jobs ended well.

The provider waits weakly (no early failure, no log lines, nothing on a second ``up``), so containers are asked here, on
every ``up``, before anything old is removed. A container that ended, keeps restarting or is not well in time fails at
once with its last log lines. One that was stopped before this command began is started again first.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NoReturn

from infra.health import NO_TEST
from monitors.core.errors import StackError, UnhealthyError
from stacks.engine_facts import engine_time
from stacks.progress import Step, StepState

if TYPE_CHECKING:
    from infra.hooks import Finished, Running
    from infra.spec import HealthSpec
    from stacks.engine_facts import ContainerFacts
    from stacks.session import Session

LOG_LINES = 20
POLL_S = 0.25
SETTLED = dt.timedelta(seconds=1)        # how long one without a test must have run
RESTARTS = 2                             # a container that came back this often while we looked will not stay
MOST_RESTARTS = 6                        # so often it is waited for that one look sees it ended, and its code
ENDED = frozenset({"exited", "dead"})
NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)    # how the engine writes that something has not happened


class Gate:
    """Asks containers whether they are well."""

    def __init__(self, session: Session) -> None:
        """Judge for one run."""
        self.session = session

    def running(self, wanted: Running) -> None:
        """Return when the container is well, with its limit of processes set. Raises UnhealthyError."""
        facts = self._look(wanted.container_id, wanted.what)
        is_limited = self._limit(facts, wanted.pids)
        has_test = wanted.health.test != NO_TEST
        is_well = facts.status == "running" and (facts.health == "healthy" if has_test else self._has_settled(facts))
        if is_well and is_limited:
            return
        watch = _Watch(self.session, key=f"well {wanted.container_id}", name=wanted.what, action="wait until well")
        first_restarts, ended = facts.restarts, ""
        may_start = True
        deadline_s = wanted.health.start_ms / 1000
        while True:
            if facts.exit_code or facts.status != "running":     # while it runs again, the engine says 0
                ended = f" with code {facts.exit_code}"
            if facts.status in ENDED or facts.status == "created":
                if not (may_start and self._ended_before(facts)):
                    watch.fail(facts, f"ended with code {facts.exit_code}{_why(facts)}")
                may_start = False
                self.session.engine.start(facts.id)
            elif facts.status == "restarting" or (
                facts.restarts - first_restarts >= (RESTARTS if ended else MOST_RESTARTS)
            ):
                watch.fail(facts, f"keeps ending{ended}{_why(facts)} and being restarted")
            elif self._limit(facts, wanted.pids) and (
                facts.health == "healthy" or self._answers_well(facts, wanted.health)
            ):
                watch.done()
                return
            elif facts.health == "unhealthy" and not self._was_there(facts):
                watch.fail(facts, f"is unhealthy after {watch.seconds:.0f} s")
            if watch.seconds > deadline_s:
                watch.fail(facts, f"is not well after {deadline_s:g} s{_why(facts)}")
            self.session.interrupts.wait(POLL_S)
            facts = self._look(wanted.container_id, wanted.what)

    def finished(self, job: Finished) -> None:
        """Return when the job has ended with 0; one that failed before this command is run again. UnhealthyError."""
        facts = self._look(job.container_id, job.what)
        if facts.status == "exited" and facts.exit_code == 0:
            return
        self._limit(facts, job.pids)
        watch = _Watch(self.session, key=f"job {job.container_id}", name=job.what, action="run")
        may_start = True
        deadline_s = job.deadline_ms / 1000
        while True:
            if facts.status in ENDED or facts.status == "created":
                if facts.status == "exited" and facts.exit_code == 0:
                    watch.done()
                    return
                if not (may_start and self._ended_before(facts)):
                    watch.fail(facts, f"failed with code {facts.exit_code}{_why(facts)}")
                may_start = False
                self.session.engine.start(facts.id)
            if watch.seconds > deadline_s:
                watch.fail(facts, f"has not ended after {deadline_s:g} s")
            self.session.interrupts.wait(POLL_S)
            facts = self._look(job.container_id, job.what)

    def _look(self, container_id: str, what: str) -> ContainerFacts:
        facts = self.session.engine.container(container_id)
        if facts is None:
            raise UnhealthyError(
                f"{what}: its container was removed while this command ran; expected nobody else to touch it; "
                "type the command again, it makes a new one",
            )
        return facts

    def _limit(self, facts: ContainerFacts, pids: int) -> bool:
        """Set the limit of processes, which the provider does not know; tell whether it holds."""
        if facts.pids_limit == pids:
            return True
        if facts.status in ENDED:
            return False                 # after its start
        try:
            self.session.engine.limit_pids(facts.id, pids)
        except StackError:
            # It ended between the look and the order: the next look judges it, with its log lines.
            now = self.session.engine.container(facts.id)
            if now is not None and now.status == "running" and now.restarts == facts.restarts:
                raise
            return False
        return True

    def _ended_before(self, facts: ContainerFacts) -> bool:
        """It ended, or was made, before this command began: by hand or by a crash, not because of this release."""
        ended = engine_time(facts.finished) if facts.finished else NEVER
        return (ended if ended > NEVER else engine_time(facts.created)) < self.session.began

    def _has_settled(self, facts: ContainerFacts) -> bool:
        """It has been running for a while: all that can be said of one without a test."""
        now = self.session.began + dt.timedelta(seconds=self.session.clock() - self.session.began_s)
        return facts.status == "running" and now - engine_time(facts.started) >= SETTLED

    def _was_there(self, facts: ContainerFacts) -> bool:
        return engine_time(facts.created) < self.session.began

    def _answers_well(self, facts: ContainerFacts, health: HealthSpec) -> bool:
        """Ask the container's own test now; the engine's own check runs too seldom for a rollout."""
        if health.test == NO_TEST:
            return self._has_settled(facts)
        command = ("sh", "-c", health.test[1]) if health.test[0] == "CMD-SHELL" else health.test[1:]
        try:
            return self.session.engine.run_in(facts.id, command, timeout_s=health.timeout_ms / 1000).code == 0
        except StackError:
            return False                 # it ended between two looks; the next look says so


class _Watch:
    """One wait that is told: its beginning, its end or its failure."""

    def __init__(self, session: Session, *, key: str, name: str, action: str) -> None:
        self._session, self._key, self._name, self._action = session, key, name, action
        self._began = self._session.clock()
        self._tell(StepState.STARTED)

    @property
    def seconds(self) -> float:
        return self._session.clock() - self._began

    def done(self) -> None:
        self._tell(StepState.DONE)

    def fail(self, facts: ContainerFacts, what_is: str) -> NoReturn:
        lines = tuple(map(self._session.redact, self._session.engine.log_tail(facts.id, LOG_LINES)))
        self._tell(StepState.FAILED, what_is)
        raise UnhealthyError(
            f"{self._name}: {what_is}; expected it to be well; replicas of before still serve; look at its last log "
            f'lines ("docker logs {facts.name}" shows more), mend the image or its settings, then type up again',
            log_lines=lines,
        )

    def _tell(self, state: StepState, detail: str = "") -> None:
        self._session.progress.step(Step(
            key=self._key, kind="container", name=self._name, action=self._action, state=state,
            seconds=0.0 if state is StepState.STARTED else self.seconds, detail=detail,
        ))


def _why(facts: ContainerFacts) -> str:
    if facts.oom_killed:
        return " (it needed more memory than its limit)"
    return f" ({facts.error})" if facts.error else ""

"""Steps that are coroutines: every protocol beside HTTP. One task a step, with a deadline that ends it.

A protocol is a ``Question`` that is made once for each step and asked in each try. What it finds goes into a
``Course``; how it fails is an exception: ``ServiceProblem`` for the service's fault in words, ``ProbeFault`` for our
own. A time-out is told by what was being done.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Protocol

from monitors.core.errors import ProbeFault, UsageError
from monitors.core.model import AssertKind, Phases
from monitors.core.verdict import US_PER_MS, US_PER_S, spoken_us
from monitors.probes.base import StepOutcome
from monitors.probes.fill import FillError
from monitors.probes.names import NamesDesk
from monitors.probes.trust import TrustFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitors.core.heartbeat import Silence
    from monitors.core.model import Step, Target, Transaction
    from monitors.probes.base import Session, Steps
    from monitors.probes.guard import Guard


class ServiceProblem(Exception):  # noqa: N818 - not an error of ours
    """The service failed; the text says what was expected and what was found."""


class Hearing(Protocol):
    """What jobs reported, ``agency/service/job`` each."""

    def judge(self, job: str, *, every_ms: int, grace_ms: int) -> Silence:
        """Judge a job by what was heard of it."""
        ...


def wall_ms() -> int:
    """Give the machine's own time, UTC in milliseconds."""
    return int(time.time() * 1000)


class Desk:
    """What all steps of a loop share: how names are looked up, whom to trust, what jobs reported, what time it is."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, guard: Guard, hearing: Hearing | None = None, *,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self.loop, self.guard, self.hearing, self.now_ms = loop, guard, hearing, now_ms
        self.names = NamesDesk(loop, guard)
        self.trust = TrustFiles()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def verifying(self, ca_pem: str) -> ssl.SSLContext:
        """Give a TLS context that trusts ``ca_pem`` alone, or the system's authorities. Raises ProbeFault."""
        context = self._contexts.get(ca_pem)
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                context.load_verify_locations(self.trust.path(ca_pem))
            except ssl.SSLError as exc:
                raise ProbeFault(f"the certificates to trust cannot be read: {exc.reason or exc}") from None
            self._contexts[ca_pem] = context
        return context

    def close(self) -> None:
        """Remove what was written. A repeat is harmless."""
        self._contexts.clear()
        self.trust.close()


class Course:
    """One step of one try under way: its time, what it does now, what it found so far."""

    __slots__ = ("_mark_s", "_spent_us", "began_s", "desk", "doing", "ends_s", "outcome", "phase", "saved")

    def __init__(self, desk: Desk, saved: Mapping[str, str], left_s: float) -> None:
        self.desk, self.saved = desk, saved
        self.began_s = self._mark_s = desk.loop.time()
        self.ends_s = self.began_s + left_s
        self.outcome = StepOutcome()
        self.phase = ""
        self.doing = "beginning"
        self._spent_us: dict[str, int] = {}

    def enter(self, phase: str, doing: str) -> None:
        """Begin a phase (``dns``, ``connect``, ``tls``, ``first_byte``, ``body``); ``doing`` completes "while ..."."""
        self._count()
        self.phase, self.doing = phase, doing

    def end(self) -> None:
        """Write the phases down. A repeat is harmless."""
        self._count()
        self.outcome.phases = Phases(**{f"{name}_us": spent for name, spent in self._spent_us.items()})

    @property
    def left_s(self) -> float:
        """Seconds that are left, more than 0."""
        return max(0.001, self.ends_s - self.desk.loop.time())

    @property
    def taken_us(self) -> int:
        """Microseconds since the step began."""
        return int((self.desk.loop.time() - self.began_s) * US_PER_S)

    def _count(self) -> None:
        now_s = self.desk.loop.time()
        if self.phase:
            self._spent_us[self.phase] = self._spent_us.get(self.phase, 0) + int((now_s - self._mark_s) * US_PER_S)
        self._mark_s = now_s


class Question(Protocol):
    """One step of a protocol, made ready."""

    async def ask(self, course: Course) -> None:
        """Ask, and put what was found into ``course.outcome``.

        May be cancelled at any await, and must let go of everything then. Raises ServiceProblem or ProbeFault.
        """
        ...


class CoroutineKind:
    """A protocol whose steps are coroutines. ``make`` makes a step ready; it raises ValueError where it cannot be."""

    def __init__(self, desk: Desk, make: Callable[[Desk, Target, Step], Question]) -> None:
        self.desk, self._make = desk, make

    def prepare(self, target: Target, transaction: Transaction) -> Steps:
        """Make the steps ready. Raises UsageError where one cannot be run."""
        questions = []
        for step in transaction.steps:
            try:
                questions.append((self._make(self.desk, target, step), slow_us(step)))
            except ValueError as exc:
                raise UsageError(f'{target.key}: step "{step.name}": {exc}') from exc
        return _CoroutineSteps(self.desk, tuple(questions))


def slow_us(step: Step) -> int | None:
    """Give the step's own latency target, the one claim that every protocol knows. Raises ValueError."""
    target_us = None
    for claim in step.assertions:
        if claim.kind is not AssertKind.LATENCY or not claim.expected.isdecimal():
            raise ValueError(f"the claim {claim.kind.value} is for HTTP; a {step.protocol} step expects latency alone")
        target_us = int(claim.expected) * US_PER_MS
    return target_us


class _CoroutineSteps:
    __slots__ = ("desk", "questions")

    def __init__(self, desk: Desk, questions: tuple[tuple[Question, int | None], ...]) -> None:
        self.desk, self.questions = desk, questions

    def open(self) -> Session:
        return _CoroutineSession(self)


class _CoroutineSession:
    """One try: a task for the step under way."""

    __slots__ = ("_on_done", "_steps", "_task")

    def __init__(self, steps: _CoroutineSteps) -> None:
        self._steps = steps
        self._on_done: Callable[[StepOutcome], None] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        self._on_done = on_done
        question, target_us = self._steps.questions[index]
        course = Course(self._steps.desk, saved, left_s)
        self._task = self._steps.desk.loop.create_task(self._run(question, course, target_us))

    def close(self) -> None:
        self._on_done = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def _run(self, question: Question, course: Course, target_us: int | None) -> None:
        outcome = course.outcome
        try:
            async with asyncio.timeout_at(course.ends_s):
                await question.ask(course)
        except TimeoutError:
            outcome.problem = f"timed out after {spoken_us(course.taken_us)} while {course.doing}"
        except (ServiceProblem, FillError) as exc:
            outcome.problem = str(exc)
        except ProbeFault as exc:
            outcome.fault = str(exc)
        except Exception as exc:  # noqa: BLE001 - our own fault must end the run, whatever it is
            outcome.fault = f"an error in the monitor itself: {type(exc).__name__}: {exc}"
        course.end()
        if not outcome.problem and not outcome.slow and target_us is not None:
            total_us = outcome.phases.total_us
            if total_us > target_us:
                outcome.slow = f"took {spoken_us(total_us)}, target {spoken_us(target_us)}"
        on_done, self._on_done = self._on_done, None
        self._task = None
        if on_done is not None:
            on_done(outcome)

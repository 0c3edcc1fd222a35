"""Steps that are coroutines: every protocol beside HTTP. One task a step, with a deadline that ends it.

A protocol is a ``Question`` that is made once for each step and asked in each try. What it finds goes into a
``Course``; how it fails is an exception: ``ServiceProblem`` for the service's fault in words, ``ProbeFault`` for our
own. A time-out is told by what was being done.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from monitors.core.errors import ProbeFault, UsageError
from monitors.core.evidence import Evidence
from monitors.core.model import AssertKind, Phases
from monitors.core.verdict import US_PER_MS, US_PER_S, spoken_us
from monitors.probes.base import StepOutcome
from monitors.probes.desk import Desk, Hearing
from monitors.probes.evidence import BODY_BYTES, LINE_CHARACTERS, shown
from monitors.probes.fill import FillError
from monitors.probes.secrets_redaction import NOTHING_SECRET, Redactor
from monitors.probes.secrets_store import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitors.core.model import Step, Target, Transaction
    from monitors.probes.base import Session, Steps
    from monitors.probes.fill import Template

__all__ = ["CoroutineKind", "Course", "Desk", "Hearing", "Question", "ServiceProblem", "slow_us"]


class ServiceProblem(Exception):  # noqa: N818 - not an error of ours
    """The service failed; the text says what was expected and what was found."""


class Course:
    """One step of one try under way: its time, what it does now, what it found so far."""

    __slots__ = (
        "_mark_s", "_spent_us", "answered", "asked", "began_s", "certificate", "desk", "doing", "ends_s", "is_ours",
        "outcome", "phase", "redactor", "saved",
    )

    def __init__(self, desk: Desk, saved: Mapping[str, str], left_s: float) -> None:
        self.desk, self.saved = desk, saved
        self.began_s = self._mark_s = desk.loop.time()
        self.ends_s = self.began_s + left_s
        self.outcome = StepOutcome()
        self.phase = ""
        self.doing = "beginning"
        self.is_ours = False             # a time-out would be our own fault, not the service's
        self.asked = self.answered = self.certificate = ""  # for the evidence of a step that fails
        self.redactor = NOTHING_SECRET
        self._spent_us: dict[str, int] = {}

    def take_secrets(self, agency: str, *templates: Template) -> None:
        """Put the secrets that texts refer to beside the saved values, and keep them out of all that is told.

        Raises ProbeFault where one is not there.
        """
        names = {name for template in templates for name in template.names if name.startswith(PREFIX)}
        if names:
            secrets = self.desk.secrets.values(agency, sorted(name.removeprefix(PREFIX) for name in names))
            self.saved = {**self.saved, **secrets}
            self.redactor = Redactor(secrets)

    def enter(self, phase: str, doing: str) -> None:
        """Begin a phase (``dns``, ``connect``, ``tls``, ``first_byte``, ``body``); ``doing`` completes "while ..."."""
        self._count()
        self.phase, self.doing = phase, doing

    def spent(self, phase: str, us: int) -> None:
        """Count what a process of its own spent on a phase."""
        self._spent_us[phase] = self._spent_us.get(phase, 0) + us

    def end(self) -> None:
        """Write the phases down. A repeat is harmless."""
        self._count()
        self.phase = ""
        self.outcome.phases = Phases(**{f"{name}_us": spent for name, spent in self._spent_us.items()})

    def tell(self, problem: str, fault: str) -> None:
        """Put into the outcome how the step ended, with its evidence where it was not well, and no secret in either."""
        outcome, clean = self.outcome, self.redactor.clean
        outcome.problem, outcome.fault, outcome.slow = clean(problem), clean(fault), clean(outcome.slow)
        if (problem or outcome.slow) and self.asked and outcome.evidence is None:
            outcome.evidence = Evidence(
                request=self.redactor.cut(self.asked, LINE_CHARACTERS),
                body=self.redactor.cut(shown(self.answered), BODY_BYTES),
                certificate=self.redactor.cut(shown(self.certificate), LINE_CHARACTERS),
            )

    @property
    def left_s(self) -> float:
        """Seconds that are left, more than 0."""
        return max(0.001, self.ends_s - self.desk.loop.time())

    @property
    def timed_out(self) -> str:
        """Say that the time is over, and what was being done."""
        return f"timed out after {spoken_us(self.taken_us)} while {self.doing}"

    def blame(self, said: str) -> tuple[str, str]:
        """Give ``said`` as (problem, fault): the one or the other."""
        return ("", said) if self.is_ours else (said, "")

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
    """One try: a task for the step under way, and the timer that ends it."""

    __slots__ = ("_course", "_on_done", "_steps", "_target_us", "_task", "_timer")

    def __init__(self, steps: _CoroutineSteps) -> None:
        self._steps = steps
        self._on_done: Callable[[StepOutcome], None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        self._on_done = on_done
        desk = self._steps.desk
        question, self._target_us = self._steps.questions[index]
        self._course = Course(desk, saved, left_s)
        self._task = desk.loop.create_task(self._run(question, self._course))
        self._timer = desk.loop.call_at(self._course.ends_s, self._ran_out)

    def close(self) -> None:
        self._on_done = None
        self._stop()

    async def _run(self, question: Question, course: Course) -> None:
        problem = fault = ""
        try:
            await question.ask(course)
        except TimeoutError:
            problem, fault = course.blame(course.timed_out)
        except (ServiceProblem, FillError) as exc:
            problem = str(exc)
        except ProbeFault as exc:
            fault = str(exc)
        except Exception as exc:  # noqa: BLE001 - our own fault must end the run, whatever it is
            fault = f"an error in the monitor itself: {type(exc).__name__}: {exc}"
        if course is self._course:       # else it was given up, and goes on only to tidy up
            self._end(problem, fault)

    def _ran_out(self) -> None:
        """The deadline is over. Whatever the library still does about it, the step ends now."""
        self._end(*self._course.blame(self._course.timed_out))

    def _end(self, problem: str = "", fault: str = "") -> None:
        on_done, self._on_done = self._on_done, None
        course, outcome = self._course, self._course.outcome
        self._stop()
        if on_done is None:
            return
        course.end()
        total_us = outcome.phases.total_us
        if not problem and not outcome.slow and self._target_us is not None and total_us > self._target_us:
            outcome.slow = f"took {spoken_us(total_us)}, target {spoken_us(self._target_us)}"
        course.tell(problem, fault)
        on_done(outcome)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task(self._steps.desk.loop):
            self._steps.desk.end(task)

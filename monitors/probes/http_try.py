"""One try of HTTP steps: fill in, ask, follow redirects, check, save. The requests themselves are ``http.py``'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitors.core.errors import ProbeFault
from monitors.core.model import Phases
from monitors.core.verdict import spoken_us
from monitors.probes.base import StepOutcome
from monitors.probes.charset import decode
from monitors.probes.extract import extract, is_small
from monitors.probes.fill import FillError
from monitors.probes.redirects import REDIRECTS, RedirectError, follow, way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monitors.probes.answer import Answer
    from monitors.probes.extract import Found
    from monitors.probes.http import HttpSession
    from monitors.probes.http_step import HttpSteps, ReadyStep
    from monitors.probes.reader import Ticket
    from monitors.probes.redirects import Hop


class HttpTry:
    """One try: a session of its own, one step at a time."""

    __slots__ = ("_session", "_step", "steps")

    def __init__(self, steps: HttpSteps) -> None:
        self.steps = steps
        self._session: HttpSession | None = None
        self._step: _StepUnderWay | None = None

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        """Begin the step at ``index``."""
        if self._session is None:
            try:
                self._session = self.steps.kind.engine.open(ca_pem=self.steps.ca_pem, keeps=self.steps.keeps)
            except ProbeFault as exc:
                on_done(StepOutcome(fault=str(exc)))
                return
        ready = self.steps.steps[index]
        self._step = _StepUnderWay(self.steps, ready, self._session, saved, left_s=left_s, on_done=on_done)
        self._step.begin()

    def close(self) -> None:
        """End what is under way and forget everything."""
        if self._step is not None:
            self._step.abandon()
        if self._session is not None:
            self._session.close()


class _End(NamedTuple):
    """How a step ended: nothing said is well."""

    problem: str = ""
    fault: str = ""


class _StepUnderWay:
    """One step of one try, from its request to its outcome."""

    __slots__ = (
        "_ends_s", "_loop", "_on_done", "_outcome", "_ready", "_saved", "_seen", "_session", "_steps", "_ticket",
        "_way",
    )

    def __init__(
        self, steps: HttpSteps, ready: ReadyStep, session: HttpSession, saved: Mapping[str, str], *, left_s: float,
        on_done: Callable[[StepOutcome], None],
    ) -> None:
        self._steps, self._ready, self._session, self._saved = steps, ready, session, saved
        self._loop = steps.kind.loop
        self._ends_s = self._loop.time() + left_s
        self._on_done: Callable[[StepOutcome], None] | None = on_done
        self._outcome = StepOutcome()
        self._way: list[str] = []
        self._seen: set[tuple[str, str, tuple[str, ...]]] = set()
        self._ticket: Ticket | None = None

    def abandon(self) -> None:
        """Call nobody back any more."""
        self._on_done = None
        if self._ticket is not None:
            self._ticket.cancel()

    def begin(self) -> None:
        """Fill the request in and send it."""
        self._go_on(lambda: self._send(self._ready.request.fill(self._saved)))

    def _go_on(self, work: Callable[[], _End | None]) -> None:
        """Do the next bit of work; end the step where it says so, or where it cannot be done."""
        try:
            end = work()
        except (FillError, RedirectError) as exc:
            end = _End(problem=str(exc))
        except ProbeFault as exc:
            end = _End(fault=str(exc))
        except Exception as exc:  # noqa: BLE001 - our own fault must end the run, whatever it is
            end = _End(fault=f"an error in the monitor itself: {type(exc).__name__}: {exc}")
        on_done = self._on_done
        if end is None or on_done is None:
            return
        self._on_done = None
        outcome = self._outcome
        outcome.problem, outcome.fault = end.problem, end.fault
        if not end.problem and not end.fault:
            outcome.slow = self._ready.expectations.slow(outcome.phases.total_us)
        on_done(outcome)

    def _send(self, hop: Hop) -> None:
        self._way.append(hop.url)
        if self._ready.max_redirects:
            self._seen.add((hop.method, hop.url, self._session.cookies()))
        self._session.send(
            hop, left_s=self._ends_s - self._loop.time(), max_bytes=self._steps.max_bytes,
            connect_to=self._steps.connect_to, wants_headers=self._ready.wants_headers,
            on_done=lambda answer: self._go_on(lambda: self._answered(hop, answer)),
            is_placed=self._steps.is_placed(hop.url),
        )

    def _answered(self, hop: Hop, answer: Answer) -> _End | None:
        outcome = self._outcome
        outcome.status = answer.status
        outcome.address = answer.address or outcome.address
        outcome.certificate_ends_ms = outcome.certificate_ends_ms or answer.certificate_ends_ms
        outcome.phases = _sum(outcome.phases, answer.phases) if len(self._way) > 1 else answer.phases
        if answer.failure is not None:
            if answer.failure.is_ours:
                raise ProbeFault(answer.failure.problem)
            return _End(problem=answer.failure.problem)
        if answer.status in REDIRECTS and answer.redirect and self._ready.max_redirects:
            return self._redirected(hop, answer)
        return self._judge(answer)

    def _redirected(self, hop: Hop, answer: Answer) -> _End | None:
        """Follow. The same request with the same cookies is a loop; a page that sets a cookie first is none."""
        ahead = follow(hop, answer.status, answer.redirect)
        if (ahead.method, ahead.url, self._session.cookies()) in self._seen:
            return _End(problem=f"redirected in a loop: {way([*self._way, ahead.url])}")
        if len(self._way) > self._ready.max_redirects:
            most = self._ready.max_redirects
            return _End(problem=f"redirected more than {most} times: {way([*self._way, ahead.url])}")
        self._send(ahead)
        return None

    def _judge(self, answer: Answer) -> _End | None:
        ready = self._ready
        text = decode(answer.body, answer.content_type) if ready.needs_text else ""
        problem = ready.expectations.of_answer(answer, text, self._saved) or self._save_plainly(answer)
        if problem and answer.status in REDIRECTS and ready.max_redirects and not answer.redirect:
            problem += ", which names no place to go to,"
        queries = [] if problem else ready.queries(self._saved)
        if not queries:
            return self._found_out(problem)
        if is_small(text, queries):
            return self._read(extract(text, queries))
        self._ticket = self._steps.kind.reader.read(
            text, queries, lambda found: self._go_on(lambda: self._read(found)),
        )
        return None

    def _read(self, found: Sequence[Found]) -> _End:
        """Check what was expected of the body, then keep what is saved from it."""
        ours = next((finding for finding in found if finding.is_ours), None)
        if ours is not None:
            raise ProbeFault(ours.problem)
        saves = self._ready.queried
        first_save = len(found) - len(saves)
        problem = self._ready.expectations.of_findings(found[:first_save], self._saved)
        for (save, _), finding in zip(saves, found[first_save:], strict=True):
            if problem:
                break
            if finding.value is None:
                problem = f'could not save "{save.name}": {finding.problem or f"nothing is at {save.expression}"}'
            else:
                self._outcome.saved[save.name] = finding.value
        return self._found_out(problem)

    def _save_plainly(self, answer: Answer) -> str:
        """Save headers and cookies; give the problem, or ""."""
        for save in self._ready.headers:
            value = next((value for key, value in answer.headers if key == save.expression.lower()), None)
            if value is None:
                return f'could not save "{save.name}": the answer has no header {save.expression}'
            self._outcome.saved[save.name] = value
        for save in self._ready.cookies:
            value = self._session.cookie(save.expression)
            if value is None:
                return f'could not save "{save.name}": no cookie {save.expression} was set'
            self._outcome.saved[save.name] = value
        return ""

    def _found_out(self, problem: str) -> _End:
        return _End(problem=f"{problem} after {spoken_us(self._outcome.phases.total_us)}" if problem else "")


def _sum(one: Phases, other: Phases) -> Phases:
    return Phases(
        dns_us=one.dns_us + other.dns_us, connect_us=one.connect_us + other.connect_us,
        tls_us=one.tls_us + other.tls_us, first_byte_us=one.first_byte_us + other.first_byte_us,
        body_us=one.body_us + other.body_us,
    )


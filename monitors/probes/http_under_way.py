"""One HTTP step under way: fill in, ask, follow redirects, check, save. The requests themselves are ``http.py``'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitors.core.errors import ProbeFault
from monitors.core.model import Phases
from monitors.core.verdict import US_PER_S, spoken_us
from monitors.probes.answer import NO_PHASES, host_of
from monitors.probes.auth import token_of
from monitors.probes.base import StepOutcome
from monitors.probes.charset import decode
from monitors.probes.evidence import evidence_of
from monitors.probes.extract import extract_at_once
from monitors.probes.fill import FillError
from monitors.probes.http_names import resolved
from monitors.probes.redirects import REDIRECTS, RedirectError, follow, way

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    from monitors.probes.answer import Answer
    from monitors.probes.auth import Credentials
    from monitors.probes.extract import Found
    from monitors.probes.http_session import HttpSession
    from monitors.probes.http_step import ReadyStep
    from monitors.probes.http_try import HttpTry
    from monitors.probes.reader import Ticket
    from monitors.probes.redirects import Hop


LOOK_S, LEAST_LOOK_S = 2.0, 0.1          # for a second look at a certificate that was not believed


class End(NamedTuple):
    """How a step ended: nothing said is well."""

    problem: str = ""
    fault: str = ""
    slow: str = ""                       # passed, and yet not as it was declared


class StepUnderWay:
    """One step of one try, from its request to its outcome."""

    __slots__ = (
        "_drift", "_ends_s", "_looking", "_loop", "_of_try", "_on_done", "_outcome", "_ready", "_saved", "_seen",
        "_session", "_steps", "_ticket", "_way", "_went",
    )

    def __init__(
        self, of_try: HttpTry, index: int, session: HttpSession, saved: Mapping[str, str], *, left_s: float,
        on_done: Callable[[StepOutcome], None],
    ) -> None:
        self._of_try, self._session, self._saved = of_try, session, saved
        self._steps = of_try.steps
        self._ready: ReadyStep = self._steps.steps[index]
        self._loop = self._steps.kind.loop
        self._ends_s = self._loop.time() + left_s
        self._on_done: Callable[[StepOutcome], None] | None = on_done
        self._outcome = StepOutcome(phases=NO_PHASES)
        self._way: list[str] = []
        self._seen: set[tuple[str, str, tuple[str, ...]]] = set()
        self._drift = ""
        self._went: list[tuple[Hop, Answer]] = []
        self._ticket: Ticket | None = None
        self._looking: asyncio.Task[None] | None = None

    def abandon(self) -> None:
        """Call nobody back any more."""
        self._on_done = None
        if self._ticket is not None:
            self._ticket.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def begin(self) -> None:
        """Fill the request in and send it; where it needs a token, ask for that first."""
        self._go_on(self._begin)

    def _begin(self) -> None:
        credentials = self._ready.request.credentials
        if credentials is not None and credentials.token_url and credentials.auth not in self._of_try.tokens:
            hop = credentials.token_request(self._saved)
            self._ask(hop, lambda answer: self._granted(credentials, hop, answer))
            return
        token = self._of_try.tokens.get(credentials.auth, "") if credentials is not None else ""
        self._send(self._ready.request.fill(self._saved, token))

    def _granted(self, credentials: Credentials, hop: Hop, answer: Answer) -> End | None:
        """Take the token, and go on to the request that it is for."""
        if self._note(hop, answer) is not None:
            assert answer.failure is not None  # noqa: S101 - what was noted
            return End(problem=f"no token from {host_of(hop.url)}: {answer.failure.problem}")
        try:
            token = token_of(answer)
        except FillError as exc:
            return self._found_out(f"{host_of(hop.url)}: {exc}")
        self._of_try.learn(credentials.auth, token)
        self._went.clear()
        self._begin()
        return None

    def _go_on(self, work: Callable[[], End | None]) -> None:
        """Do the next bit of work; end the step where it says so, or where it cannot be done."""
        try:
            end = work()
        except (FillError, RedirectError) as exc:
            end = End(problem=str(exc))
        except ProbeFault as exc:
            end = End(fault=str(exc))
        except Exception as exc:  # noqa: BLE001 - our own fault must end the run, whatever it is
            end = End(fault=f"an error in the monitor itself: {type(exc).__name__}: {exc}")
        on_done = self._on_done
        if end is None or on_done is None:
            return
        self._on_done = None
        outcome, redactor = self._outcome, self._of_try.redactor
        outcome.problem, outcome.fault = redactor.clean(end.problem), redactor.clean(end.fault)
        if not end.problem and not end.fault:
            outcome.slow = redactor.clean(end.slow or self._ready.expectations.slow(outcome.phases.total_us))
        if self._went and (end.problem or end.slow):
            outcome.evidence = evidence_of(self._went, redactor)
        self._steps.is_suspect = bool(end.problem)
        on_done(outcome)

    def _send(self, hop: Hop) -> None:
        self._way.append(hop.url)
        if self._ready.max_redirects:
            self._seen.add((hop.method, hop.url, self._session.cookies()))
        self._ask(hop, lambda answer: self._answered(hop, answer))

    def _ask(self, hop: Hop, then: Callable[[Answer], End | None]) -> None:
        """Send a request; where the transaction chose a name server, it is asked for the host first."""
        host = self._steps.own_name(hop.url)
        if host and host not in self._of_try.names:
            began_s = self._loop.time()

            def found(addresses: list[str], problem: str) -> None:
                spent = Phases(dns_us=int((self._loop.time() - began_s) * US_PER_S))
                self._outcome.phases = _sum(self._outcome.phases, spent)
                self._of_try.names[host] = addresses
                self._go_on(lambda: End(problem=problem) if problem else self._ask(hop, then))

            self._looking = self._steps.look_up(host, self._ends_s - self._loop.time(), found)
            return
        self._session.send(
            hop, left_s=self._ends_s - self._loop.time(), max_bytes=self._steps.max_bytes,
            connect_to=self._steps.connect_to, wants_headers=self._ready.wants_headers,
            on_done=lambda answer: self._go_on(lambda: then(answer)),
            is_placed=self._steps.is_placed(hop.url),
            names=[resolved(hop.url, self._of_try.names[host])] if host else (),
        )

    def _note(self, hop: Hop, answer: Answer) -> End | None:
        """Keep what an answer shows, and give the end where there is none."""
        outcome = self._outcome
        self._went.append((hop, answer))
        outcome.status = answer.status
        outcome.address = answer.address or outcome.address
        outcome.certificate_ends_ms = outcome.certificate_ends_ms or answer.certificate_ends_ms
        outcome.phases = answer.phases if outcome.phases is NO_PHASES else _sum(outcome.phases, answer.phases)
        if answer.failure is not None:
            if answer.failure.is_ours:
                raise ProbeFault(answer.failure.problem)
            return End(problem=answer.failure.problem)
        return None

    def _look(self, hop: Hop, answer: Answer, end: End) -> End | None:
        """Read the certificate that was not believed, for the evidence; nothing is sent."""
        left_s = min(self._ends_s - self._loop.time(), LOOK_S)
        if left_s < LEAST_LOOK_S:
            return end

        def seen(looked: Answer) -> End:
            answer.certificate = looked.certificate
            self._outcome.certificate_ends_ms = looked.certificate_ends_ms
            return end

        host = self._steps.own_name(hop.url)
        self._session.send(
            hop, left_s=left_s, max_bytes=0, connect_to=self._steps.connect_to, wants_headers=False,
            on_done=lambda looked: self._go_on(lambda: seen(looked)), is_placed=self._steps.is_placed(hop.url),
            names=[resolved(hop.url, self._of_try.names[host])] if host else (), looks=True,
        )
        return None

    def _answered(self, hop: Hop, answer: Answer) -> End | None:
        end = self._note(hop, answer)
        if end is not None:
            is_untrusted = answer.failure is not None and answer.failure.is_untrusted
            return self._look(hop, answer, end) if is_untrusted and not answer.certificate else end
        if self._steps.needs_http2 and not answer.is_http2:
            return End(problem=f"expected HTTP/2, {host_of(hop.url)} answered by HTTP/1.1")
        if answer.status in REDIRECTS and answer.redirect and self._ready.max_redirects:
            return self._redirected(hop, answer)
        return self._judge(answer)

    def _redirected(self, hop: Hop, answer: Answer) -> End | None:
        """Follow. The same request with the same cookies is a loop; a page that sets a cookie first is none."""
        ahead = follow(hop, answer.status, answer.redirect)
        if (ahead.method, ahead.url, self._session.cookies()) in self._seen:
            return End(problem=f"redirected in a loop: {way([*self._way, ahead.url])}")
        if len(self._way) > self._ready.max_redirects:
            most = self._ready.max_redirects
            return End(problem=f"redirected more than {most} times: {way([*self._way, ahead.url])}")
        answer.body = b""                # it was passed through: evidence shows the last one's
        self._send(ahead)
        return None

    def _judge(self, answer: Answer) -> End | None:
        ready = self._ready
        self._drift = ready.expectations.drift(answer.body)
        text = decode(answer.body, answer.content_type) if ready.needs_text else ""
        problem = ready.expectations.of_answer(answer, text, self._saved) or self._save_plainly(answer)
        if problem and answer.status in REDIRECTS and ready.max_redirects and not answer.redirect:
            problem += ", which names no place to go to,"
        queries = [] if problem else ready.queries(self._saved)
        if not queries:
            return self._found_out(problem)
        found = extract_at_once(text, queries)
        if found is not None:
            return self._read(found)
        self._ticket = self._steps.kind.reader.read(
            text, queries, lambda found: self._go_on(lambda: self._read(found)),
        )
        return None

    def _read(self, found: Sequence[Found]) -> End:
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

    def _found_out(self, problem: str) -> End:
        if not problem:
            return End(slow=self._drift)
        return End(problem=f"{problem} after {spoken_us(self._outcome.phases.total_us)}")


def _sum(one: Phases, other: Phases) -> Phases:
    return Phases(
        dns_us=one.dns_us + other.dns_us, connect_us=one.connect_us + other.connect_us,
        tls_us=one.tls_us + other.tls_us, first_byte_us=one.first_byte_us + other.first_byte_us,
        body_us=one.body_us + other.body_us,
    )


"""The shortest way of a transaction that is one plain GET: asked, checked, well.

Nearly all runs of a nation are that. Only where all is well does a try end here; whatever is not, with what was read of
it, goes the way that all other transactions go, where there are words for it. So nothing is asked twice, and what is
said of a service does not depend on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault
from monitors.core.model import StepResult, Try
from monitors.core.verdict import US_PER_S
from monitors.probes.charset import decode
from monitors.probes.extract import extract_at_once
from monitors.probes.guard import literal_host
from monitors.probes.http_try import HttpTry
from monitors.probes.raw_http_answer import plain_answer
from monitors.probes.raw_http_request import plain_request
from monitors.probes.transaction import Begun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitors.probes.http_step import HttpSteps
    from monitors.probes.raw_http_connection import RawConnection
    from monitors.probes.transaction import StepJourney

NOTHING_SAVED: Mapping[str, str] = {}


def is_plain(steps: HttpSteps, journey: StepJourney) -> bool:
    """Tell whether a transaction can go the shortest way. Secrets, saved values and choices need the longer one."""
    engine = steps.kind.engine
    if engine.raw is None or steps.keeps or steps.has_choices or journey.has_run_values or len(steps.steps) != 1:
        return False
    ready, step = steps.steps[0], journey.transaction.steps[0]
    is_fixed = not ready.request.names and not ready.expectations.names
    if not is_fixed or ready.queried or ready.headers or ready.cookies or step.always:
        return False
    hop = ready.request.fill(NOTHING_SAVED)
    try:
        engine.lane(steps.ca_pem)        # for the longer way, which must not fail where descriptors are scarce
    except ProbeFault:
        return False
    is_known = steps.is_placed(hop.url) or (not steps.connect_to and engine.guard.is_free(literal_host(hop.url)))
    return (
        is_known and hop.method == "GET" and hop.body is None
        and plain_request(hop, engine.mark, steps.connect_to) is not None
    )


class PlainJourney:
    """One transaction that ``is_plain``. ``journey``: the way that others go."""

    __slots__ = ("_journey", "_steps")

    def __init__(self, steps: HttpSteps, journey: StepJourney) -> None:
        self._steps, self._journey = steps, journey

    def start(self, on_done: Callable[[Try], None]) -> None:
        """Begin one try on a fresh connection; ``on_done`` is called once, by the deadline."""
        steps = self._steps
        if steps.is_suspect:
            self._journey.start(on_done)
        else:
            _PlainTry(steps, self._journey, on_done)


class _PlainTry:
    __slots__ = ("_began_s", "_journey", "_on_done", "_started_ms", "_steps")

    def __init__(self, steps: HttpSteps, journey: StepJourney, on_done: Callable[[Try], None]) -> None:
        self._steps, self._journey, self._on_done = steps, journey, on_done
        engine = steps.kind.engine
        self._began_s = engine.loop.time()
        self._started_ms = journey.probe.clock.now_ms
        hop = steps.steps[0].request.fill(NOTHING_SAVED)
        asked = plain_request(hop, engine.mark, steps.connect_to)
        assert asked is not None  # noqa: S101 - it was asked of the same when the transaction was made ready
        assert engine.raw is not None  # noqa: S101 - and so was this
        engine.raw.begin(
            asked, left_s=journey.transaction.deadline_ms / 1000, max_bytes=steps.max_bytes, on_end=self._ended,
        )

    def _ended(self, ended: RawConnection) -> None:
        try:
            done = self._well(ended)
        except Exception:  # noqa: BLE001 - the longer way finds the same and says what it is
            done = None
        if done is not None:
            self._on_done(done)
        else:
            self._go_on(ended)

    def _go_on(self, ended: RawConnection) -> None:
        """Let the longer way say what it is."""
        begun = Begun(self._began_s, self._started_ms, HttpTry(self._steps, ended))
        try:
            self._journey.go_on(begun, self._on_done)
        except Exception as exc:  # noqa: BLE001 - every try ends, whatever breaks
            fault = f"an error in the monitor itself: {type(exc).__name__}: {exc}"
            self._on_done(Try(started_ms=self._started_ms, duration_us=0, steps=(), fault=fault))

    def _well(self, ended: RawConnection) -> Try | None:
        """Give the try where all is as it should be."""
        if ended.head is None or ended.code or ended.is_odd or ended.fault or ended.sink.end():
            return None
        ready, journey = self._steps.steps[0], self._journey
        expected = ready.expectations
        answer = plain_answer(ended, wants_headers=ready.wants_headers)
        text = decode(answer.body, answer.content_type) if ready.needs_text else ""
        if expected.of_answer(answer, text, NOTHING_SAVED) or expected.drift(answer.body):
            return None
        if expected.has_queries:
            found = extract_at_once(text, expected.queries(NOTHING_SAVED))
            if found is None or expected.of_findings(found, NOTHING_SAVED):
                return None
        if expected.slow(answer.phases.total_us):
            return None
        step = journey.transaction.steps[0]
        return Try(
            started_ms=self._started_ms, duration_us=int((ended.end_s - self._began_s) * US_PER_S),
            steps=(StepResult(
                name=step.name, passed=True, critical=step.critical, status=answer.status, started_ms=self._started_ms,
                phases=answer.phases, address=ended.address,
            ),),
        )

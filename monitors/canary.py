"""Asks the canaries: before a failing run is judged, and now and then for the operator.

Checks are shared. One that began after the last try of a run ended decides that run; while one is under way, runs that
failed after its beginning wait for the next, which begins half a second after it at the earliest.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from monitors.core.canary import CanaryCheck, WitnessAnswer
from monitors.core.model import Assertion, AssertKind, Step, Target, Transaction, Try

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitors.clock import Clock
    from monitors.core.canary import Witness
    from monitors.probes.base import Journey, Probe

EVERY_S = 30.0                           # for the operator: a witness that is gone is seen before it is needed
SPACING_S = 0.5                          # between the beginnings of two checks: canaries are often other people's
PATIENCE_MS = 3_000                      # for one witness
ANY_STATUS = "2xx,3xx,4xx,5xx"           # whatever it answers, it was reached
TURN_MS = 60_000                         # no run is planned by it; it has to be more than two deadlines


class Canaries:
    """Witnesses of the own network. Used on the loop's thread alone; what it holds may be read from any.

    ``probe`` asks URLs, and is not held back by what the services' probes may not reach: operators name canaries.
    ``on_check`` gets every check. Raises UsageError where a URL cannot be asked.
    """

    def __init__(
        self, witnesses: Sequence[Witness], probe: Probe, loop: asyncio.AbstractEventLoop, clock: Clock, *,
        on_check: Callable[[CanaryCheck], None] = lambda _check: None, patience_ms: int = PATIENCE_MS,
        spacing_s: float = SPACING_S,
    ) -> None:
        self.witnesses = tuple(witnesses)
        self._loop, self._clock, self._on_check, self._patience_ms = loop, clock, on_check, patience_ms
        self._spacing_s = spacing_s
        self._began_s = loop.time() - spacing_s
        self._journeys = {one.name: _journey(one, probe, patience_ms) for one in witnesses if one.url}
        self._heard: list[Callable[[CanaryCheck], None]] = []     # those whom the check under way decides
        self._next: list[Callable[[CanaryCheck], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None
        self.last: CanaryCheck | None = None

    def ask(self, on_answer: Callable[[CanaryCheck], None]) -> None:
        """Give ``on_answer`` the first check that begins from now on; it is called once, on the loop."""
        self._next.append(on_answer)
        self._plan()

    def start(self) -> None:
        """Begin to ask now and then, too."""
        self.ask(lambda _check: None)
        self._timer = self._loop.call_later(EVERY_S, self.start)

    def stop(self) -> None:
        """Ask no more, and answer nobody. A repeat is harmless."""
        self._heard, self._next = [], []
        for planned in (self._timer, self._turn, self._task):
            if planned is not None:
                planned.cancel()

    def _plan(self) -> None:
        """Have the next check begin, if somebody waits for it and none is under way or planned."""
        if self._next and self._task is None and self._turn is None:
            self._turn = self._loop.call_at(self._began_s + self._spacing_s, self._begin)

    def _begin(self) -> None:
        self._turn, self._began_s = None, self._loop.time()
        self._heard, self._next = self._next, []
        self._task = self._loop.create_task(self._check())

    async def _check(self) -> None:
        began_ms = self._clock.now_ms
        said = await asyncio.gather(*(self._reach(one) for one in self.witnesses))
        check = CanaryCheck(began_ms=began_ms, ended_ms=max(began_ms, self._clock.now_ms), said=tuple(said))
        self.last, self._task = check, None
        heard, self._heard = self._heard, []
        self._plan()
        self._on_check(check)
        for on_answer in heard:
            on_answer(check)

    async def _reach(self, one: Witness) -> WitnessAnswer:
        try:
            async with asyncio.timeout(self._patience_ms / 1000 + 0.5):
                reason = await self._ask_url(self._journeys[one.name]) if one.url else await self._connect(one)
        except TimeoutError:
            reason = f"no answer in {self._patience_ms / 1000:g} s"
        except OSError as exc:
            # what asyncio has instead of strerror names the call and the place; the system's own words are for people
            number = exc.errno or 0
            reason = (os.strerror(number) if number > 0 else exc.strerror or str(exc)).lower()
        except Exception as exc:  # noqa: BLE001 - whatever breaks here, runs wait for an answer
            reason = f"an error in the monitor itself: {type(exc).__name__}: {exc}"
        return WitnessAnswer(name=one.name, reason=reason)

    async def _connect(self, one: Witness) -> str:
        async with asyncio.timeout(self._patience_ms / 1000):
            _reader, writer = await asyncio.open_connection(one.host, one.port)
        writer.transport.abort()
        return ""

    async def _ask_url(self, journey: Journey) -> str:
        done: asyncio.Future[Try] = self._loop.create_future()
        journey.start(lambda attempt: None if done.done() else done.set_result(attempt))
        attempt = await done
        failed = attempt.failed_step
        return attempt.fault or (failed.reason.partition(": ")[2] if failed else "")


def _journey(one: Witness, probe: Probe, patience_ms: int) -> Journey:
    step = Step(name="canary", url=one.url, assertions=(Assertion(kind=AssertKind.STATUS, expected=ANY_STATUS),))
    transaction = Transaction(name="canary", steps=(step,), interval_ms=TURN_MS, deadline_ms=patience_ms)
    return probe.prepare(Target(agency="siaga24", service="canary", base_url=one.url, transactions=()), transaction)

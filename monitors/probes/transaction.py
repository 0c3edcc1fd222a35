"""A transaction as ordered steps: what is saved on the way, which step failed first, and the one deadline for all.

Knows no protocol: the kinds of steps are handed in.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from monitors.core.model import HTTP, StepResult, Try
from monitors.core.verdict import US_PER_MS, US_PER_S, spoken_us
from monitors.probes.base import StepOutcome
from monitors.probes.mixed import prepare_mixed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from monitors.clock import Clock
    from monitors.core.model import Target, Transaction
    from monitors.probes.base import Session, StepKind, Steps

GRACE_S = 0.05                           # after the deadline, for the step's own word of what it was waiting for


class TransactionProbe:
    """Makes journeys out of steps of the given kinds."""

    def __init__(self, kinds: Mapping[str, StepKind], loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._kinds, self.loop, self.clock = kinds, loop, clock

    def prepare(self, target: Target, transaction: Transaction) -> StepJourney:
        """Make a transaction ready. Raises UsageError where its definition cannot be run."""
        if all(step.protocol == HTTP for step in transaction.steps):
            steps = self._kinds[HTTP].prepare(target, transaction)
        else:
            steps = prepare_mixed(self._kinds, target, transaction)
        return StepJourney(self, transaction, steps)


class StepJourney:
    """One transaction, ready to be tried."""

    __slots__ = ("probe", "steps", "transaction")

    def __init__(self, probe: TransactionProbe, transaction: Transaction, steps: Steps) -> None:
        self.probe, self.transaction, self.steps = probe, transaction, steps

    def start(self, on_done: Callable[[Try], None]) -> None:
        """Begin one try on a fresh connection and cookie jar; ``on_done`` is called once, by the deadline."""
        _TryUnderWay(self, on_done).begin()


class _TryUnderWay:
    """One try from its first step to its end."""

    __slots__ = (
        "_began_s", "_ends_s", "_index", "_journey", "_on_done", "_results", "_saved", "_session", "_started_ms",
        "_step_ms", "_watch",
    )

    def __init__(self, journey: StepJourney, on_done: Callable[[Try], None]) -> None:
        self._journey = journey
        self._on_done: Callable[[Try], None] | None = on_done
        self._index = 0
        self._results: list[StepResult] = []
        self._saved: dict[str, str] = {}
        self._began_s = journey.probe.loop.time()
        self._ends_s = self._began_s + journey.transaction.deadline_ms / 1000
        self._started_ms = self._step_ms = journey.probe.clock.now_ms
        self._session: Session = journey.steps.open()
        # whatever hangs below, a parser or a library, the try ends
        self._watch = journey.probe.loop.call_at(self._ends_s + GRACE_S, self._ran_out)

    def begin(self) -> None:
        """Start the step whose turn it is."""
        self._step_ms = self._journey.probe.clock.now_ms
        left_s = self._ends_s - self._journey.probe.loop.time()
        if left_s <= 0:
            # only steps that may fail can have eaten the time and left others behind them
            self._stepped(StepOutcome(problem=f"not begun: the deadline of {self._deadline} was over"))
            return
        self._session.start(self._index, self._saved, left_s, self._stepped)

    @property
    def _deadline(self) -> str:
        return spoken_us(self._journey.transaction.deadline_ms * US_PER_MS)

    def _stepped(self, outcome: StepOutcome) -> None:
        if self._on_done is None:
            return
        steps = self._journey.transaction.steps
        step = steps[self._index]
        place = f'step {self._index + 1} of {len(steps)} "{step.name}": '
        if outcome.fault:
            self._end(fault=place + outcome.fault)
            return
        said = outcome.problem or outcome.slow
        self._results.append(StepResult(
            name=step.name, passed=not outcome.problem, critical=step.critical, reason=place + said if said else "",
            too_slow=bool(outcome.slow), status=outcome.status, started_ms=self._step_ms, phases=outcome.phases,
            address=outcome.address, certificate_ends_ms=outcome.certificate_ends_ms,
            evidence=outcome.evidence,
        ))
        self._saved.update(outcome.saved)
        self._index += 1
        if (outcome.problem and step.critical) or self._index == len(steps):
            self._end()
        else:
            self.begin()

    def _ran_out(self, *, has_waited: bool = False) -> None:
        """The deadline is over, and the step has said nothing itself."""
        if not has_waited:
            # a loop that is late finds this timer and the step's own at once: the step knows more, so it goes first
            self._watch = self._journey.probe.loop.call_later(0, partial(self._ran_out, has_waited=True))
            return
        self._session.close()
        self._stepped(StepOutcome(fault=f"the monitor could not finish it within the deadline of {self._deadline}"))

    def _end(self, fault: str = "") -> None:
        on_done, self._on_done = self._on_done, None
        self._watch.cancel()
        self._session.close()
        if on_done is not None:
            taken_s = self._journey.probe.loop.time() - self._began_s
            duration_us = int(taken_s * US_PER_S)
            on_done(Try(
                started_ms=self._started_ms, duration_us=duration_us, steps=tuple(self._results), fault=fault,
            ))

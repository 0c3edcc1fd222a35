"""A transaction as ordered steps: what is saved on the way, which step failed first, and the one deadline for all.

Knows no protocol: the kinds of steps are handed in. Steps that always run come last and clean up after a failure or a
time-out too, in a share of the deadline that is kept for them.
"""

from __future__ import annotations

import uuid
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from monitors.core.model import HTTP, StepResult, Try
from monitors.core.runvalues import run_values, uses_run_values
from monitors.core.verdict import US_PER_MS, US_PER_S, spoken_us
from monitors.probes.base import StepOutcome
from monitors.probes.mixed import prepare_mixed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from monitors.clock import Clock
    from monitors.core.model import Target, Transaction
    from monitors.probes.base import Journey, Session, StepKind, Steps

ROUNDS = 10                              # of the loop; a coroutine needs some from its time-out to its last word
GRACE_S = 0.05                           # after the deadline, for the step's own word of what it was waiting for
TOLD_S = 1.0                             # after the deadline, where many ends are still to be told


class Begun(NamedTuple):
    """A try that began elsewhere. ``began_s``: of the loop; ``session``: what it has, its first step asked already."""

    began_s: float
    started_ms: int
    session: Session


@runtime_checkable
class HasShortcut(Protocol):
    """Steps that may know a shorter way than all others go."""

    def shortcut(self, journey: StepJourney) -> Journey | None:
        """Give it, or None. It ends a try only where all is well, else ``journey`` goes on with it."""
        ...


class TransactionProbe:
    """Makes journeys out of steps of the given kinds."""

    def __init__(
        self, kinds: Mapping[str, StepKind], loop: asyncio.AbstractEventLoop, clock: Clock,
        new_uuid: Callable[[], str] = lambda: str(uuid.uuid4()), is_behind: Callable[[], bool] = lambda: False,
    ) -> None:
        self._kinds, self.loop, self.clock, self.new_uuid = kinds, loop, clock, new_uuid
        self.is_behind = is_behind       # ends of steps are known and not told yet
        self.tries: Counter[tuple[str, str]] = Counter()     # of transactions that use run values; outlives a reload

    def prepare(self, target: Target, transaction: Transaction) -> Journey:
        """Make a transaction ready. Raises UsageError where its definition cannot be run."""
        if all(step.protocol == HTTP for step in transaction.steps):
            steps = self._kinds[HTTP].prepare(target, transaction)
        else:
            steps = prepare_mixed(self._kinds, target, transaction)
        journey = StepJourney(self, target, transaction, steps)
        shortcut = steps.shortcut(journey) if isinstance(steps, HasShortcut) else None
        return shortcut or journey


class StepJourney:
    """One transaction, ready to be tried."""

    __slots__ = ("_key", "_zone", "probe", "steps", "transaction")

    def __init__(self, probe: TransactionProbe, target: Target, transaction: Transaction, steps: Steps) -> None:
        self.probe, self.transaction, self.steps = probe, transaction, steps
        self._zone = ZoneInfo(target.time_zone) if uses_run_values(transaction) else None
        self._key = ("", "") if self._zone is None else (target.key, transaction.name)

    def values(self, started_ms: int) -> dict[str, str]:
        """Give what ``${run:...}`` stands for in the try that begins."""
        if self._zone is None:
            return {}
        self.probe.tries[self._key] += 1
        return run_values(
            started_ms, uuid=self.probe.new_uuid(), counter=self.probe.tries[self._key], zone=self._zone,
        )

    def start(self, on_done: Callable[[Try], None]) -> None:
        """Begin one try on a fresh connection and cookie jar; ``on_done`` is called once, by the deadline."""
        _TryUnderWay(self, on_done).begin()

    def go_on(self, begun: Begun, on_done: Callable[[Try], None]) -> None:
        """Go on with a try that began elsewhere."""
        _TryUnderWay(self, on_done, begun).begin()

    @property
    def has_run_values(self) -> bool:
        """Each try has values of its own."""
        return self._zone is not None


class _TryUnderWay:
    """One try from its first step to its end."""

    __slots__ = (
        "_began_s", "_ends_s", "_fault", "_index", "_is_begun", "_journey", "_on_done", "_results", "_saved",
        "_session", "_started_ms", "_step_ms", "_tail", "_took_s", "_watch",
    )

    def __init__(
        self, journey: StepJourney, on_done: Callable[[Try], None], begun: Begun | None = None,
    ) -> None:
        self._journey = journey
        self._on_done: Callable[[Try], None] | None = on_done
        self._index = 0
        self._results: list[StepResult] = []
        self._began_s = begun.began_s if begun else journey.probe.loop.time()
        transaction = journey.transaction
        # of the steps whose turn it is: those that always run have their own share behind it
        self._ends_s = self._began_s + (transaction.deadline_ms - transaction.cleanup_ms) / 1000
        self._tail = transaction.main_steps
        self._fault, self._took_s = "", -1.0
        self._started_ms = self._step_ms = begun.started_ms if begun else journey.probe.clock.now_ms
        self._saved = journey.values(self._started_ms)
        self._session: Session = begun.session if begun else journey.steps.open()
        self._is_begun = begun is not None
        # whatever hangs below, a parser or a library, the try ends
        self._watch = journey.probe.loop.call_at(self._ends_s + GRACE_S, self._ran_out)

    def begin(self) -> None:
        """Start the step whose turn it is."""
        is_begun, self._is_begun = self._is_begun, False
        if not is_begun:
            self._step_ms = self._journey.probe.clock.now_ms
        left_s = self._ends_s - self._journey.probe.loop.time()
        if left_s <= 0 and not is_begun:
            # only steps that may fail can have eaten the time and left others behind them
            self._stepped(StepOutcome(problem=f"not begun: the deadline of {self._deadline} was over"))
            return
        self._session.start(self._index, self._saved, left_s, self._stepped)

    @property
    def _deadline(self) -> str:
        transaction = self._journey.transaction
        kept_ms = transaction.cleanup_ms if self._index < self._tail else 0
        return spoken_us((transaction.deadline_ms - kept_ms) * US_PER_MS)

    def _stepped(self, outcome: StepOutcome) -> None:
        if self._on_done is None:
            return
        steps = self._journey.transaction.steps
        step = steps[self._index]
        place = f'step {self._index + 1} of {len(steps)} "{step.name}": '
        if outcome.fault:
            # one of cleaning up says nothing of the service, and what the steps before it said stands
            if self._index < self._tail:
                self._fault = place + outcome.fault
                self._clean_up()
            else:
                self._index += 1
                self._go_on()
            return
        is_critical = step.critical and not step.always
        said = outcome.problem or outcome.slow
        self._results.append(StepResult(
            name=step.name, passed=not outcome.problem, critical=is_critical, reason=place + said if said else "",
            too_slow=bool(outcome.slow), status=outcome.status, started_ms=self._step_ms, phases=outcome.phases,
            address=outcome.address, certificate_ends_ms=outcome.certificate_ends_ms,
            evidence=outcome.evidence,
        ))
        self._saved.update(outcome.saved)
        self._index += 1
        if (outcome.problem and is_critical) or self._index == self._tail:
            self._clean_up()
        else:
            self._go_on()

    def _clean_up(self) -> None:
        """Go to the steps that always run, or end where there are none."""
        self._took_s = self._journey.probe.loop.time() - self._began_s
        self._index = self._tail
        if self._tail < len(self._journey.transaction.steps):
            self._ends_s = self._began_s + self._journey.transaction.deadline_ms / 1000
            self._watch.cancel()
            self._watch = self._journey.probe.loop.call_at(self._ends_s + GRACE_S, self._ran_out)
        self._go_on()

    def _go_on(self) -> None:
        if self._index == len(self._journey.transaction.steps):
            self._end()
        else:
            self.begin()

    def _ran_out(self, *, rounds: int = ROUNDS) -> None:
        """The deadline is over, and the step has said nothing itself."""
        probe = self._journey.probe
        if rounds:
            # a loop that is late finds this timer and the step's own at once: the step knows more, so it goes first
            self._watch = probe.loop.call_later(0, partial(self._ran_out, rounds=rounds - 1))
            return
        if probe.is_behind() and probe.loop.time() < self._ends_s + TOLD_S:
            self._watch = probe.loop.call_later(GRACE_S, self._ran_out)
            return
        self._session.close()
        if self._index < self._tail < len(self._journey.transaction.steps):
            # what hangs is not asked to clean up
            self._session = self._journey.steps.open()
        self._stepped(StepOutcome(fault=f"the monitor could not finish it within the deadline of {self._deadline}"))

    def _end(self) -> None:
        on_done, self._on_done = self._on_done, None
        self._watch.cancel()
        self._session.close()
        if on_done is not None:
            # cleaning up is no part of what a citizen waits for
            on_done(Try(
                started_ms=self._started_ms, duration_us=int(self._took_s * US_PER_S), steps=tuple(self._results),
                fault=self._fault,
            ))

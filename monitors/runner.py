"""One run from start to end: a first try, a second one where a critical step failed, one verdict, one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.cadence import transaction_key
from monitors.core.model import Outcome, Run, Try, Verdict
from monitors.core.verdict import judge, needs_second_try

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.clock import Clock
    from monitors.core.canary import CanaryCheck
    from monitors.core.model import Target, Transaction
    from monitors.probes.base import Journey, Probe


@dataclass(frozen=True, slots=True)
class Watched:
    """A transaction of a target, ready to be run."""

    key: str                             # agency/service/transaction
    target: Target
    transaction: Transaction
    journey: Journey

    @property
    def host(self) -> str:
        """``host:port`` that its steps go to, as far as the definition says."""
        return self.target.connect_to or self.target.base_url.partition("://")[2].partition("/")[0]

    @property
    def latency_target_ms(self) -> int | None:
        """The transaction's own, else what the service's promise says."""
        own = self.transaction.latency_target_ms
        return self.target.promise.latency_target_ms if own is None else own


def watch(probe: Probe, target: Target) -> list[Watched]:
    """Make every transaction of a target ready. Raises UsageError where one cannot be run."""
    return [
        Watched(
            transaction_key(target.agency, target.service, transaction.name), target, transaction,
            probe.prepare(target, transaction),
        )
        for transaction in target.transactions
    ]


class Runner:
    """Runs transactions and makes their records, as one life of the monitor at one vantage.

    ``ask_canaries``: gives its argument a check of the own network that begins from then on; None where there is none
    to ask. ``writing_stopped``: why nothing may write now, "" where it may; asked before a second try that writes.
    """

    def __init__(
        self, clock: Clock, *, vantage: str, life: str,
        ask_canaries: Callable[[Callable[[CanaryCheck], None]], None] | None = None,
        writing_stopped: Callable[[], str] = lambda: "",
    ) -> None:
        self.clock, self.vantage, self.life, self.ask_canaries = clock, vantage, life, ask_canaries
        self.writing_stopped = writing_stopped

    def run(self, watched: Watched, *, sequence: int, scheduled_ms: int, on_done: Callable[[Run], None]) -> None:
        """Begin a run; ``on_done`` gets its record, once, by twice the transaction's deadline.

        Where both tries failed, a check of the own network comes on top.
        """
        _RunUnderWay(self, watched, sequence, scheduled_ms, on_done).begin()

    def missed(self, watched: Watched, *, sequence: int, scheduled_ms: int, reason: str) -> Run:
        """Make the record of a run that never started."""
        return self._unknown(watched, sequence, scheduled_ms, Outcome.MISSED, reason)

    def abandoned(self, watched: Watched, *, sequence: int, scheduled_ms: int, reason: str) -> Run:
        """Make the record of a run that started and whose end nobody awaits."""
        return self._unknown(watched, sequence, scheduled_ms, Outcome.DONE, reason)

    def _unknown(self, watched: Watched, sequence: int, scheduled_ms: int, outcome: Outcome, reason: str) -> Run:
        return Run(
            agency=watched.target.agency, service=watched.target.service, transaction=watched.transaction.name,
            vantage=self.vantage, life=self.life, sequence=sequence, scheduled_ms=scheduled_ms,
            started_ms=scheduled_ms, ended_ms=scheduled_ms, outcome=outcome, verdict=Verdict.UNKNOWN, reason=reason,
        )


class _RunUnderWay:
    __slots__ = ("_first", "_on_done", "_runner", "_scheduled_ms", "_sequence", "_started_ms", "_watched")

    def __init__(
        self, runner: Runner, watched: Watched, sequence: int, scheduled_ms: int, on_done: Callable[[Run], None],
    ) -> None:
        self._runner, self._watched, self._on_done = runner, watched, on_done
        self._sequence, self._scheduled_ms = sequence, scheduled_ms
        self._first: Try | None = None
        self._started_ms = runner.clock.now_ms

    def begin(self) -> None:
        """Make the first try."""
        self._try(self._first_done)

    def _try(self, on_done: Callable[[Try], None]) -> None:
        try:
            self._watched.journey.start(on_done)
        except Exception as exc:  # noqa: BLE001 - every scheduled run leaves a record, whatever breaks
            fault = f"an error in the monitor itself: {type(exc).__name__}: {exc}"
            on_done(Try(started_ms=self._runner.clock.now_ms, duration_us=0, steps=(), fault=fault))

    def _first_done(self, attempt: Try) -> None:
        if needs_second_try(attempt):
            self._first = attempt
            stopped = self._runner.writing_stopped() if self._watched.transaction.writes else ""
            if stopped:
                self._second_done(Try(started_ms=self._runner.clock.now_ms, duration_us=0, steps=(), fault=stopped))
            else:
                self._try(self._second_done)
        else:
            self._end(attempt)

    def _second_done(self, attempt: Try) -> None:
        first = self._first
        if first is None:
            return
        ask = self._runner.ask_canaries
        if ask is None or attempt.fault or attempt.failed_step is None:
            self._end(first, attempt)
        else:
            # it would be `down`: only a check that begins now, after the last try, can tell whose fault that is
            ask(lambda check: self._end(first, attempt, check))

    def _end(self, first: Try, second: Try | None = None, canary: CanaryCheck | None = None) -> None:
        runner, watched = self._runner, self._watched
        found = judge(
            first, second, latency_target_ms=watched.latency_target_ms,
            own_network_works=None if canary is None else canary.works,
            network_said="" if canary is None else canary.summary,
        )
        self._on_done(Run(
            agency=watched.target.agency, service=watched.target.service, transaction=watched.transaction.name,
            vantage=runner.vantage, life=runner.life, sequence=self._sequence, scheduled_ms=self._scheduled_ms,
            started_ms=first.started_ms, ended_ms=max(runner.clock.now_ms, first.started_ms), outcome=Outcome.DONE,
            verdict=found.verdict, reason=found.reason, failed_step=found.failed_step,
            first_try_failed=found.first_try_failed, tries=(first,) if second is None else (first, second),
            canary=canary,
        ))

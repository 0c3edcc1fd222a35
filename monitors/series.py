"""Series of services and transactions: what a run leaves of its numbers, and all of them as text, in pieces.

Lines are made at a scrape (``exposition.py``), some hundred services at a time, so that the loop is not held up and a
nation's text never stands in memory as a whole. ``families.py`` says what each metric is.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from typing import TYPE_CHECKING, TypeVar

from monitors.core.flapping import Alerting, AlertState
from monitors.core.history import hold_of
from monitors.core.model import Outcome, Verdict
from monitors.core.quorum import of_transactions
from monitors.exposition import PIECE, escaped, family_pieces, head, label_text
from monitors.families import (
    DURATION_BUCKETS_S,
    DURATIONS,
    DURATIONS_HELP,
    NO_FIGURES,
    PACKED_PHASES,
    SERVICE,
    SERVICE_FAMILIES,
    STEP_FAILURES,
    STEP_FAILURES_HELP,
    TRANSACTION,
    TRANSACTION_FAMILIES,
    figures_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitors.core.burnrate import Burn
    from monitors.core.model import Run, StepResult, Target, Transaction
    from monitors.core.sla import SlaStatement
    from monitors.families import Values

T = TypeVar("T")
OWN = TRANSACTION[len(SERVICE):]         # the label that a transaction has beyond its service's


class TransactionState:
    """Numbers of one transaction as of its newest durable run (``families.TransactionNow``)."""

    __slots__ = (
        "alerting", "certificate_ends_ms", "degraded", "down", "duration_us", "failures", "first_failures", "hold_ms",
        "interval_ms", "is_flapping", "is_primary", "missed", "name", "now", "phases", "service", "started_ms",
        "unknown", "up", "verdict",
    )

    def __init__(self, service: str, transaction: Transaction) -> None:
        """``service``: labels of the service."""
        self.service, self.name = service, transaction.name
        self.now = self.verdict = Verdict.UNKNOWN
        self.started_ms = self.duration_us = self.certificate_ends_ms = 0
        self.phases = b""
        self.up = self.degraded = self.down = self.unknown = 0   # runs, by verdict
        self.missed = self.first_failures = 0
        self.failures: dict[str, int] | None = None
        self.alerting: Alerting | None = None    # from its first `down` on
        self.is_flapping = False
        self.redefine(transaction)

    @property
    def labels(self) -> str:
        """Labels, made when they are asked for: a nation's take as much memory as its numbers."""
        return f"{self.service},{label_text(OWN, (self.name,))}"

    def redefine(self, transaction: Transaction) -> None:
        """Take over what a changed definition says; the counts go on."""
        self.interval_ms, self.hold_ms = transaction.interval_ms, hold_of(transaction.interval_ms)
        self.is_primary = transaction.primary

    def add(self, run: Run) -> None:
        """Take a durable run in."""
        if run.started_ms >= self.started_ms:
            self.started_ms, self.verdict = run.started_ms, run.verdict
            if run.tries:
                steps = run.tries[-1].steps
                self.duration_us, self.phases = run.duration_us, PACKED_PHASES.pack(*_phase_sums_us(steps))
                ends = [step.certificate_ends_ms for step in steps if step.certificate_ends_ms]
                self.certificate_ends_ms = min(ends) if ends else self.certificate_ends_ms
        setattr(self, run.verdict.value, getattr(self, run.verdict.value) + 1)
        self.missed += run.outcome is Outcome.MISSED
        self.first_failures += run.first_try_failed
        if self.alerting is None and run.verdict is Verdict.DOWN:
            self.alerting = Alerting()
        if self.alerting is not None:
            self.alerting.take(run)
        if run.failed_step:
            failures = self.failures = self.failures or {}
            failures[run.failed_step] = failures.get(run.failed_step, 0) + 1

    def look(self, now_ms: int, reset_ms: int) -> Verdict:
        """Say what the newest run says of now: it holds 2.5 intervals."""
        holds = self.started_ms >= reset_ms and now_ms < self.started_ms + self.hold_ms
        self.now = self.verdict if holds else Verdict.UNKNOWN
        self.is_flapping = self.alerting is not None and self.alerting.state(now_ms) is AlertState.FLAPPING
        return self.now


class ServiceState:
    """Figures of one service (``families.ServiceNow``)."""

    __slots__ = ("figures", "labels", "now", "promise", "target", "transactions")

    def __init__(self, target: Target) -> None:
        self.labels = label_text(SERVICE, (target.agency, target.service))
        self.now = Verdict.UNKNOWN
        self.transactions: tuple[TransactionState, ...] = ()
        self.figures: Values = NO_FIGURES
        self.redefine(target)

    def redefine(self, target: Target) -> None:
        """Take over a target; series of transactions that are no longer there end."""
        self.target, self.promise = target, float(target.promise.target / 100)
        states = []
        for transaction in target.transactions:
            state = self.transaction(transaction.name)
            if state is None:
                state = TransactionState(self.labels, transaction)
            else:
                state.redefine(transaction)
            states.append(state)
        self.transactions = tuple(states)

    def transaction(self, name: str) -> TransactionState | None:
        """Find one of its transactions."""
        return next((state for state in self.transactions if state.name == name), None)

    def look(self, now_ms: int, reset_ms: int) -> None:
        """Say what the service and each of its transactions is now."""
        seen = [(state.look(now_ms, reset_ms), state.is_primary) for state in self.transactions]
        self.now = seen[0][0] if len(seen) == 1 and seen[0][1] else of_transactions(seen)


class Durations:
    """How long an agency's runs took: counts by bucket, and their sum."""

    __slots__ = ("agency", "counts", "labels", "sum_us")

    def __init__(self, agency: str) -> None:
        self.agency = agency
        self.labels = label_text(("agency",), (agency,))
        self.counts = [0] * (len(DURATION_BUCKETS_S) + 1)
        self.sum_us = 0

    def add(self, taken_us: int) -> None:
        """Take one in."""
        self.counts[bisect_left(DURATION_BUCKETS_S, taken_us / 1e6)] += 1
        self.sum_us += taken_us

    def buckets(self) -> list[tuple[str, int]]:
        """Give (upper bound, how many runs took no longer), the last for all."""
        total, found = 0, []
        for bound, count in zip((*map(float, DURATION_BUCKETS_S), "+Inf"), self.counts, strict=True):
            total += count
            found.append((str(bound), total))
        return found


class States:
    """Current states of all services as this vantage sees them.

    ``clock`` gives UTC milliseconds. Calls may come from several threads.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._services: dict[str, ServiceState] = {}
        self._durations: dict[str, Durations] = {}
        self._reset_ms = 1               # runs that began before do not speak for now

    def set_targets(self, targets: Sequence[Target]) -> None:
        """Say what is watched from now on: series appear, and those of targets that are gone end."""
        with self._lock:
            old, services = self._services, {}
            durations: dict[str, Durations] = {}
            for target in targets:
                state = old.get(target.key)
                if state is None:
                    state = ServiceState(target)
                elif state.target is not target:
                    state.redefine(target)
                services[target.key] = state
                if target.agency not in durations:
                    durations[target.agency] = self._durations.get(target.agency) or Durations(target.agency)
            self._services, self._durations = services, durations

    def update(self, run: Run) -> None:
        """Show a run. To be called after the ledger's append returned; one that is not watched any more is ignored."""
        with self._lock:
            service = self._services.get(f"{run.agency}/{run.service}")
            state = service.transaction(run.transaction) if service else None
            if state is not None:
                state.add(run)
                if run.tries:
                    self._durations[run.agency].add(run.duration_us)

    def set_statement(self, statement: SlaStatement, burns: Sequence[Burn] = ()) -> None:
        """Show the figures of this month so far, and how fast its budget burns."""
        with self._lock:
            service = self._services.get(f"{statement.agency}/{statement.service}")
            if service is not None:
                service.figures = figures_of(statement, burns)

    def reset(self, at_ms: int) -> None:
        """After a resume: all are unknown until their next run that starts at ``at_ms`` or later."""
        self._reset_ms = at_ms

    def look(self) -> tuple[list[ServiceState], list[TransactionState], list[Durations]]:
        """Say what all are now, and give them."""
        now_ms = self._clock()
        with self._lock:
            services, durations = list(self._services.values()), list(self._durations.values())
        for service in services:
            service.look(now_ms, self._reset_ms)
        return services, [state for service in services for state in service.transactions], durations

    def pieces(self, *, open_metrics: bool = False) -> Iterator[str]:
        """Render all series in the text format, or in OpenMetrics' without its end."""
        services, transactions, durations = self.look()
        yield from family_pieces(SERVICE_FAMILIES, services, open_metrics=open_metrics)
        yield from family_pieces(TRANSACTION_FAMILIES, transactions, open_metrics=open_metrics)
        yield head(STEP_FAILURES, "counter", STEP_FAILURES_HELP, open_metrics=open_metrics)
        yield from _pieces(transactions, _step_lines)
        yield head(DURATIONS, "histogram", DURATIONS_HELP, open_metrics=open_metrics)
        yield from _pieces(durations, _duration_lines)

    def text(self) -> str:
        """Render all series in the text format at once."""
        return "".join(self.pieces())


def _pieces(owners: Sequence[T], lines: Callable[[Sequence[T]], Iterable[str]]) -> Iterator[str]:
    for start in range(0, len(owners), PIECE):
        yield "".join(lines(owners[start:start + PIECE]))


def _step_lines(states: Iterable[TransactionState]) -> Iterator[str]:
    for state in states:
        for step, count in tuple((state.failures or {}).items()):
            yield f'{STEP_FAILURES}{{{state.labels},step="{escaped(step)}"}} {count}\n'


def _duration_lines(agencies: Iterable[Durations]) -> Iterator[str]:
    for agency in agencies:
        buckets = agency.buckets()
        for bound, count in buckets:
            yield f'{DURATIONS}_bucket{{{agency.labels},le="{bound}"}} {count}\n'
        yield f"{DURATIONS}_count{{{agency.labels}}} {buckets[-1][1]}\n"
        yield f"{DURATIONS}_sum{{{agency.labels}}} {agency.sum_us / 1e6}\n"


def _phase_sums_us(steps: Sequence[StepResult]) -> tuple[int, ...]:
    dns = connect = tls = first_byte = body = 0
    for step in steps:
        phases = step.phases
        dns += phases.dns_us
        connect += phases.connect_us
        tls += phases.tls_us
        first_byte += phases.first_byte_us
        body += phases.body_us
    return dns, connect, tls, first_byte, body

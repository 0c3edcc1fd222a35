"""Series of services and transactions, as finished lines of Prometheus' text format.

Lines that change with a run are rendered when the run comes and joined at a scrape; those that change with the clock
are rendered at the scrape. No library: ``metrics.py`` gives the same samples to prometheus_client.
"""

from __future__ import annotations

import abc
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.history import hold_of
from monitors.core.model import Outcome, Verdict
from monitors.core.quorum import of_transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitors.core.model import Run, StepResult, Target, Transaction
    from monitors.core.sla import SlaStatement

SERVICE = ("agency", "service")
TRANSACTION = ("agency", "service", "transaction")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric of the collector: its name as scraped, kind, labels and help."""

    name: str
    kind: str                            # gauge or counter
    labels: tuple[str, ...]
    help: str


FAMILIES = {
    family.name: family
    for family in (
        Family("siaga24_service_up", "gauge", SERVICE,
               "1 if the service is up or degraded, 0 if it is down; no sample while it is unknown."),
        Family("siaga24_service_verdict", "gauge", (*SERVICE, "verdict"),
               "1 for the verdict that the service has now as this vantage sees it, 0 for the others."),
        Family("siaga24_promise_target_ratio", "gauge", SERVICE,
               "Promised availability of a calendar month, as a ratio."),
        Family("siaga24_availability_ratio", "gauge", SERVICE,
               "Availability over the known time of this month so far; no sample without data."),
        Family("siaga24_coverage_ratio", "gauge", SERVICE,
               "Share of this month so far in which the verdict is known."),
        Family("siaga24_error_budget_left_seconds", "gauge", SERVICE,
               "Down time that the promise of this month still allows; negative when overspent."),
        Family("siaga24_transaction_up", "gauge", TRANSACTION,
               "1 if the newest run is up or degraded, 0 if it is down; no sample while unknown."),
        Family("siaga24_transaction_duration_seconds", "gauge", TRANSACTION,
               "Duration of the newest run's last try, all steps."),
        Family("siaga24_transaction_phase_seconds", "gauge", (*TRANSACTION, "phase"),
               "Duration of one phase of the newest run's last try, summed over its steps."),
        Family("siaga24_transaction_last_run_timestamp_seconds", "gauge", TRANSACTION,
               "Start of the newest run, missed ones included, in seconds since 1970."),
        Family("siaga24_transaction_interval_seconds", "gauge", TRANSACTION,
               "Interval at which the transaction is run while all is well."),
        Family("siaga24_runs_total", "counter", (*TRANSACTION, "verdict"),
               "Runs since the monitor started, by verdict."),
        Family("siaga24_runs_missed_total", "counter", TRANSACTION,
               "Runs that were not started in time; they are unknown too."),
        Family("siaga24_first_try_failures_total", "counter", TRANSACTION,
               "Runs whose first try failed, whatever the second one said."),
        Family("siaga24_step_failures_total", "counter", (*TRANSACTION, "step"),
               "Runs that were not good because of this step."),
    )
}
MOVING = ("siaga24_service_up", "siaga24_service_verdict", "siaga24_transaction_up")
PHASES = ("dns", "connect", "tls", "first_byte", "body")


Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]       # family, labels beyond those of the owner, value

# made once: a run asks for all of them
PHASE_LABELS: tuple[Labels, ...] = tuple((("phase", phase),) for phase in PHASES)
VERDICT_LABELS: dict[Verdict, Labels] = {verdict: (("verdict", verdict.value),) for verdict in Verdict}


class _Series(abc.ABC):
    """Series of one owner (a service or a transaction): its labels, and its lines as they are scraped."""

    __slots__ = ("_now", "_prefixes", "labels", "lines")

    def __init__(self, *labels: tuple[str, str]) -> None:
        self.labels: Labels = labels
        self.lines: dict[str, str] = {}  # family -> finished lines of the samples that do not depend on the clock
        self._prefixes: dict[tuple[str, Labels], str] = {}
        self._now: dict[Verdict, tuple[tuple[str, str], ...]] = {}

    def line(self, sample: Sample) -> str:
        """Render a sample; its name and labels are rendered once and kept."""
        name, extra, value = sample
        prefix = self._prefixes.get((name, extra))
        if prefix is None:
            prefix = self._prefixes[name, extra] = f"{name}{label_text((*self.labels, *extra))} "
        return f"{prefix}{value!r}\n"

    def lines_now(self, now: Verdict) -> tuple[tuple[str, str], ...]:
        """Give (family, finished lines) of what ``now`` alone decides; rendered once for each verdict."""
        kept = self._now.get(now)
        if kept is None:
            lines: dict[str, str] = {}
            for sample in self.samples_now(now):
                lines[sample[0]] = lines.get(sample[0], "") + self.line(sample)
            kept = self._now[now] = tuple(lines.items())
        return kept

    @abc.abstractmethod
    def samples_now(self, now: Verdict) -> Iterator[Sample]:
        """Samples that ``now`` alone decides."""

    def keep(self, samples: Iterable[Sample]) -> None:
        """Make the finished lines anew."""
        lines: dict[str, str] = {}
        for sample in samples:
            lines[sample[0]] = lines.get(sample[0], "") + self.line(sample)
        self.lines = lines


class _TransactionState(_Series):
    """Numbers of one transaction as of its newest durable run."""

    __slots__ = (
        "counts", "failures", "first_failures", "hold_ms", "interval_ms", "is_primary", "last", "missed", "reset_ms",
    )

    def __init__(self, target: Target, transaction: Transaction) -> None:
        super().__init__(("agency", target.agency), ("service", target.service), ("transaction", transaction.name))
        self.last: Run | None = None
        self.reset_ms = 0                # runs that began before do not speak for now
        self.counts = dict.fromkeys(Verdict, 0)
        self.missed = self.first_failures = 0
        self.failures: dict[str, int] = {}
        self.redefine(transaction)

    def redefine(self, transaction: Transaction) -> None:
        """Take over what a changed definition says; the counts go on."""
        self.interval_ms, self.hold_ms = transaction.interval_ms, hold_of(transaction.interval_ms)
        self.is_primary = transaction.primary
        self.keep(self.samples())

    def add(self, run: Run) -> None:
        """Take a durable run in."""
        if self.last is None or run.started_ms >= self.last.started_ms:
            self.last = run
        self.counts[run.verdict] += 1
        self.missed += run.outcome is Outcome.MISSED
        self.first_failures += run.first_try_failed
        if run.failed_step:
            self.failures[run.failed_step] = self.failures.get(run.failed_step, 0) + 1
        self.keep(self.samples())

    def verdict(self, now_ms: int) -> Verdict:
        """Say what the newest run says of now: it holds 2.5 intervals."""
        run = self.last
        if run is None or run.started_ms < self.reset_ms or now_ms >= run.started_ms + self.hold_ms:
            return Verdict.UNKNOWN
        return run.verdict

    def samples_now(self, now: Verdict) -> Iterator[Sample]:
        """Samples that change with the clock alone."""
        if now is not Verdict.UNKNOWN:
            yield "siaga24_transaction_up", (), float(now is not Verdict.DOWN)

    def samples(self) -> Iterator[Sample]:
        """Samples that change with a run."""
        run = self.last
        if run is not None and run.tries:
            steps = run.tries[-1].steps
            yield "siaga24_transaction_duration_seconds", (), run.duration_us / 1e6
            for labels, total_us in zip(PHASE_LABELS, _phase_sums_us(steps), strict=True):
                yield "siaga24_transaction_phase_seconds", labels, total_us / 1e6
        if run is not None:
            yield "siaga24_transaction_last_run_timestamp_seconds", (), run.started_ms / 1e3
        yield "siaga24_transaction_interval_seconds", (), self.interval_ms / 1e3
        for verdict, labels in VERDICT_LABELS.items():
            yield "siaga24_runs_total", labels, float(self.counts[verdict])
        yield "siaga24_runs_missed_total", (), float(self.missed)
        yield "siaga24_first_try_failures_total", (), float(self.first_failures)
        for step, count in self.failures.items():
            yield "siaga24_step_failures_total", (("step", step),), float(count)


class _ServiceState(_Series):
    """Figures of one service."""

    __slots__ = ("statement", "target", "transactions")

    def __init__(self, target: Target) -> None:
        super().__init__(("agency", target.agency), ("service", target.service))
        self.transactions: dict[str, _TransactionState] = {}
        self.statement: SlaStatement | None = None
        self.redefine(target)

    def redefine(self, target: Target) -> None:
        """Take over a target; series of transactions that are no longer there end."""
        self.target = target
        old = self.transactions
        self.transactions = {}
        for transaction in target.transactions:
            state = old.get(transaction.name)
            if state is None:
                state = _TransactionState(target, transaction)
            else:
                state.redefine(transaction)
            self.transactions[transaction.name] = state
        self.keep(self.samples())

    def samples(self) -> Iterator[Sample]:
        """Samples that change with a definition or a statement."""
        yield "siaga24_promise_target_ratio", (), float(self.target.promise.target / 100)
        statement = self.statement
        if statement is None:
            return
        if statement.known_ms:
            yield "siaga24_availability_ratio", (), statement.good_ms / statement.known_ms
        if statement.observed_ms:
            yield "siaga24_coverage_ratio", (), statement.known_ms / statement.observed_ms
        yield "siaga24_error_budget_left_seconds", (), statement.budget_left_ms / 1e3

    def verdict(self, seen: Sequence[tuple[Verdict, bool]]) -> Verdict:
        """Say what the service is by its transactions' (verdict, is primary)."""
        if len(seen) == 1 and seen[0][1]:
            return seen[0][0]
        return of_transactions(seen)

    def samples_now(self, now: Verdict) -> Iterator[Sample]:
        """Samples that change with the clock alone."""
        if now is not Verdict.UNKNOWN:
            yield "siaga24_service_up", (), float(now is not Verdict.DOWN)
        for verdict, labels in VERDICT_LABELS.items():
            yield "siaga24_service_verdict", labels, float(now is verdict)


class States:
    """Current states of all services as this vantage sees them.

    ``clock`` gives UTC milliseconds. Calls may come from several threads.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._services: dict[str, _ServiceState] = {}

    def set_targets(self, targets: Sequence[Target]) -> None:
        """Say what is watched from now on: series appear, and those of targets that are gone end."""
        with self._lock:
            old = self._services
            self._services = {}
            for target in targets:
                state = old.get(target.key)
                if state is None:
                    state = _ServiceState(target)
                else:
                    state.redefine(target)
                self._services[target.key] = state

    def update(self, run: Run) -> None:
        """Show a run. To be called after the ledger's append returned; one that is not watched any more is ignored."""
        with self._lock:
            service = self._services.get(f"{run.agency}/{run.service}")
            state = service.transactions.get(run.transaction) if service else None
            if state is not None:
                state.add(run)

    def set_statement(self, statement: SlaStatement) -> None:
        """Show the figures of this month so far."""
        with self._lock:
            service = self._services.get(f"{statement.agency}/{statement.service}")
            if service is not None:
                service.statement = statement
                service.keep(service.samples())

    def reset(self, at_ms: int) -> None:
        """After a resume: all are unknown until their next run that starts at ``at_ms`` or later."""
        with self._lock:
            for service in self._services.values():
                for state in service.transactions.values():
                    state.reset_ms = at_ms

    def text(self) -> str:
        """Render all series in the text format."""
        now_ms = self._clock()
        with self._lock:
            services = [(s, tuple(s.transactions.values())) for s in self._services.values()]
        moving: dict[str, list[str]] = {name: [] for name in MOVING}
        for owner, now in self._moving(services, now_ms):
            for name, lines in owner.lines_now(now):
                moving[name].append(lines)
        parts: list[str] = []
        for name, family in FAMILIES.items():
            parts.append(f"# HELP {name} {family.help}\n# TYPE {name} {family.kind}\n")
            if name in moving:
                parts += moving[name]
            elif family.labels == SERVICE:
                parts += [service.lines.get(name, "") for service, _ in services]
            else:
                parts += [state.lines.get(name, "") for _, states in services for state in states]
        return "".join(parts)

    @staticmethod
    def _moving(
        services: Sequence[tuple[_ServiceState, Sequence[_TransactionState]]], now_ms: int,
    ) -> Iterator[tuple[_ServiceState | _TransactionState, Verdict]]:
        """Say what each service and each of its transactions is now."""
        for service, states in services:
            seen = [(state.verdict(now_ms), state.is_primary) for state in states]
            yield service, service.verdict(seen)
            for state, (verdict, _) in zip(states, seen, strict=True):
                yield state, verdict


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


def escaped(value: str) -> str:
    """Escape a label value for the text format."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def label_text(labels: Labels) -> str:
    """Render labels."""
    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels) + "}"

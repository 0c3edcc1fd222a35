"""What Prometheus scrapes: the series of services, and the monitor's own counters.

The only user of prometheus_client. ``MonitorMetrics.answer`` takes the lines of services from ``series.py``, some ten
times faster than metric objects; ``StateCollector.collect`` gives the same series to a registry, and a test holds the
two together. ``docs/metrics.md`` is printed from the tables in here (``python -m monitors.metrics``).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder

from monitors.core.tally import Tally
from monitors.families import (
    DURATION_BUCKETS_S,
    DURATIONS,
    DURATIONS_HELP,
    FAMILIES,
    SERVICE_FAMILIES,
    STEP_FAILURES,
    STEP_FAILURES_HELP,
    TRANSACTION,
    TRANSACTION_FAMILIES,
)
from monitors.series import States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prometheus_client.core import Metric

    from monitors.core.canary import CanaryCheck
    from monitors.families import Family

OPEN_METRICS = "application/openmetrics-text"
SENT_AT_ONCE = 500_000                   # after each write to the scraper the probes' thread has to be waited for
APPEND_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CANARY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
LATENESS_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30)


class StateCollector(States):
    """Current states of all services, for a registry. ``clock`` gives UTC milliseconds."""

    def collect(self) -> Iterator[Metric]:
        """Give the same series as metric families (slower; for registries and tests)."""
        services, _, durations = self.look()
        labelled = [((one.target.agency, one.target.service), one) for one in services]
        transactions = [((*values, state.name), state) for values, one in labelled for state in one.transactions]
        owned: list[tuple[Sequence[Family[Any]], Sequence[Any]]] = [
            (SERVICE_FAMILIES, labelled), (TRANSACTION_FAMILIES, transactions),
        ]
        for families, owners in owned:
            for family in families:
                kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
                metric = kind(family.name, family.help, labels=family.labels)
                for values_of, owner in owners:
                    for text, value in zip(family.extra, map(family.number, family.values(owner)), strict=True):
                        if value is not None:
                            metric.add_metric([*values_of, *([text] if family.label else [])], value)
                yield metric
        failures = CounterMetricFamily(STEP_FAILURES, STEP_FAILURES_HELP, labels=(*TRANSACTION, "step"))
        for values, transaction in transactions:
            for step, count in (transaction.failures or {}).items():
                failures.add_metric([*values, step], count)
        yield failures
        histogram = HistogramMetricFamily(DURATIONS, DURATIONS_HELP, labels=("agency",))
        for agency in durations:
            histogram.add_metric([agency.agency], agency.buckets(), agency.sum_us / 1e6)
        yield histogram


TALLY_HELP = {
    "expected": "Runs that were due since the monitor began to live.",
    "done": "Runs that were made, whatever they found.",
    "late": "Runs that began more than a second after their time; they are done all the same.",
    "missed": "Runs that never began within their interval; they are unknown.",
    "dropped": "Runs without any record: forgotten after a long suspension, or not fitting into the queue.",
    "suspect": "Runs that failed while the monitor was overloaded; they are unknown.",
}


class TallyCollector:
    """The monitor's own counts of runs, read when they are asked for."""

    def __init__(self) -> None:
        self.read: Callable[[], tuple[Tally, float | None]] = lambda: (Tally(), None)

    def collect(self) -> Iterator[Metric]:
        """Give the counts and the coverage."""
        tally, coverage = self.read()
        for name, text in TALLY_HELP.items():
            yield CounterMetricFamily(f"siaga24_monitor_runs_{name}", text, value=getattr(tally, name))
        gauge = GaugeMetricFamily(
            "siaga24_monitor_coverage_ratio",
            "Share of the last hour's runs that were made: the monitor's own coverage; no sample where none was due.",
        )
        if coverage is not None:
            gauge.add_metric([], coverage)
        yield gauge


class WritesCollector:
    """What each transaction that writes has left of its day, read when it is asked for."""

    def __init__(self) -> None:
        self.read: Callable[[], Sequence[tuple[str, int]]] = list

    def collect(self) -> Iterator[Metric]:
        """Give the tries that are left."""
        gauge = GaugeMetricFamily(
            "siaga24_write_budget_left_tries",
            "Tries that a transaction that writes may still make until the UTC day ends.", labels=TRANSACTION,
        )
        for key, left in self.read():
            gauge.add_metric(key.split("/", 2), left)
        yield gauge


class MonitorMetrics:
    """All that one monitor shows: ``states`` and its own counters, in a registry of its own."""

    def __init__(self, *, vantage: str, version: str, clock: Callable[[], int]) -> None:
        self.states = StateCollector(clock)
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        info = Gauge(
            "siaga24_monitor_info", "1; the labels say which monitor this is.",
            ("vantage", "version"), registry=registry,
        )
        info.labels(vantage, version).set(1)
        self._heartbeat = Gauge(
            "siaga24_monitor_heartbeat_timestamp_seconds",
            "Newest heartbeat that is durable in the ledger, in seconds since 1970; 0 before the first.",
            registry=registry,
        )
        self._append_s = Histogram(
            "siaga24_ledger_append_seconds", "Time that one batch took to become durable.",
            buckets=APPEND_BUCKETS_S, registry=registry,
        )
        self._lag_s = Gauge(
            "siaga24_ledger_lag_seconds",
            "From the end of the oldest run of the newest batch until it was durable.", registry=registry,
        )
        self._appended = Counter("siaga24_ledger_runs_appended", "Runs made durable.", registry=registry)
        self._ledger_errors = Counter("siaga24_ledger_errors", "Batches that the ledger refused.", registry=registry)
        self._backlog = Gauge("siaga24_ledger_backlog_runs", "Runs that wait to become durable.", registry=registry)
        self._lateness_s = Histogram(
            "siaga24_run_lateness_seconds", "From the scheduled time of a run to its start.",
            buckets=LATENESS_BUCKETS_S, registry=registry,
        )
        self._in_flight = Gauge("siaga24_runs_in_flight", "Runs that are under way.", registry=registry)
        self._queued = Gauge(
            "siaga24_runs_queued", "Runs that are due and have no place yet.", registry=registry,
        )
        self._overloaded = Gauge(
            "siaga24_monitor_overloaded", "1 while the monitor has more to do than it can, else 0.", registry=registry,
        )
        self._tally = TallyCollector()
        registry.register(self._tally)
        self._writes = WritesCollector()
        registry.register(self._writes)
        self._faults = Counter(
            "siaga24_monitor_faults", "Faults of the monitor itself, by kind.", ("kind",), registry=registry,
        )
        self._writing_stopped = Gauge(
            "siaga24_writes_stopped", "1 while all transactions that write are stopped, else 0.", registry=registry,
        )
        self._canary_up = Gauge(
            "siaga24_canary_up", "1 if this witness of the own network could be reached at the last check, else 0.",
            ("canary",), registry=registry,
        )
        self._canary_checks = Counter(
            "siaga24_canary_checks", "Checks of the own network: whether most canaries could be reached.",
            ("result",), registry=registry,
        )
        self._canary_s = Histogram(
            "siaga24_canary_check_seconds", "Time that one check of all canaries took.",
            buckets=CANARY_BUCKETS_S, registry=registry,
        )

    def appended(self, *, runs: int, duration_s: float, lag_s: float, heartbeat_ms: int) -> None:
        """Count a batch that is durable. ``lag_s``: age of the oldest run's end; 0 for an empty batch."""
        self._append_s.observe(duration_s)
        self._appended.inc(runs)
        self._lag_s.set(lag_s)
        self._heartbeat.set(heartbeat_ms / 1e3)

    def ledger_failed(self) -> None:
        """Count a batch that the ledger refused."""
        self._ledger_errors.inc()

    def backlog(self, runs: int) -> None:
        """Say how many runs wait to become durable."""
        self._backlog.set(runs)

    def late(self, lateness_s: float) -> None:
        """Note how late a run started."""
        self._lateness_s.observe(max(0.0, lateness_s))

    def in_flight(self, runs: int) -> None:
        """Say how many runs are under way."""
        self._in_flight.set(runs)

    def queued(self, runs: int) -> None:
        """Say how many runs wait for a place."""
        self._queued.set(runs)

    def overloaded(self, *, is_so: bool) -> None:
        """Say whether there is more to do than can be done."""
        self._overloaded.set(is_so)

    def watch_tally(self, read: Callable[[], tuple[Tally, float | None]]) -> None:
        """Take the counts and the coverage from ``read``, at each scrape."""
        self._tally.read = read

    def watch_writes(self, read: Callable[[], Sequence[tuple[str, int]]]) -> None:
        """Take from ``read``, at each scrape, what transactions that write have left, by their keys."""
        self._writes.read = read

    def fault(self, kind: str) -> None:
        """Count a fault of our own; ``kind`` is one of a small closed set (``suspended``)."""
        self._faults.labels(kind).inc()

    def canary_checked(self, check: CanaryCheck) -> None:
        """Take a check of the own network in."""
        for one in check.said:
            self._canary_up.labels(one.name).set(one.works)
        self._canary_checks.labels("works" if check.works else "failed").inc()
        self._canary_s.observe((check.ended_ms - check.began_ms) / 1e3)

    def writing_stopped(self, *, is_stopped: bool) -> None:
        """Say whether transactions that write are stopped."""
        self._writing_stopped.set(is_stopped)

    def answer(self, accept: str = "") -> tuple[str, Iterator[bytes]]:
        """Answer a scrape that accepts ``accept``: the content type, and the body in pieces.

        OpenMetrics where it is asked for, else the text format.
        """
        own, content_type = choose_encoder(accept)
        open_metrics = content_type.startswith(OPEN_METRICS)

        def body() -> Iterator[bytes]:
            waiting: list[str] = []
            characters = 0
            for piece in self.states.pieces(open_metrics=open_metrics):
                waiting.append(piece)
                characters += len(piece)
                if characters >= SENT_AT_ONCE:
                    yield "".join(waiting).encode()
                    waiting, characters = [], 0
            if waiting:
                yield "".join(waiting).encode()
            yield own(self.registry)     # OpenMetrics' end comes with it

        return content_type, body()

    def render(self, accept: str = "") -> bytes:
        """Give the whole body at once."""
        return b"".join(self.answer(accept)[1])


def series_of(transactions: int) -> int:
    """Say how many series a service has at most, those of steps that failed aside."""
    return sum(len(one.extra) for one in SERVICE_FAMILIES) + transactions * sum(
        len(one.extra) for one in TRANSACTION_FAMILIES
    )


def reference() -> str:
    """Write ``docs/metrics.md`` from the tables of this module."""
    own = MonitorMetrics(vantage="", version="", clock=lambda: 0)
    one = series_of(1)
    lines = [
        "# Metrics of the monitor",
        "",
        "Printed from the code by `python -m monitors.metrics`; a test holds this page to it. `GET /metrics` answers",
        "in Prometheus' text format 0.0.4, and in OpenMetrics 1.0.0 where the scraper accepts that. A run shows here",
        "only after it is durable in the ledger. Parts of a unit are written as whole numbers of them (`412e-6` is 412",
        "microseconds, in seconds); ratios are cut after nine digits, never rounded up. A scraper that takes gzip, as",
        "Prometheus does, gets it.",
        "",
        "## How many series",
        "",
        f"A service with one transaction over HTTPS has at most {one} series. Each further transaction has",
        f"{series_of(2) - one}, and each step that has ever failed one. An agency has {len(DURATION_BUCKETS_S) + 3}:",
        "the histogram is kept by agency, since a nation has 13,000 services.",
        "",
        "## What the services are",
        "",
        "As this vantage sees them. The newest run holds 2.5 intervals; after that the verdict is `unknown`.",
        "",
        "| metric | kind | labels | meaning |",
        "|---|---|---|---|",
    ]
    told = [(of.name, of.kind, of.labels, of.help) for of in FAMILIES]
    told.append((STEP_FAILURES, "counter", (*TRANSACTION, "step"), STEP_FAILURES_HELP))
    told.append((DURATIONS, "histogram", ("agency",), DURATIONS_HELP))
    lines += [
        f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {meaning} |"
        for name, kind, labels, meaning in told
    ]
    lines += ["", "## What the monitor does", "", "| metric | kind | meaning |", "|---|---|---|"]
    lines += [
        f"| `{metric.name}{'_total' if metric.type == 'counter' else ''}` | {metric.type} | {metric.documentation} |"
        for metric in own.registry.collect()
        if metric.name.startswith("siaga24_")
    ]
    lines += ["", "Beside these the usual `process_*` and `python_info` series of the client library.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(reference())

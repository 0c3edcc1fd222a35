"""What Prometheus scrapes: the series of services, and the monitor's own counters.

The only user of prometheus_client. ``MonitorMetrics.render`` joins the finished lines of ``series.py``, some ten times
faster than metric objects; ``StateCollector.collect`` gives the same series to a registry, and a test holds the two
together. ``docs/metrics.md`` is printed from the tables in here (``python -m monitors.metrics``).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from monitors.series import FAMILIES, States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from monitors.core.canary import CanaryCheck
    from monitors.series import Labels, Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
APPEND_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CANARY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
LATENESS_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30)


class StateCollector(States):
    """Current states of all services, for a registry. ``clock`` gives UTC milliseconds."""

    def collect(self) -> Iterator[Metric]:
        """Give the same series as metric families (slower; for registries and tests)."""
        now_ms = self._clock()
        with self._lock:
            services = [(s, tuple(s.transactions.values())) for s in self._services.values()]
            samples: list[tuple[Labels, Sample]] = []
            for owner, now in self._moving(services, now_ms):
                samples += [(owner.labels, sample) for sample in (*owner.samples_now(now), *owner.samples())]
        for name, family in FAMILIES.items():
            kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
            metric = kind(name, family.help, labels=family.labels)
            for labels, (sample_name, extra, value) in samples:
                if sample_name == name:
                    metric.add_metric([text for _, text in (*labels, *extra)], value)
            yield metric


class MonitorMetrics:
    """All that one monitor shows: ``states`` and its own counters, in a registry of its own."""

    content_type = CONTENT_TYPE

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
        self._faults = Counter(
            "siaga24_monitor_faults", "Faults of the monitor itself, by kind.", ("kind",), registry=registry,
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

    def fault(self, kind: str) -> None:
        """Count a fault of our own; ``kind`` is one of a small closed set (``suspended``)."""
        self._faults.labels(kind).inc()

    def canary_checked(self, check: CanaryCheck) -> None:
        """Take a check of the own network in."""
        for one in check.said:
            self._canary_up.labels(one.name).set(one.works)
        self._canary_checks.labels("works" if check.works else "failed").inc()
        self._canary_s.observe((check.ended_ms - check.began_ms) / 1e3)

    def render(self) -> bytes:
        """Answer a scrape: text format 0.0.4, to be sent with ``content_type``."""
        return self.states.text().encode() + generate_latest(self.registry)


def reference() -> str:
    """Write ``docs/metrics.md`` from the tables of this module."""
    own = MonitorMetrics(vantage="", version="", clock=lambda: 0)
    lines = [
        "# Metrics of the monitor",
        "",
        "Printed from the code by `python -m monitors.metrics`; a test holds this page to it. `GET /metrics` answers",
        "in Prometheus' text format 0.0.4. A run shows here only after it is durable in the ledger.",
        "",
        "## What the services are",
        "",
        "As this vantage sees them. The newest run holds 2.5 intervals; after that the verdict is `unknown`.",
        "",
        "| metric | kind | labels | meaning |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{family.name}` | {family.kind} | {', '.join(f'`{label}`' for label in family.labels)} | {family.help} |"
        for family in FAMILIES.values()
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

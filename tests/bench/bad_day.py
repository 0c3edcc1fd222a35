"""A bad day: of 13,000 services 12,900 take a connection and say nothing, 100 are well. No benchmark."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, replace

from tests.bench.base import BenchError, progress
from tests.bench.nation import listens
from tests.bench.nginx import nginx
from tests.bench.pipeline import Runs, Window, load, measure, monitor, runs_of, services, site_url
from tests.bench.silence import HOSTS, silence

HEALTHY, SILENT = 100, 12_900
INTERVAL_MS = 30_000
DEADLINE_MS = 10_000
WARM_S = 60.0                            # no place is free any more
WINDOW_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BadDay:
    """What one run of the monitor showed."""

    window: Window
    healthy: Runs
    silent: Runs
    highest_mb: float
    load: str


@functools.cache
def bad_day() -> BadDay:
    """Watch them all; the healthy must be up, and no silent one may be."""
    with nginx() as site, silence() as port:
        healthy = services(
            HEALTHY, url=site_url("http", site.http), connect_to=f"127.0.0.1:{site.http}", interval_ms=INTERVAL_MS,
            deadline_ms=DEADLINE_MS,
        )
        silent = [
            replace(
                target, service=f"diam-{number:06}", base_url=f"http://diam-{number % len(HOSTS)}.example:{port}",
                connect_to=f"{HOSTS[number % len(HOSTS)]}:{port}",
            )
            for number, target in enumerate(services(
                SILENT, url="http://diam.example", connect_to="127.0.0.1:1", interval_ms=INTERVAL_MS,
                deadline_ms=DEADLINE_MS,
            ))
        ]
        with monitor([*healthy, *silent]) as watching:
            progress(f"{SILENT} silent services and {HEALTHY} that are well: {WARM_S:g} s to begin, then {WINDOW_S:g} s")
            watching.until(lambda: listens(watching), "it answers")
            time.sleep(WARM_S)
            window = measure(watching, WINDOW_S)
            said, highest = load(), watching.memory_mb("VmHWM")
            time.sleep(2.0)              # the last of it becomes durable
            of_healthy = runs_of(watching.ledger, window, services_like="layanan-%")
            of_silent = runs_of(watching.ledger, window, services_like="diam-%")
    if of_silent.up or of_healthy.up != of_healthy.count or of_healthy.count < HEALTHY:
        raise BenchError(
            f"of {of_healthy.count} runs of the healthy {of_healthy.up} were up, and {of_silent.up} of the silent: "
            "the figure would not be what it says",
        )
    return BadDay(window=window, healthy=of_healthy, silent=of_silent, highest_mb=highest, load=said)

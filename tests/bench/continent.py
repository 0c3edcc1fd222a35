"""100,000 services every 60 s from one process. No benchmark."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass

from tests.bench.base import progress
from tests.bench.nation import listens
from tests.bench.nginx import nginx
from tests.bench.pipeline import Runs, Window, load, measure, monitor, runs_of, services, site_url

SERVICES = 100_000
INTERVAL_MS = 60_000
WARM_S = 65.0                            # every service had its first run
WINDOW_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Continent:
    """What one run of the monitor showed."""

    window: Window
    runs: Runs
    load: str


@functools.cache
def continent() -> Continent:
    """Watch 100,000 services over HTTP."""
    with nginx() as site:
        targets = services(
            SERVICES, url=site_url("http", site.http), connect_to=f"127.0.0.1:{site.http}", interval_ms=INTERVAL_MS,
        )
        with monitor(targets) as watching:
            progress(f"{SERVICES} services: {WARM_S:g} s to begin, then {WINDOW_S:g} s")
            watching.until(lambda: listens(watching), "it answers")
            time.sleep(WARM_S)
            site.tally()
            window = measure(watching, WINDOW_S, scrapes=False)
            said = load()
            site.check("http", 1, "the monitor")
            time.sleep(2.0)              # the last of it becomes durable
            return Continent(window=window, runs=runs_of(watching.ledger, window), load=said)

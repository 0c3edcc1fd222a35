"""13,000 services every 30 s from one process, in the middle of which it is scraped and its targets change. No benchmark.

One run of about two minutes gives the figures of ``pipeline_*_13k``, ``rss_13k``, ``lateness_p99``, ``scrape_13k`` and
``reload_13k``; each of them alone starts it too.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitors.core.model import Target
from tests.bench.base import BenchError, progress
from tests.bench.nginx import nginx
from tests.bench.pipeline import (
    PATIENCE_S,
    Runs,
    Watching,
    Window,
    load,
    measure,
    monitor,
    need_no_lie,
    runs_of,
    services,
    site_url,
    write,
)

SERVICES = 13_000
INTERVAL_MS = 30_000
WARM_S = 35.0                            # every service had its first run
WINDOW_S = 60.0
SCRAPES = 5
RELOADS = 3
LEAST_SHARE = 0.999                      # of a window's runs: those at its edges are a matter of milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Nation:
    """What one run of the monitor showed."""

    window: Window
    runs: Runs
    scrapes_s: tuple[float, ...]
    scrape_mb: float
    reloads_s: tuple[float, ...]
    during_reload: Runs
    highest_mb: float                    # while targets changed, too
    load: str

    @property
    def core_percent(self) -> float:
        """CPU that all runs that were due take, of those that were made: one that was not made is no saving."""
        due_a_s = SERVICES * 1000 / INTERVAL_MS
        return self.window.cpu_s / len(self.runs.late_ms) * due_a_s * 100


@functools.cache
def nation(scheme: str) -> Nation:
    """Watch 13,000 services over ``http`` or ``https``; every run that is made must be up."""
    with nginx() as site:
        targets = services(
            SERVICES, url=site_url(scheme, site.port(scheme)), connect_to=f"127.0.0.1:{site.port(scheme)}",
            interval_ms=INTERVAL_MS, ca_pem=site.authority_pem if scheme == "https" else "",
        )
        with monitor(targets) as watching:
            progress(f"{SERVICES} services over {scheme}: {WARM_S:g} s to begin, then {WINDOW_S:g} s")
            watching.until(lambda: listens(watching), "it answers")
            time.sleep(WARM_S)
            site.tally()
            window = measure(watching, WINDOW_S)
            site.check(scheme, 1, "the monitor")
            said = load()
            scrapes, size = _scrapes(watching)
            began_ms = int(time.time() * 1000)
            reloads = tuple(_reload(watching, targets, number) for number in range(1, RELOADS + 1))
            reloading = replace(window, start_ms=began_ms, end_ms=int(time.time() * 1000))
            time.sleep(2.0)              # the last of it becomes durable
            highest = watching.memory_mb("VmHWM")
            runs, during = runs_of(watching.ledger, window), runs_of(watching.ledger, reloading)
    need_no_lie(runs)
    return Nation(
        window=window, runs=runs, scrapes_s=scrapes, scrape_mb=size, reloads_s=reloads, during_reload=during,
        highest_mb=highest, load=said,
    )


def listens(watching: Watching) -> bool:
    """Tell whether the monitor answers."""
    try:
        return bool(watching.page("/healthz"))
    except OSError:
        return False


def _scrapes(watching: Watching) -> tuple[tuple[float, ...], float]:
    measured, size = [], 0
    for _ in range(SCRAPES):
        began = time.perf_counter()
        size = len(watching.page("/metrics"))
        measured.append(time.perf_counter() - began)
        time.sleep(1.0)
    return tuple(measured), size / 1e6


def _reload(watching: Watching, targets: Sequence[Target], number: int) -> float:
    """Change one service's interval and add one; say how long until the monitor has them in force."""
    changed = replace(targets[0], transactions=(replace(targets[0].transactions[0], interval_ms=30_000 + number),))
    added = replace(targets[-1], service=f"layanan-baru-{number}")
    folder = watching.ledger.parent / "targets"
    before = len(watching.notes)
    write(folder / "negeri.json", [changed, *targets[1:], added])
    began = time.monotonic()
    give_up = began + PATIENCE_S
    while len(watching.notes) == before and time.monotonic() < give_up:
        time.sleep(0.005)
    if len(watching.notes) == before or "read anew" not in watching.notes[-1][1]:
        raise BenchError(f"the monitor did not take its changed targets up: {watching.notes[before:]}")
    took = watching.notes[-1][0] - began
    time.sleep(2.0)
    return took


"""Whether eight nations are watched in full."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.continent import INTERVAL_MS, SERVICES, WINDOW_S, continent
from tests.bench.nation import LEAST_SHARE


@benchmark(unit="runs", target="<= 0")
def http_100k_missed() -> Figure:
    """Runs of 100,000 HTTP services every 60 s, in a minute, that are not there or were missed."""
    found = continent()
    due = SERVICES * WINDOW_S * 1000 / INTERVAL_MS
    # those at the window's edges are a matter of milliseconds
    lacking = max(0.0, due * LEAST_SHARE - found.runs.count)
    return Figure(value=found.runs.missed + lacking, parts={"runs": float(found.runs.count), "up": float(found.runs.up)})

"""What a nation's services cost the machine that watches them."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.nation import nation


@benchmark(unit="% of a core", target="<= 30")
def pipeline_http_13k() -> Figure:
    """CPU of the whole monitor, ledger and scrapes included: 13,000 HTTP services every 30 s, all up."""
    found = nation("http")
    return Figure(value=found.core_percent, parts={
        "runs": float(found.runs.count), "missed": float(found.runs.missed), "used, % of a core": found.window.core_percent,
        "lateness p99, ms": found.runs.late_p(0.99), "memory, MB": found.window.memory_mb,
        "load average": found.load,
    })

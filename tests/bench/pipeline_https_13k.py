"""What a nation's services cost the machine that watches them over TLS."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.nation import nation


@benchmark(unit="% of a core", target="<= 75")
def pipeline_https_13k() -> Figure:
    """CPU of the whole monitor, ledger and scrapes included: 13,000 HTTPS services every 30 s, all up."""
    found = nation("https")
    return Figure(value=found.core_percent, parts={
        "runs": float(found.runs.count), "missed": float(found.runs.missed), "used, % of a core": found.window.core_percent,
        "lateness p99, ms": found.runs.late_p(0.99), "memory, MB": found.window.memory_mb,
        "load average": found.load,
    })

"""What eight nations cost."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.continent import continent


@benchmark(unit="% of a core", target="<= 80")
def http_100k_per_60s() -> Figure:
    """CPU of the whole monitor, ledger included: 100,000 HTTP services every 60 s."""
    found = continent()
    return Figure(value=found.window.core_percent, parts={
        "runs": float(found.runs.count), "up": float(found.runs.up), "missed": float(found.runs.missed),
        "lateness p99, ms": found.runs.late_p(0.99), "memory, MB": found.window.memory_mb, "load average": found.load,
    })

"""What a nation's services cost the machine that watches them over TLS."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.nation import nation


@benchmark(unit="% of a core", target="<= 75")
def pipeline_https_13k() -> Figure:
    """CPU of the whole monitor, ledger and scrapes included: 13,000 HTTPS services every 30 s, all up."""
    found = nation("https")
    return Figure(value=found.window.core_percent, parts={
        "runs": float(found.runs.count), "CPU ms a run": found.window.cpu_s / found.runs.count * 1000,
        "load average": found.load,
    })

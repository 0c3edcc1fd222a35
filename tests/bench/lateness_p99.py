"""How punctual the monitor is."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.nation import nation


@benchmark(unit="ms", target="<= 20")
def lateness_p99() -> Figure:
    """From the scheduled time of a run to its start, 99 of 100 runs of 13,000 HTTP services in a minute with scrapes."""
    found = nation("http")
    return Figure(value=found.runs.late_p(0.99), parts={
        "p50": found.runs.late_p(0.5), "highest": float(found.runs.late_ms[-1]),
        "p99 while targets were read anew": found.during_reload.late_p(0.99), "load average": found.load,
    })

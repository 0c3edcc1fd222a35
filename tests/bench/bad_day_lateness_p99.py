"""Whether those that hang hold up those that are well."""

from __future__ import annotations

from tests.bench.bad_day import bad_day
from tests.bench.base import Figure, benchmark


@benchmark(unit="ms", target="<= 100")
def bad_day_lateness_p99() -> Figure:
    """Lateness of 99 of 100 runs of 100 healthy services, while 12,900 others time out at 10 s."""
    found = bad_day()
    return Figure(value=found.healthy.late_p(0.99), parts={
        "p50": found.healthy.late_p(0.5), "highest": float(found.healthy.late_ms[-1]),
        "runs of the healthy": float(found.healthy.count), "of the silent": float(found.silent.count),
        "down": float(found.silent.down), "unknown": float(found.silent.unknown), "missed": float(found.silent.missed),
        "load average": found.load,
    })

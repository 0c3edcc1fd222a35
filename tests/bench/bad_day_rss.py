"""What the bad day takes of memory."""

from __future__ import annotations

from tests.bench.bad_day import bad_day
from tests.bench.base import Figure, benchmark


@benchmark(unit="MB", target="<= 600")
def bad_day_rss() -> Figure:
    """Highest resident memory of the monitor while 12,900 of 13,000 services time out at 10 s."""
    found = bad_day()
    return Figure(value=found.highest_mb, parts={
        "CPU, % of a core": found.window.core_percent, "load average": found.load,
    })

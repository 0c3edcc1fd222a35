"""How much memory a nation's services take."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark
from tests.bench.nation import nation


@benchmark(unit="MB", target="<= 120")
def rss_13k() -> Figure:
    """Resident memory of the monitor that watches 13,000 HTTP services, the highest of a minute with scrapes."""
    found = nation("http")
    return Figure(value=found.window.memory_mb, parts={
        "highest, while targets were read anew": found.highest_mb, "load average": found.load,
    })

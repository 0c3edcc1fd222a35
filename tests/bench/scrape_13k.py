"""How long Prometheus waits."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark, median
from tests.bench.nation import nation


@benchmark(unit="s", target="<= 0.3")
def scrape_13k() -> Figure:
    """One scrape of the metrics of 13,000 services, until its last byte, while they are watched; median of 5."""
    found = nation("http")
    return median(found.scrapes_s, MB=found.scrape_mb, **{"load average": found.load})

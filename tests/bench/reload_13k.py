"""How soon a changed definition is in force."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark, median
from tests.bench.nation import nation


@benchmark(unit="s", target="<= 2")
def reload_13k() -> Figure:
    """From a change of two of 13,000 targets on disk until the monitor has taken them up, polling included; median of 3."""
    found = nation("http")
    beside: dict[str, float | str] = {
        "lateness p99 meanwhile, ms": found.during_reload.late_p(0.99), "load average": found.load,
    }
    return median(found.reloads_s, **beside)

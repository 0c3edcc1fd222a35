"""What memory do fifty hostile servers take at once?"""

from __future__ import annotations

from tests.bench.base import BenchError, Figure, benchmark
from tests.hostile.measured import measured


@benchmark(unit="MB", target="<= 20")
def hostile_rss() -> Figure:
    """How much memory 50 hostile servers at once took above the idle monitor's, at the peak.

    The monitor's own process; pages are parsed by two workers beside it, each of which the kernel stops at 256 MB.
    """
    found = measured("rss")
    if found["good_up"] != found["targets"] or found["bad_not_up"] != found["targets"]:
        raise BenchError(f"the servers did not behave as they should: {found}")
    return Figure(value=found.pop("above_idle_mb"), parts=found)

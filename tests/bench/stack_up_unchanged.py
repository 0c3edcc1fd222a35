"""How long it takes to find that there is nothing to do."""

from __future__ import annotations

from tests.bench.base import Figure, benchmark, median, progress, seconds
from tests.bench.stack import bench_workspace, up

REPEATS = 3


@benchmark(unit="s", target="<= 8")
def stack_up_unchanged() -> Figure:
    """Time of `siaga24 stack up` on an agency that is up and did not change, as a whole process; median of 3."""
    with bench_workspace() as workspace:
        progress("provisioning once")
        up(workspace)
        progress(f"{REPEATS} times again")
        return median([seconds(lambda: up(workspace)) for _ in range(REPEATS)])

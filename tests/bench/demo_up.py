"""How long a newcomer waits."""

from __future__ import annotations

from pathlib import Path

from tests.bench.base import BenchError, Figure, benchmark
from tests.bench.machine import need_engine
from tests.scenarios.command import siaga24

SAMPLES = Path(__file__).parents[2] / "stacks" / "agencies"
MARK = "every service up after "         # what the demo prints when the last service had its first up run


@benchmark(unit="s", target="<= 90")
def demo_up() -> Figure:
    """From `siaga24 demo` to every service of both sample agencies up by the monitor; tools and images cached."""
    need_engine()
    done = siaga24("demo", "--seconds", "1", workspace=SAMPLES, code=None, timeout_s=400)
    line = next((line for line in done.told.splitlines() if MARK in line), None)
    if done.code or line is None:
        raise BenchError(f"the demo did not come up: {done}")
    return Figure(value=float(line.partition(MARK)[2].split()[0]), parts={"with removing it": done.seconds})

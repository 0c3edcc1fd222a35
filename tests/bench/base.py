"""What a benchmark is, what it measures, and how figures are put together. What runs them is in ``runner.py``."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

RATIO = "ratio"                          # the unit of ours / peer, both measured in the same run


class BenchError(Exception):
    """The benchmark cannot run here; the text is a sentence that says why and how to mend it."""


class Direction(StrEnum):
    """Which side of the target is good."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured: the value told, the single measurements behind it, and what belongs beside them."""

    value: float
    repeats: tuple[float, ...] = ()
    parts: dict[str, float | str] = field(default_factory=dict)      # e.g. both sides of a ratio

    @property
    def spread(self) -> float:
        """Largest minus smallest measurement; 0 with fewer than two."""
        return max(self.repeats) - min(self.repeats) if len(self.repeats) > 1 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One measurement with its target. ``target`` None: the figure is told and judged by nobody."""

    name: str
    unit: str
    target: float | None
    direction: Direction
    doc: str
    measure: Callable[[], Figure]

    def is_met(self, value: float) -> bool | None:
        """Tell whether ``value`` meets the target; None where there is none."""
        if self.target is None:
            return None
        return value <= self.target if self.direction is Direction.AT_MOST else value >= self.target


def benchmark(*, unit: str, target: str = "") -> Callable[[Callable[[], Figure]], Benchmark]:
    """Make a function a benchmark of its name; the first line of its docstring is the doc line.

    ``target`` is written as it is shown: ``"<= 30"``, ``">= 20000"``, empty for none.
    """
    direction, bound = Direction.AT_MOST, None
    if target:
        sign, _, number = target.partition(" ")
        direction, bound = Direction(sign), float(number)

    def register(measure: Callable[[], Figure]) -> Benchmark:
        doc = (measure.__doc__ or "").strip().partition("\n")[0]
        if not doc:
            raise ValueError(f"benchmark {measure.__name__}: give it a docstring that says what is measured")
        return Benchmark(
            name=measure.__name__, unit=unit, target=bound, direction=direction, doc=doc, measure=measure,
        )

    return register


def progress(text: str) -> None:
    """Say on standard error what is being done."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def seconds(act: Callable[[], object]) -> float:
    """Measure how long ``act`` takes, by the monotonic clock."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def median(measurements: Sequence[float], **parts: float | str) -> Figure:
    """Tell the median, keeping every single measurement."""
    return Figure(value=statistics.median(measurements), repeats=tuple(measurements), parts=dict(parts))


def ratio(ours: Sequence[float], peer: Sequence[float], *, peer_name: str, unit: str) -> Figure:
    """Tell our median over the peer's; both were measured in turns in the same run, ``unit`` is that of each side."""
    peer_median = statistics.median(peer)
    if peer_median <= 0:
        raise BenchError(f"{peer_name} measured {peer_median:g} {unit}: no ratio can be made of it")
    return Figure(
        value=statistics.median(ours) / peer_median,
        repeats=tuple(our / theirs for our, theirs in zip(ours, peer, strict=True)),
        parts={
            "ours": statistics.median(ours), "peer": peer_median, "peer_name": peer_name, "unit": unit,
        },
    )

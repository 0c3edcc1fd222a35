"""Time as one life of the monitor sees it: a wall-clock anchor, taken once, plus the monotonic clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

NS_PER_MS = 1_000_000


class Clock(Protocol):
    """What everything that needs the time gets as an argument."""

    @property
    def now_ms(self) -> int:
        """UTC now, whole milliseconds since 1970; never goes back within a life."""
        ...


class LifeClock:
    """The clock of a life. Stamps are the anchor plus monotonic time, so that a step of the wall clock moves none.

    ``off_by_ms`` says how far the wall clock has gone from it since: a disagreement is for the operator to see, and
    for the scheduler to plan anew, whose library thinks in wall time.
    """

    __slots__ = ("_anchor_ns", "_awake_ns", "_boot_ns", "_monotonic_ns", "_wall_ns")

    def __init__(
        self,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        boot_ns: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    ) -> None:
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._boot_ns = boot_ns
        self._anchor_ns = wall_ns() - monotonic_ns()
        self._awake_ns = boot_ns() - monotonic_ns()

    @property
    def now_ms(self) -> int:
        """UTC now, whole milliseconds since 1970."""
        return (self._anchor_ns + self._monotonic_ns()) // NS_PER_MS

    @property
    def slept_ms(self) -> int:
        """How long the machine slept in this life: what the clock since its boot is ahead of the monotonic one."""
        return max(0, (self._boot_ns() - self._monotonic_ns() - self._awake_ns) // NS_PER_MS)

    @property
    def off_by_ms(self) -> int:
        """Wall clock minus this clock, in milliseconds: positive where the wall clock was set forward."""
        return (self._wall_ns() - self._anchor_ns - self._monotonic_ns()) // NS_PER_MS

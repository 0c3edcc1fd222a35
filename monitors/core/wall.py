"""When the wall clock disagrees with the clock of a life, and when a life has to end for it. Pure.

Stamps of a life are an anchor plus the monotonic clock. A disagreement of more than a second is told; once it has been
the same for a minute, it is the new time, and a new life begins with an anchor of its own: the time between is unknown,
and nothing that was covered is written again. The sleep of a machine explains a disagreement at once.
"""

from __future__ import annotations

from enum import StrEnum

TOLERANCE_MS = 1_000
STABLE_MS = 60_000


class Finding(StrEnum):
    """What a look at the wall clock finds; at most once for each disagreement."""

    NOTHING = "nothing"
    DISAGREES = "disagrees"              # from now on, or by another amount than before
    AGREES = "agrees"                    # again
    SETTLED = "settled"                  # it has been the same for so long: it is the new time
    SLEPT = "slept"                      # the machine was asleep for just that long


class WallWatch:
    """Looks at the wall clock. ``stable_ms``: how long a disagreement has to be the same."""

    __slots__ = ("_off_ms", "_since_ms", "stable_ms")

    def __init__(self, stable_ms: int = STABLE_MS) -> None:
        self.stable_ms = stable_ms
        self._off_ms = 0
        self._since_ms: int | None = None        # since when it disagrees by that much

    def look(self, now_ms: int, off_by_ms: int, slept_ms: int = 0) -> Finding:
        """Look once. ``off_by_ms``: wall minus life's clock; ``slept_ms``: how long the machine slept in this life."""
        if abs(off_by_ms) <= TOLERANCE_MS:
            was_off, self._since_ms, self._off_ms = self._since_ms is not None, None, 0
            return Finding.AGREES if was_off else Finding.NOTHING
        if slept_ms > TOLERANCE_MS and abs(off_by_ms - slept_ms) <= TOLERANCE_MS:
            return Finding.SLEPT
        if self._since_ms is None or abs(off_by_ms - self._off_ms) > TOLERANCE_MS:
            self._since_ms, self._off_ms = now_ms, off_by_ms
            return Finding.DISAGREES
        return Finding.SETTLED if now_ms - self._since_ms >= self.stable_ms else Finding.NOTHING

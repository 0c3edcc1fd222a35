"""When the monitor has more to do than it can: what is said of it, and which results it makes doubtful. Pure.

A loop that lags finds a time-out that was none: the answer lay there unread. Without file descriptors no connection can
be made. A run that fails while either is so is suspect, and `unknown` instead of `down`. A long queue alone falsifies
nothing: what begins late is told as late, what never begins as missed.
"""

from __future__ import annotations

from dataclasses import dataclass

LAG_MS = 1_000                           # as long as the shortest deadline that is usual
DESCRIPTOR_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is measured at one moment. ``descriptors`` may be 0 where nobody counted."""

    lag_ms: int = 0                      # how late the loop was
    descriptors: int = 0                 # open files and sockets
    most_descriptors: int = 0
    waiting: int = 0                     # runs that are due and have no place
    under_way: int = 0
    most_under_way: int = 0


def falsifying(load: Load) -> tuple[str, ...]:
    """Say what makes failures doubtful, a sentence each."""
    found = []
    if load.lag_ms > LAG_MS:
        found.append(f"the loop was {load.lag_ms} ms late")
    if load.most_descriptors and load.descriptors > DESCRIPTOR_SHARE * load.most_descriptors:
        found.append(f"{load.descriptors} of {load.most_descriptors} file descriptors are in use")
    return tuple(found)


def overloads(load: Load) -> tuple[str, ...]:
    """Say everything that there is too much of, a sentence each."""
    found = list(falsifying(load))
    if load.most_under_way and load.under_way >= load.most_under_way and load.waiting > load.most_under_way:
        found.append(
            f"{load.waiting} runs wait for a place, {load.under_way} of at most {load.most_under_way} are under way",
        )
    return tuple(found)


class Overload:
    """Remembers when failures were doubtful, so that a run can be asked about its whole length."""

    __slots__ = ("_last_ms", "_why", "now")

    def __init__(self) -> None:
        self._last_ms, self._why = -1, ""
        self.now: tuple[str, ...] = ()   # what there is too much of at this moment

    def take(self, now_ms: int, load: Load) -> None:
        """Take a measurement in."""
        self.now = overloads(load)
        doubts = falsifying(load)
        if doubts:
            self._last_ms, self._why = now_ms, " and ".join(doubts)

    def since(self, started_ms: int) -> str:
        """Say why a run that began at ``started_ms`` and ends now is suspect, "" where it is not."""
        return self._why if self._last_ms >= started_ms else ""

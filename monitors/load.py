"""How much of the process is in use: its file descriptors, counted seldom, since counting thousands takes time."""

from __future__ import annotations

import os
import resource

FOLDER = "/proc/self/fd"
EVERY_BEATS = 4
SELDOM_BEATS = 40
BUSY_SHARE = 10                          # one place in so many is taken


def open_descriptors() -> int:
    """Count the open files and sockets of this process; 0 where the system does not tell."""
    try:
        return len(os.listdir(FOLDER))   # noqa: PTH208 - no path is made of each of thousands
    except OSError:                      # no descriptor is left even for the question
        return most_descriptors()


def most_descriptors() -> int:
    """Give the most that it may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if soft == resource.RLIM_INFINITY else soft


class Descriptors:
    """A count that is at most a second old while the monitor is busy, and ten while it is not."""

    __slots__ = ("_beats", "count")

    def __init__(self) -> None:
        self._beats = SELDOM_BEATS
        self.count = 0

    def beat(self, *, under_way: int, limit: int) -> None:
        """Count anew, if it is time."""
        self._beats += 1
        every = EVERY_BEATS if under_way * BUSY_SHARE > limit else SELDOM_BEATS
        if self._beats >= every:
            self._beats = 0
            self.count = open_descriptors()

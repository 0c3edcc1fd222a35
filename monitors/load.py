"""How much of the process is in use and may be: file descriptors, counted seldom since that takes time, and memory."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource

FOLDER = "/proc/self/fd"
EVERY_BEATS = 4
SELDOM_BEATS = 40
BUSY_SHARE = 10                          # one place in so many is taken
DESCRIPTORS_A_RUN = 2
ARENA_MAX = -8                           # a number of mallopt(3)
ARENAS = 2
MANY_RUNS = 1_000
ALL_BEATS = 2_400                        # ten minutes
DESCRIPTORS_KEPT = 256                   # for the ledger, pages, name servers


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

def hold_little_memory() -> None:
    """Tell the C library to share two reserves among all threads: by itself each thread has one that it keeps.

    To be called before threads begin; a library without this setting keeps its own. Giving large pieces back at once
    is no bargain: a nation's scrape took 0.3 s of CPU with it and 0.11 s without.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS)


class Garbage:
    """When garbage in cycles is looked for: by Python's own rule, or in small bites where thousands of runs hang.

    Everything stands still meanwhile, and Python's rule looks through all that is alive: where 5,000 runs hung, for
    263 ms of CPU at a time, to find nothing. What a run makes goes with its last reference; only what is new since
    the last beat is looked through then, and all of it every ten minutes.
    """

    __slots__ = ("_beats",)

    def __init__(self) -> None:
        self._beats = 0

    def beat(self, *, under_way: int) -> None:
        """Look for what is new, if it is our turn."""
        if under_way < MANY_RUNS:
            self.end()
            return
        gc.disable()
        self._beats += 1
        gc.collect(0 if self._beats % ALL_BEATS else 2)

    def end(self) -> None:
        """Leave it to Python's own rule."""
        if not gc.isenabled():
            gc.enable()


def give_back_memory() -> None:
    """Give the system what reading a nation's targets left free; a C library without this call keeps it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def possible_runs(wanted: int) -> int:
    """Say how many of ``wanted`` runs at once the hard limit of open files leaves sockets for."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, (hard - DESCRIPTORS_KEPT) // DESCRIPTORS_A_RUN))


def allow_descriptors(wanted: int) -> None:
    """Raise the soft limit of open files to ``wanted`` beyond a reserve, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + DESCRIPTORS_KEPT if hard == resource.RLIM_INFINITY else min(wanted + DESCRIPTORS_KEPT, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

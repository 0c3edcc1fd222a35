"""How often a transaction may write into a service: its budget of tries a day. Pure.

A run that may write takes two tries out of the budget before it begins, and gives back the one it did not need. Days
are UTC days (they begin at 07.00 in Jakarta). Repeats after a bad run never take what the regular runs of the day need,
so that a long outage does not end in not knowing.
"""

from __future__ import annotations

import re

MS_PER_DAY = 86_400_000
TRIES = 2
REPEATS_MS = 30_000                      # see cadence: longer intervals are shortened to it while all is not well
FOR_REPEATS = 240                        # an hour of them
_PER_DAY = re.compile(r"([1-9][0-9]{0,8}) ?/ ?day")


def default_budget(interval_ms: int) -> int:
    """Give the budget of a transaction that names none: two tries for each regular run, and an hour of repeats.

    Every 30 s: 2 x 2,880 = 5,760. Every 5 min: 2 x 288 + 240 = 816.
    """
    return TRIES * regular_runs(interval_ms, MS_PER_DAY) + (FOR_REPEATS if interval_ms > REPEATS_MS else 0)


def regular_runs(interval_ms: int, span_ms: int) -> int:
    """Say how many regular runs a span can hold at most."""
    return -(-span_ms // interval_ms)


def per_day(text: str) -> int:
    """Read ``5000/day``. Raises ValueError."""
    found = _PER_DAY.fullmatch(text.strip())
    if found is None or int(found[1]) < TRIES:
        raise ValueError(f'"{text}": expected tries a day, 2 or more, as in 5000/day')
    return int(found[1])


class WriteBudget:
    """What one transaction has left of its day. ``limit``: tries a day."""

    __slots__ = ("_day", "_used", "interval_ms", "limit")

    def __init__(self, limit: int, interval_ms: int) -> None:
        self.limit, self.interval_ms = limit, interval_ms
        self._day, self._used = -1, 0

    def used(self, now_ms: int) -> int:
        """Say how many tries of the day that ``now_ms`` is in are taken."""
        return self._used if now_ms // MS_PER_DAY == self._day else 0

    def reserve(self, now_ms: int) -> bool:
        """Take both tries of a run, or neither."""
        used = self.used(now_ms)
        if used + TRIES > self.limit:
            return False
        self._day, self._used = now_ms // MS_PER_DAY, used + TRIES
        return True

    def give_back(self, reserved_ms: int, tries: int) -> None:
        """Give back tries that were reserved at ``reserved_ms`` and not needed; those of another day are gone."""
        if reserved_ms // MS_PER_DAY == self._day:
            self._used = max(0, self._used - tries)

    def count(self, at_ms: int, tries: int) -> None:
        """Count tries that were made at ``at_ms`` by a life before this one."""
        used = self.used(at_ms)
        self._day, self._used = at_ms // MS_PER_DAY, used + tries

    def affords_repeat(self, now_ms: int) -> bool:
        """Tell whether a run more still leaves enough for the regular ones until the day ends."""
        left_ms = MS_PER_DAY - now_ms % MS_PER_DAY
        return self.used(now_ms) + TRIES + TRIES * regular_runs(self.interval_ms, left_ms) <= self.limit

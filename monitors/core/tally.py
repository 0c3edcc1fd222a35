"""How many runs were expected and what became of them: the monitor's own coverage. Pure.

Expected = done + missed + dropped + those that wait or are under way. A run is late that began more than a second after
its time; late ones are done all the same. Dropped ones left no record: nobody could have served them after a long
suspension, or their record did not fit any more.
"""

from __future__ import annotations

from collections import deque

LATE_MS = 1_000
BUCKET_MS = 60_000
BUCKETS = 60                             # coverage is of the last hour


class Tally:
    """Counts of one life of the monitor; plain numbers, that may be read from any thread."""

    __slots__ = ("_recent", "done", "dropped", "expected", "late", "missed", "suspect")

    def __init__(self) -> None:
        self.expected = self.done = self.late = self.missed = self.dropped = 0
        self.suspect = 0                 # done, and unknown because the monitor was overloaded
        self._recent: deque[list[int]] = deque(maxlen=BUCKETS)     # [minute, done, missed or dropped]

    def started(self, late_ms: int) -> None:
        """Count a run that began so long after its time."""
        self.late += late_ms > LATE_MS

    def ended(self, now_ms: int) -> None:
        """Count a run that is done."""
        self.done += 1
        self._bucket(now_ms)[1] += 1

    def was_missed(self, now_ms: int) -> None:
        """Count a run that never began."""
        self.missed += 1
        self._bucket(now_ms)[2] += 1

    def was_dropped(self, now_ms: int, runs: int, *, is_new: bool) -> None:
        """Count runs that left no record; ``is_new``: they were not counted as expected before."""
        self.dropped += runs
        self.expected += runs if is_new else 0
        self._bucket(now_ms)[2] += runs

    def coverage(self, now_ms: int) -> float | None:
        """Give the share of the last hour's runs that were done, None where none was due."""
        oldest = now_ms // BUCKET_MS - BUCKETS + 1
        recent = [bucket for bucket in tuple(self._recent) if bucket[0] >= oldest]
        done = sum(bucket[1] for bucket in recent)
        known = done + sum(bucket[2] for bucket in recent)
        return done / known if known else None

    def _bucket(self, now_ms: int) -> list[int]:
        minute = now_ms // BUCKET_MS
        if not self._recent or self._recent[-1][0] < minute:
            self._recent.append([minute, 0, 0])
        return self._recent[-1]

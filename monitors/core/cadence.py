"""When a transaction runs: at a stable phase of its interval, and faster while it is not good.

The phase is a hash of the transaction's key, so that it is the same after every restart and reload, and transactions
spread evenly. It is cut to steps of 20 ms: those that share a step share one wake-up of the monitor.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from monitors.core.model import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.core.model import Run

PHASE_STEP_MS = 20
REPEAT_MS = 30_000
GOOD_RUNS_TO_REST = 2


def transaction_key(agency: str, service: str, transaction: str) -> str:
    """``agency/service/transaction``: how a transaction is named wherever one word must do."""
    return f"{agency}/{service}/{transaction}"


def phase_ms(key: str, interval_ms: int) -> int:
    """Place of a transaction in its interval: 0 <= phase < interval, a multiple of 20 ms.

    It runs at the instants t (milliseconds since 1970) with t mod interval = phase.
    """
    places = max(1, interval_ms // PHASE_STEP_MS)
    digest = blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % places * PHASE_STEP_MS


def ticks(phase: int, interval_ms: int, *, after_ms: int, until_ms: int) -> Iterator[int]:
    """Give the scheduled times t of a phase with ``after_ms < t <= until_ms``, in order."""
    first = after_ms + 1 + (phase - after_ms - 1) % interval_ms
    yield from range(first, until_ms + 1, interval_ms)


def is_missed(scheduled_ms: int, interval_ms: int, now_ms: int) -> bool:
    """Tell whether a run that has not started by now is missed: one interval has gone since its time."""
    return now_ms - scheduled_ms >= interval_ms


class Pace:
    """How fast a transaction runs: every min(interval, 30 s) until two good runs in a row, then every interval.

    A transaction that has not run yet is not good, so a start or a new definition gives its first verdict within 30 s.
    A missed run changes nothing: where the monitor has no capacity, running more often would leave it still less.
    """

    __slots__ = ("_good", "interval_ms", "may_repeat")

    def __init__(self, interval_ms: int) -> None:
        self.interval_ms = interval_ms
        self.may_repeat = True           # not so where a write budget would not last for the regular runs then
        self._good = 0

    @property
    def repeat_ms(self) -> int:
        """The interval while it is not good."""
        return min(self.interval_ms, REPEAT_MS)

    @property
    def current_ms(self) -> int:
        """The interval that holds now."""
        return self.interval_ms if self._good >= GOOD_RUNS_TO_REST or not self.may_repeat else self.repeat_ms

    @property
    def is_repeating(self) -> bool:
        """It runs more often than its definition says."""
        return self.current_ms < self.interval_ms

    def take(self, run: Run) -> None:
        """Take a finished run in."""
        if run.outcome is Outcome.MISSED:
            return
        # good: every critical step passed at once. Slow is good here; asking a slow service more often is no help to it
        good = run.verdict in (Verdict.UP, Verdict.DEGRADED) and not run.first_try_failed
        self._good = self._good + 1 if good else 0

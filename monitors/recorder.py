"""Makes runs durable, and only then visible: a queue, one thread that writes, a batch each quarter of a second.

Probing never waits for the disk. Where the ledger cannot be written, runs wait here, those beyond some thousands packed
in a spool, up to a bound; nothing of them is shown, and what does not fit any more is counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol

from monitors.core.errors import LedgerError
from monitors.core.model import Run
from monitors.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitors.core.history import Gap
    from monitors.core.model import Target
    from monitors.ledger.base import LedgerWriter

BATCH_S = 0.25                           # a batch at most a second, with room for a slow disk
HEARTBEAT_S = 1.0                        # where no run finished
RETRY_MOST_S = 5.0
LIMIT = 50_000                           # runs that wait as they are; some 60 MB at worst
LARGEST_BATCH = 20_000
SPOOL_FROM = 4_000                       # where the ledger refuses, more than these are packed,
SPOOL_BLOCK = 2_000                      # so many together
END_PATIENCE_S = 60.0                    # a slow disk may take long; one that refuses says so at once


class Gauges(Protocol):
    """What the monitor's own metrics are told of the ledger."""

    def appended(self, *, runs: int, duration_s: float, lag_s: float, heartbeat_ms: int) -> None:
        """Count a batch that is durable."""
        ...

    def ledger_failed(self) -> None:
        """Count a batch that the ledger refused."""
        ...

    def backlog(self, runs: int) -> None:
        """Say how many runs wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderState:
    """How recording goes. ``problem``: a sentence where the ledger cannot be written, else ""."""

    batch_age_s: float                   # since the last durable batch (or the start)
    waiting: int
    overflowed: int
    problem: str


class Recorder:
    """Appends to the ledger for one life. ``publish`` gets runs that are durable, on the writing thread.

    ``put``, ``define``, ``gap`` and ``beat`` are called on the loop's thread and never wait.
    """

    def __init__(
        self, ledger: LedgerWriter, *, life: str, now_ms: int, publish: Callable[[Sequence[Run]], None], gauges: Gauges,
        limit: int = LIMIT, batch_s: float = BATCH_S, spool: Spool | None = None,
    ) -> None:
        self._ledger, self._life, self._publish, self._gauges = ledger, life, publish, gauges
        self._limit, self._batch_s = limit, batch_s
        # runs, and between them the definitions that those after it need
        self._queue: deque[Run | tuple[int, tuple[Target, ...]]] = deque()
        self._held: deque[Run | tuple[int, tuple[Target, ...]]] = deque()    # taken by the thread that writes
        self._spool = spool if spool is not None else Spool(None)             # between the two, of that thread alone
        self._spooled = 0
        self._gaps: deque[Gap] = deque()
        self._alive_ms = now_ms
        self._overflowed = 0
        self._problem = ""
        self._durable_s = self._tried_s = time.monotonic()
        self._retry_s = batch_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)

    def put(self, run: Run) -> None:
        """Take a run; counted as overflowed where too many wait."""
        if len(self._queue) + len(self._held) >= self._limit:
            self._overflowed += 1
            return
        self._alive_ms = max(self._alive_ms, run.ended_ms)
        self._queue.append(run)

    def define(self, targets: Sequence[Target], at_ms: int) -> None:
        """Take the definitions that runs from now on belong to."""
        self._queue.append((at_ms, tuple(targets)))

    def gap(self, gap: Gap) -> None:
        """Take a stretch in which nothing could be watched."""
        self._alive_ms = max(self._alive_ms, gap.end_ms)
        self._gaps.append(gap)

    def beat(self, now_ms: int) -> None:
        """Say that the loop is alive: what the heartbeat in the ledger claims."""
        self._alive_ms = max(self._alive_ms, now_ms)

    @property
    def _waiting(self) -> int:
        return len(self._queue) + len(self._held) + self._spooled

    @property
    def state(self) -> RecorderState:
        """How recording goes now."""
        return RecorderState(
            batch_age_s=time.monotonic() - self._durable_s, waiting=self._waiting, overflowed=self._overflowed,
            problem=self._problem,
        )

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self, patience_s: float = END_PATIENCE_S) -> bool:
        """Write what waits and end; False where not all of it became durable."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)
        is_done = not self._waiting and not self._thread.is_alive()
        if is_done:
            self._spool.close()
        return is_done

    def _work(self) -> None:
        while not self._stopping.wait(self._retry_s):
            self._write()
        self._tried_s = 0.0              # the last heartbeat says when this life ended
        self._write()
        while self._waiting and not self._problem:
            self._write()

    def _write(self) -> None:
        """Make durable what waits, batch after batch."""
        is_catching_up = bool(self._problem)
        while True:
            try:
                self._take()
            except OSError as exc:
                self._failed(exc)
                return
            if not self._held and not self._gaps and time.monotonic() - self._tried_s < HEARTBEAT_S:
                return
            self._tried_s = time.monotonic()
            try:
                self._append()
            except Exception as exc:  # noqa: BLE001 - whatever the store meets, probing and trying go on
                self._failed(exc)
                return
            self._retry_s, self._problem = self._batch_s, ""
            if not self._held and not self._spooled:
                if not is_catching_up:
                    return
                is_catching_up = False   # once more, for what stayed in the queue while the ledger refused

    def _take(self) -> None:
        """Take what is oldest: of the spool where something waits there, else of the queue."""
        if self._spooled:
            if not self._held:
                self._held.extend(self._spool.take())
                self._spooled = len(self._spool)
            return
        # what a refusing ledger is offered again does not grow: the rest is packed
        most = SPOOL_FROM if self._problem else LARGEST_BATCH
        while self._queue and len(self._held) < most:
            self._held.append(self._queue.popleft())

    def _append(self) -> None:
        """Write the definitions at the head, or the runs up to the next ones (none: a heartbeat alone)."""
        first = self._held[0] if self._held else None
        if isinstance(first, tuple):
            at_ms, targets = first
            self._ledger.record_targets(targets, life=self._life, at_ms=at_ms)
            self._held.popleft()
            return
        runs = [item for item in takewhile(lambda item: isinstance(item, Run), self._held) if isinstance(item, Run)]
        gaps = tuple(self._gaps)
        # read after the runs were taken, so that none of them ended later
        heartbeat_ms = self._alive_ms
        began_s = time.monotonic()
        self._ledger.append(runs, life=self._life, heartbeat_ms=heartbeat_ms, gaps=gaps)
        self._durable_s = time.monotonic()
        for _ in runs:
            self._held.popleft()
        for _ in gaps:
            self._gaps.popleft()
        self._show(runs, self._durable_s - began_s, heartbeat_ms)

    def _show(self, runs: Sequence[Run], took_s: float, heartbeat_ms: int) -> None:
        oldest_ms = min((run.ended_ms for run in runs), default=heartbeat_ms)
        self._gauges.appended(
            runs=len(runs), duration_s=took_s, lag_s=max(0, self._alive_ms - oldest_ms) / 1000,
            heartbeat_ms=heartbeat_ms,
        )
        self._gauges.backlog(self._waiting)
        if runs:
            self._publish(runs)

    def _failed(self, exc: Exception) -> None:
        told = str(exc) if isinstance(exc, LedgerError) else f"{type(exc).__name__}: {exc}"
        self._problem = f"the ledger cannot be written: {told}"
        self._pack()
        self._gauges.ledger_failed()
        self._gauges.backlog(self._waiting)
        self._retry_s = min(self._retry_s * 2, RETRY_MOST_S)

    def _pack(self) -> None:
        """Move what waits into the spool, as far as there is room: the queue's bound is one of unpacked runs."""
        while len(self._queue) > SPOOL_FROM:
            items = [self._queue.popleft() for _ in range(SPOOL_BLOCK)]
            if not self._spool.put(items):
                self._queue.extendleft(reversed(items))
                break
            self._spooled = len(self._spool)

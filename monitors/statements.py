"""Keeps this month's figures of every service fresh in the metrics, from the ledger, at a few percent of a core."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitors.core.burnrate import LONGEST_MS, burns
from monitors.core.entry import EntryKind
from monitors.core.errors import LedgerError
from monitors.core.hours import covered_spans
from monitors.core.promise_change import EarlyPromise, from_entries, with_early
from monitors.core.sla import SlaStatement, promise_at, statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import month_of, month_window
from monitors.ledger.signatures import verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitors.clock import Clock
    from monitors.core.burnrate import Burn
    from monitors.core.model import Target
    from monitors.ledger.base import LedgerReader

PASS_S = 15.0                            # at the earliest, each service's figures are computed anew after this
SHARE = 20                               # it rests so many times as long as it works
FIRST_S = 1.0                            # the first runs come first
RETRY_S = 5.0


def statement_now(ledger: LedgerReader, target: Target, now_ms: int) -> SlaStatement | None:
    """Compute a service's figures of the month that runs in its agency's zone; None where there are none yet."""
    found = figures_now(ledger, target, now_ms)
    return None if found is None else found[0]


def figures_now(
    ledger: LedgerReader, target: Target, now_ms: int, early: Sequence[EarlyPromise] = (),
) -> tuple[SlaStatement, tuple[Burn, ...]] | None:
    """Compute ``statement_now``, and how fast the budget burns: () where nothing was down of late.

    Burn rates look three days back, into the month before too. ``early``: see ``core/promise_change.py``.
    """
    zone = ZoneInfo(target.time_zone)
    window = month_window(month_of(now_ms, zone), zone)
    since_ms = min(window.start_ms, now_ms - LONGEST_MS)
    history = ledger.history(target.agency, target.service, start_ms=since_ms, end_ms=window.end_ms)
    if history is None:
        return None
    history = with_early(history, early, zone)
    until_ms = min(window.end_ms, data_until(history.lives, now_ms))
    timeline = service_timeline(history, until_ms=until_ms)
    found = statement(history, timeline, window)
    if found is None:
        return None
    promise = promise_at(history, found.start_ms)
    hours = covered_spans(promise.hours, (until_ms - LONGEST_MS, until_ms), zone) if promise.hours else None
    lately = burns(timeline, until_ms, promise.target, covered=hours)
    return found, lately if any(one.down_ms for one in lately) else ()


def early_promises(ledger: LedgerReader) -> tuple[EarlyPromise, ...]:
    """Read the signed decisions that a changed promise counts at once."""
    told = ledger.entries(EntryKind.PROMISE)
    return from_entries(told, verifier(ledger.entries(EntryKind.KEY))) if told else ()


class Statements:
    """A thread that goes through the services again and again. ``open_reader`` gives it a view of its own."""

    def __init__(
        self, open_reader: Callable[[], LedgerReader], clock: Clock,
        show: Callable[[SlaStatement, Sequence[Burn]], None], *, first_s: float = FIRST_S, retry_s: float = RETRY_S,
    ) -> None:
        self._open_reader, self._clock, self._show = open_reader, clock, show
        self._first_s, self._retry_s = first_s, retry_s
        self._targets: tuple[Target, ...] = ()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="statements", daemon=True)

    def watch(self, targets: Sequence[Target]) -> None:
        """Say which services there are from now on."""
        self._targets = tuple(targets)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End. A repeat is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(RETRY_S)

    def _work(self) -> None:
        rest_s = self._first_s
        while not self._stopping.wait(rest_s):
            began_s = time.monotonic()
            try:
                self._pass()
            except LedgerError:          # the writer tells of it; figures stay as they were
                rest_s = self._retry_s
                continue
            rest_s = max(FIRST_S, PASS_S - (time.monotonic() - began_s))

    def _pass(self) -> None:
        ledger = self._open_reader()
        try:
            early = early_promises(ledger)
            for target in self._targets:
                began_s = time.monotonic()
                figures = figures_now(ledger, target, self._clock.now_ms, early)
                if figures is not None:
                    self._show(*figures)
                if self._stopping.wait((time.monotonic() - began_s) * SHARE):
                    return
        finally:
            ledger.close()

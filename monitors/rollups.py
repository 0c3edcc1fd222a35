"""Rolls up days that are settled, on a thread of its own and at a low pace, while the monitor writes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from monitors.core.errors import LedgerError, UsageError
from monitors.ledger.sqlite_rollup_job import Rolled, SqliteRollups

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.clock import Clock
    from monitors.ledger_name import LedgerName

FIRST_S = 120.0                          # what a start needs comes first
EVERY_S = 60.0
SHARE = 10                               # it rests so many times as long as it works
PATIENCE_S = 15.0


class Rollups:
    """``on_note`` gets a sentence for the operator where days cannot be rolled up. Of a ledger in a file alone."""

    def __init__(
        self, ledger: LedgerName, clock: Clock, on_note: Callable[[str], None], *, first_s: float = FIRST_S,
    ) -> None:
        self._path = ledger if isinstance(ledger, Path) else None
        self._clock, self._on_note, self._first_s = clock, on_note, first_s
        self._told = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rollups", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._path is not None:
            self._thread.start()

    def stop(self) -> None:
        """End between two services. A repeat is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)

    def roll(self) -> Rolled:
        """Roll up what is due now."""
        if self._path is None:
            return Rolled()
        try:
            ledger = SqliteRollups(self._path)
            try:
                done = ledger.roll(
                    now_ms=self._clock.now_ms, pause=lambda worked_s: self._stopping.wait(worked_s * SHARE),
                    is_stopped=self._stopping.is_set,
                )
            finally:
                ledger.close()
        except (LedgerError, UsageError) as exc:         # tried again in a minute; told once
            told = f"days could not be rolled up: {exc}"
            if told != self._told:
                self._on_note(told)
            self._told = told
            return Rolled()
        self._told = ""
        return done

    def _work(self) -> None:
        rest_s = self._first_s
        while not self._stopping.wait(rest_s):
            self.roll()
            rest_s = EVERY_S

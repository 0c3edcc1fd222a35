"""Lets go of old raw runs once an hour, on a thread of its own and at a low pace, while the monitor writes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from monitors.core.errors import LedgerError
from monitors.ledger.opening import open_tidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.clock import Clock
    from monitors.ledger.retention import RetentionRules
    from monitors.ledger_name import LedgerName

FIRST_S = 300.0                          # what a start needs comes first
EVERY_S = 3_600.0
PATIENCE_S = 15.0


class Tidying:
    """``on_note`` gets a sentence for the operator: what was let go, or why it could not be."""

    def __init__(
        self, ledger: LedgerName, rules: RetentionRules, clock: Clock, on_note: Callable[[str], None], *,
        first_s: float = FIRST_S,
    ) -> None:
        self._ledger, self._rules, self._clock, self._on_note = ledger, rules, clock, on_note
        self._first_s = first_s
        self._told = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="tidying", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End between two steps. A repeat is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)

    def tidy(self) -> None:
        """Let go of what is due now."""
        try:
            ledger = open_tidy(self._ledger)
            try:
                done = ledger.tidy(
                    self._rules, now_ms=self._clock.now_ms, pause=self._stopping.wait,
                    is_stopped=self._stopping.is_set,
                )
            finally:
                ledger.close()
        except LedgerError as exc:       # tried again in an hour; told once
            told = f"old raw runs could not be let go: {exc}"
            if told != self._told:
                self._on_note(told)
            self._told = told
            return
        self._told = ""
        for one in done:
            self._on_note(
                f"raw runs of {one.day} (UTC) were let go by {one.reason}: {one.gone} gone, {one.kept} kept; "
                "no figure changes",
            )

    def _work(self) -> None:
        rest_s = self._first_s
        while not self._stopping.wait(rest_s):
            self.tidy()
            rest_s = EVERY_S

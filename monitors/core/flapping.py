"""Whether somebody is to be alerted of a transaction: clear, raised, or flapping as a state of its own. Pure.

A run that is `down` raises at once: its second try has confirmed it. Two good runs in a row clear. A run whose first
try failed and whose second passed does neither; nor does one that is `unknown`. Four changes within half an hour are
flapping: one alert in place of four messages, until there was no change for half an hour. The ledger knows nothing of
this: there every bad interval counts.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.model import Verdict

if TYPE_CHECKING:
    from monitors.core.model import Run

GOOD_RUNS_TO_CLEAR = 2
CHANGES = 4                              # two outages and two ends
WINDOW_MS = 1_800_000


class AlertState(StrEnum):
    """What an alert says of a transaction."""

    CLEAR = "clear"
    RAISED = "raised"
    FLAPPING = "flapping"


class Alerting:
    """The state of one transaction, run after run in the order of their starts."""

    __slots__ = ("_changes", "_good", "_is_flapping", "is_raised")

    def __init__(self) -> None:
        self.is_raised = False           # down, and not good again for two runs
        self._is_flapping = False
        self._good = 0
        self._changes: deque[int] = deque(maxlen=CHANGES)

    def take(self, run: Run) -> AlertState:
        """Take a run in; returns the state at its start."""
        at_ms = run.started_ms
        if run.verdict is Verdict.DOWN:
            self._good = 0
            self._turn(at_ms, is_raised=True)
        elif run.verdict is not Verdict.UNKNOWN:
            self._good = 0 if run.first_try_failed else self._good + 1
            if self._good >= GOOD_RUNS_TO_CLEAR:
                self._turn(at_ms, is_raised=False)
        return self.state(at_ms)

    def state(self, now_ms: int) -> AlertState:
        """Say what holds at ``now_ms``, a time after the last run."""
        if self._is_flapping and now_ms - self._changes[-1] >= WINDOW_MS:
            self._is_flapping = False
        if self._is_flapping:
            return AlertState.FLAPPING
        return AlertState.RAISED if self.is_raised else AlertState.CLEAR

    def _turn(self, at_ms: int, *, is_raised: bool) -> None:
        if is_raised is self.is_raised:
            return
        self.state(at_ms)                # what was over by now is over
        self.is_raised = is_raised
        self._changes.append(at_ms)
        if len(self._changes) == CHANGES and at_ms - self._changes[0] < WINDOW_MS:
            self._is_flapping = True

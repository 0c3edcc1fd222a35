"""The figures of agencies and services as ``siaga24 sla show`` has them, before they are printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from monitors.core.model import Target, Verdict
from monitors.core.outlook import Outlook
from monitors.core.promise_change import Change, EarlyPromise
from monitors.core.sla import AgencyStatement, SlaStatement
from monitors.core.split import Split
from monitors.core.timeline import FRESH_MS
from monitors.core.vantage_figures import VantageFigures
from monitors.core.window import Window
from monitors.core.wording import instant, month_name
from monitors.figures import Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFigures:
    """One service. ``statement`` is None where its life does not reach into the window."""

    target: Target
    statement: SlaStatement | None
    verdict: Verdict                     # now
    since_ms: int                        # since when
    beside: Beside = field(default_factory=Beside)   # without maintenance, as corrected, what is disputed
    split: Split | None = None           # in office hours and outside them
    outlook: Outlook | None = None       # what can be proven, and what is left of the budget
    by_vantage: tuple[VantageFigures, ...] = ()  # where several watch it: what each saw
    changes: tuple[Change, ...] = ()     # of its definition, within the window
    early: tuple[EarlyPromise, ...] = ()  # decisions on them

    @property
    def in_force(self) -> SlaStatement | None:
        """The statement that counts: as corrected by a ruling, where there is one."""
        corrected = self.beside.corrected
        return self.statement if corrected is None else corrected.in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFigures:
    """One agency with its services. All times by the clock of ``zone``."""

    agency: str
    name: str
    zone: ZoneInfo
    window: Window
    now_ms: int
    heartbeat_ms: int                    # of the newest sign of life in the ledger
    services: tuple[ServiceFigures, ...]
    statement: AgencyStatement           # of what was measured
    corrected: AgencyStatement | None = None     # of what counts, where a ruling corrected anything

    @property
    def is_open(self) -> bool:
        """Whether the window still runs, or runs that decide over its end are still to come."""
        return any(one.statement is not None and not one.statement.is_final for one in self.services) or (
            self.now_ms < self.window.end_ms
        )

    @property
    def includes_now(self) -> bool:
        """Whether what a service is now belongs into the window."""
        return self.now_ms <= self.window.end_ms

    @property
    def is_watched(self) -> bool:
        """Whether a monitor lives."""
        return self.now_ms - self.heartbeat_ms <= FRESH_MS

    @property
    def data_ms(self) -> int:
        """Up to when the figures reach."""
        return min(self.window.end_ms, self.heartbeat_ms if self.is_watched else self.now_ms)

    @property
    def window_words(self) -> str:
        """The window in words: November 2026, or a range."""
        if self.window.month:
            return month_name(self.window.month)
        return f"{instant(self.window.start_ms, self.zone)} to {instant(self.window.end_ms, self.zone)}"

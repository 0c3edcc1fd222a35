"""Figures read from the ledger with what people told of them: maintenance, rulings, disputes, retirement.

Commands and reports read a service's figures here, so that both have the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from monitors.calendars import calendar
from monitors.core.burnrate import LONGEST_MS
from monitors.core.correction import CorrectedFigures, Correction, corrected_figures
from monitors.core.correction import from_entries as corrections_of
from monitors.core.dispute import Dispute
from monitors.core.dispute import from_entries as disputes_of
from monitors.core.entry import Entry, EntryKind
from monitors.core.history import ServiceHistory
from monitors.core.hours import covered_spans
from monitors.core.maintenance import Maintenance
from monitors.core.maintenance import from_entries as maintenance_of
from monitors.core.maintenance_figures import AgreedFigures, agreed, pieces
from monitors.core.model import Target
from monitors.core.outlook import Outlook, outlook
from monitors.core.promise_change import Change, EarlyPromise, changes, with_early
from monitors.core.promise_change import from_entries as early_of
from monitors.core.retirement import end_of_life, vanished, with_vanished, within_life
from monitors.core.retirement import from_entries as retirements_of
from monitors.core.sla import SlaStatement, covered, promise_at, statement
from monitors.core.split import Split, split
from monitors.core.timeline import ServiceTimeline, data_until, service_timeline
from monitors.core.vantage_figures import VantageFigures, by_vantage
from monitors.core.window import Window
from monitors.ledger.base import LedgerReader
from monitors.ledger.signatures import verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What people told of one agency."""

    maintenance: tuple[Maintenance, ...]
    disputes: tuple[Dispute, ...]
    corrections: tuple[Correction, ...]
    entries: tuple[Entry, ...]           # of retirement
    early: tuple[EarlyPromise, ...] = ()  # changed promises that count for the month in which they were changed

    def lived(
        self, agency: str, service: str, timeline: ServiceTimeline, window: Window,
    ) -> tuple[ServiceTimeline, Window | None]:
        """Cut a window where the service's life ended (None: before it); what vanished counts as down."""
        end_ms = end_of_life(retirements_of(self.entries), agency, service)
        lost = vanished(self.entries, agency, service)
        return with_vanished(timeline, lost, end_ms), within_life(window, end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The figures beside those of one service; None where there is nothing of the kind."""

    agreed: AgreedFigures | None = None
    corrected: CorrectedFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRead:
    """What the ledger says of one service in a window.

    ``window``: up to the end of the service's life; None, as ``statement``, where it ended before the window asked for.
    """

    history: ServiceHistory
    timeline: ServiceTimeline            # as measured; what vanished counts as down
    window: Window | None
    statement: SlaStatement | None
    beside: Beside = field(default_factory=Beside)
    split: Split | None = None           # in office hours and outside them
    outlook: Outlook | None = None       # what the promise can prove, and what is left of its budget
    by_vantage: tuple[VantageFigures, ...] = ()  # where several watch it: what each saw
    changes: tuple[Change, ...] = ()     # of its definition, within the window
    early: tuple[EarlyPromise, ...] = ()  # decisions on them


def told_of(reader: LedgerReader, agency: str) -> Told:
    """Read what was told of an agency; of keys all that the ledger has."""
    entries = reader.entries(agency=agency)
    is_signed = verifier(entries)
    return Told(
        maintenance=maintenance_of(entries), disputes=disputes_of(entries, is_signed),
        corrections=corrections_of(entries, is_signed),
        entries=tuple(entry for entry in entries if entry.kind is EntryKind.RETIREMENT),
        early=early_of(entries, is_signed),
    )


def beside(
    told: Told, history: ServiceHistory, timeline: ServiceTimeline, window: Window, zone: ZoneInfo,
) -> Beside:
    """Compute what stands beside a service's figures of a window."""
    start_ms, until_ms = max(window.start_ms, timeline.start_ms), min(window.end_ms, timeline.until_ms)
    if start_ms >= until_ms:
        return Beside()
    parts = pieces(told.maintenance, history.agency, history.service, zone)
    without = agreed(timeline, (start_ms, until_ms), parts, covered=covered(history, timeline, window))
    found = corrected_figures(
        history, timeline, window, corrections=told.corrections, disputes=told.disputes,
    ) if told.disputes else None         # a correction stands only on a dispute
    return Beside(
        agreed=without if without.pieces else None,
        corrected=found if found is not None and (found.corrections or found.disputes) else None,
    )


def read_service(
    reader: LedgerReader, target: Target, window: Window, told: Told, now_ms: int, *, calendar_version: str = "",
) -> ServiceRead | None:
    """Read a service's figures of a window; None where the ledger has nothing of it there.

    ``calendar_version``: of the days off; the newest one where none is named.
    """
    zone = ZoneInfo(target.time_zone)
    # burn rates look three days back, into the month before too
    since_ms = min(window.start_ms, now_ms - LONGEST_MS) if now_ms < window.end_ms else window.start_ms
    history = reader.history(target.agency, target.service, start_ms=since_ms, end_ms=window.end_ms)
    if history is None:
        return None
    changed = changes(history, (window.start_ms, window.end_ms))
    history = with_early(history, told.early, zone)
    measured = service_timeline(history, until_ms=data_until(history.lives, now_ms))
    timeline, lived = told.lived(target.agency, target.service, measured, window)
    if lived is None:                    # retired before the window
        return ServiceRead(history=history, timeline=timeline, window=None, statement=None)
    found = statement(history, timeline, lived)
    return ServiceRead(
        history=history, timeline=timeline, window=lived, statement=found,
        beside=beside(told, history, timeline, lived, zone),
        split=split(
            timeline, (lived.start_ms, lived.end_ms), zone, calendar(calendar_version), history.target.office_hours,
            covered=covered(history, timeline, lived),
        ),
        outlook=outlook(history, timeline, lived, found) if found is not None else None,
        by_vantage=by_vantage(
            history, lived, found, until_ms=timeline.until_ms,
            counted=covered_spans(promise_at(history, found.start_ms).hours, (found.start_ms, found.end_ms), zone),
        ) if found is not None else (),
        changes=changed, early=tuple(
            one for one in told.early
            if one.service == target.service and one.digest in {change.digest for change in changed}
        ),
    )

"""Beside a service's figures: the one without agreed maintenance, what rulings made of it, and what is disputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from monitors.core.correction import CorrectedFigures, Correction, corrected_figures
from monitors.core.correction import from_entries as corrections_of
from monitors.core.dispute import Dispute
from monitors.core.dispute import from_entries as disputes_of
from monitors.core.entry import Entry, EntryKind
from monitors.core.history import ServiceHistory
from monitors.core.maintenance import Maintenance, Standing
from monitors.core.maintenance import from_entries as maintenance_of
from monitors.core.maintenance_figures import AgreedFigures, agreed, pieces
from monitors.core.retirement import end_of_life, vanished, with_vanished, within_life
from monitors.core.retirement import from_entries as retirements_of
from monitors.core.timeline import ServiceTimeline
from monitors.core.window import Window
from monitors.core.wording import duration, percent, share_percent
from monitors.ledger.base import LedgerReader
from monitors.ledger.signatures import verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What people told of one agency."""

    maintenance: tuple[Maintenance, ...]
    disputes: tuple[Dispute, ...]
    corrections: tuple[Correction, ...]
    entries: tuple[Entry, ...]           # of retirement

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


def told_of(reader: LedgerReader, agency: str) -> Told:
    """Read what was told of an agency; of keys all that the ledger has."""
    entries = reader.entries(agency=agency)
    is_signed = verifier(entries)
    return Told(
        maintenance=maintenance_of(entries), disputes=disputes_of(entries, is_signed),
        corrections=corrections_of(entries, is_signed),
        entries=tuple(entry for entry in entries if entry.kind is EntryKind.RETIREMENT),
    )


def beside(
    told: Told, history: ServiceHistory, timeline: ServiceTimeline, window: Window, zone: ZoneInfo,
) -> Beside:
    """Compute what stands beside a service's figures of a window."""
    start_ms, until_ms = max(window.start_ms, timeline.start_ms), min(window.end_ms, timeline.until_ms)
    if start_ms >= until_ms:
        return Beside()
    parts = pieces(told.maintenance, history.agency, history.service, zone)
    without = agreed(timeline, (start_ms, until_ms), parts)
    found = corrected_figures(
        history, timeline, window, corrections=told.corrections, disputes=told.disputes,
    ) if told.disputes else None         # a correction stands only on a dispute
    return Beside(
        agreed=without if without.pieces else None,
        corrected=found if found is not None and (found.corrections or found.disputes) else None,
    )


def remarks(key: str, one: Beside) -> Iterator[str]:
    """Say in sentences what stands beside the figures of a service."""
    if one.agreed is not None:
        figures = one.agreed
        line = (
            f"{key} without agreed maintenance ({duration(figures.excluded_ms)} left out): "
            f"{percent(figures.good_ms, figures.known_ms)} available, down {duration(figures.down_ms)}"
        )
        not_counted = sorted({p.standing.value for p in figures.pieces if p.standing is not Standing.EXCLUDED})
        yield line + (f"; not left out: {', '.join(not_counted)}" if not_counted else "")
    if one.corrected is not None and one.corrected.corrected is not None:
        was, now = one.corrected.original, one.corrected.corrected
        rulings = ", ".join(str(correction.dispute) for correction in one.corrected.corrections)
        yield (
            f"{key} corrected by the ruling on dispute {rulings}: {percent(now.good_ms, now.known_ms)} available, down "
            f"{duration(now.down_ms)}, {now.judgement.value}; measured {percent(was.good_ms, was.known_ms)}, down "
            f"{duration(was.down_ms)}, {was.judgement.value}"
        )
    if one.corrected is not None and one.corrected.disputed_ms:
        names = ", ".join(str(dispute.number) for dispute in one.corrected.disputes if not dispute.is_ruled)
        yield f"{key}: {duration(one.corrected.disputed_ms)} disputed and not ruled upon (dispute {names})"


def as_plain(one: Beside) -> dict[str, Any]:
    """Write what stands beside the figures as plain values."""
    plain: dict[str, Any] = {"disputed_ms": one.corrected.disputed_ms if one.corrected is not None else 0}
    if one.agreed is not None:
        figures = one.agreed
        plain["without_agreed_maintenance"] = {
            "availability_percent": share_percent(figures.good_ms, figures.known_ms),
            "excluded_ms": figures.excluded_ms, "good_ms": figures.good_ms, "known_ms": figures.known_ms,
            "down_ms": figures.down_ms, "unknown_ms": figures.unknown_ms, "possibly_down_ms": figures.possibly_down_ms,
            "certainly_down_ms": figures.certainly_down_ms,
            "windows": [
                {"number": p.maintenance.number, "ms": p.end_ms - p.start_ms, "standing": p.standing.value}
                for p in figures.pieces
            ],
        }
    if one.corrected is not None and one.corrected.corrected is not None:
        now = one.corrected.corrected
        plain["corrected"] = {
            "availability_percent": share_percent(now.good_ms, now.known_ms),
            "low_percent": share_percent(now.observed_ms - now.possibly_down_ms, now.observed_ms),
            "high_percent": share_percent(now.observed_ms - now.certainly_down_ms, now.observed_ms),
            "judgement": now.judgement.value, "up_ms": now.up_ms, "degraded_ms": now.degraded_ms,
            "down_ms": now.down_ms, "unknown_ms": now.unknown_ms,
            "disputes": [correction.dispute for correction in one.corrected.corrections],
        }
    return plain

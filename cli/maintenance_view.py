"""What a maintenance window came to: which part of it counts, and what the services under it were meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cli.ledger_view import zone_of
from monitors.core.entry import EntryKind
from monitors.core.maintenance import Maintenance, Standing, from_entries
from monitors.core.maintenance_figures import Piece, overrun, pieces
from monitors.core.model import Verdict
from monitors.core.span import clip, total
from monitors.core.timeline import data_until, service_timeline
from monitors.ledger.base import LedgerReader

NATIONAL = ZoneInfo("Asia/Jakarta")
LONGEST_OVERRUN_MS = 86_400_000          # looked for after the window's end


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSeen:
    """One service under a window."""

    service: str
    pieces: tuple[Piece, ...]
    down_ms: int                         # within the window
    overrun_ms: int                      # down on after its end

    @property
    def excluded_ms(self) -> int:
        """How much of the window is left out of its second figure."""
        return sum(piece.end_ms - piece.start_ms for piece in self.pieces if piece.standing is Standing.EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A window with the services under it."""

    window: Maintenance
    zone: ZoneInfo
    services: tuple[ServiceSeen, ...]

    @property
    def excluded_ms(self) -> int:
        """The most that is left out of one service's figure."""
        return max((one.excluded_ms for one in self.services), default=0)

    @property
    def overrun_ms(self) -> int:
        """The longest that one service stayed down after it."""
        return max((one.overrun_ms for one in self.services), default=0)

    @property
    def standing(self) -> str:
        """Say in words whether it counts."""
        found = {piece.standing for one in self.services for piece in one.pieces}
        if found == {Standing.EXCLUDED, Standing.OVER_CAP}:
            return f"{Standing.EXCLUDED.value} in part, rest {Standing.OVER_CAP.value}"
        return next(iter(found)).value if len(found) == 1 else self.window.standing.value


def seen(reader: LedgerReader, window: Maintenance, now_ms: int = 0) -> Seen:
    """Look at a window. ``now_ms`` 0: without what the services were in it."""
    targets = [d.target for d in reader.definitions() if window.concerns(d.target.agency, d.target.service)]
    zone = zone_of(targets[0]) if targets else NATIONAL
    known = from_entries(reader.entries(EntryKind.MAINTENANCE))
    services = []
    for target in targets:
        parts = [
            piece for piece in pieces(known, target.agency, target.service, zone_of(target))
            if piece.maintenance.number == window.number
        ]
        down_ms = overrun_ms = 0
        if window.start_ms < now_ms:
            down_ms, overrun_ms = _down(reader, target.agency, target.service, window, now_ms)
        services.append(ServiceSeen(
            service=target.service, pieces=tuple(parts), down_ms=down_ms, overrun_ms=overrun_ms,
        ))
    return Seen(window=window, zone=zone, services=tuple(services))


def _down(reader: LedgerReader, agency: str, service: str, window: Maintenance, now_ms: int) -> tuple[int, int]:
    history = reader.history(agency, service, start_ms=window.start_ms, end_ms=window.ended_ms + LONGEST_OVERRUN_MS)
    if history is None:
        return 0, 0
    timeline = service_timeline(history, until_ms=data_until(history.lives, now_ms))
    after = overrun(window, timeline)
    within = total(clip(timeline.spans(Verdict.DOWN), (window.start_ms, max(window.ended_ms, window.start_ms))))
    return within, after[1] - after[0] if after else 0

"""What stores share in reading: series, what their stretches depend on, and how far a lane is read. No SQL in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from monitors.core.history import GOOD, Definition
from monitors.ledger.rows import Names, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitors.core.history import Gap, Life, Stretch


class SeriesRow(NamedTuple):
    """A series with the life it belongs to."""

    id: int
    agency: str
    service: str
    transaction: str
    vantage: str
    life: str
    life_id: int
    opened_ms: int
    heartbeat_ms: int
    folded_ms: int

    @property
    def names(self) -> Names:
        """What it stands for."""
        return Names(self.agency, self.service, self.transaction, self.vantage, self.life)


class Facts(NamedTuple):
    """What the stretches of one service depend on beside its runs."""

    lives: Sequence[Life]
    gaps: Sequence[Gap]
    definitions: Sequence[Definition]
    breaks: dict[str, tuple[int, ...]]


def definition_of_row(row: Sequence[Any]) -> Definition:
    """Read a definition of vantage, life, recorded_ms, digest and document."""
    vantage, life, recorded_ms, digest, document = row
    return Definition(vantage=vantage, life=life, recorded_ms=recorded_ms, digest=digest, target=target_of(document))


def steps_at(definitions: Sequence[Definition], series: SeriesRow, at_ms: int) -> tuple[tuple[str, bool], ...]:
    """Give (name, is critical) of the steps that the series' transaction had at a moment."""
    found: tuple[tuple[str, bool], ...] = ()
    for definition in definitions:
        if definition.vantage != series.vantage or (found and definition.recorded_ms > at_ms):
            continue
        for transaction in definition.target.transactions:
            if transaction.name == series.transaction:
                found = tuple((step.name, step.critical) for step in transaction.steps)
    return found


def along(
    lane: Sequence[SeriesRow], start_ms: int, end_ms: int, read: Callable[[SeriesRow], list[Stretch]],
) -> Iterator[tuple[SeriesRow, list[Stretch]]]:
    """Read one transaction at one vantage: back to a good run before the window, on to one after it.

    ``lane``: its series in the order their lives were opened. ``read`` gives one's stretches.
    """
    inside = [s for s in lane if s.heartbeat_ms >= start_ms and s.opened_ms < end_ms]
    before = [s for s in lane if s.heartbeat_ms < start_ms]
    after = [s for s in lane if s.heartbeat_ms >= start_ms and s.opened_ms >= end_ms]
    needs_before, needs_after = True, True
    for series in inside:
        part = read(series)
        needs_before = needs_before and not any(s.verdict in GOOD and s.last_start_ms < start_ms for s in part)
        needs_after = needs_after and not any(s.verdict in GOOD and s.start_ms >= end_ms for s in part)
        yield series, part
    while needs_before and before:
        series = before.pop()
        part = read(series)
        needs_before = not any(s.verdict in GOOD for s in part)
        yield series, part
    while needs_after and after:
        series = after.pop(0)
        part = read(series)
        needs_after = not any(s.verdict in GOOD for s in part)
        yield series, part

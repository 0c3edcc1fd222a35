"""The nation's figures of a month from a ledger's roll-ups: as measured, and as rulings on disputes corrected them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.entry import EntryKind
from monitors.core.nation import NationStatement, Registered, nation_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitors.core.correction import Correction
    from monitors.core.rollup_month import MonthRollup
    from monitors.core.timeline import ServiceTimeline
    from monitors.ledger.sqlite_rollup import SqliteRollupReader


@dataclass(frozen=True, slots=True, kw_only=True)
class NationRead:
    """Both statements of a month. ``corrected`` is None where no ruling touches it."""

    measured: NationStatement
    corrected: NationStatement | None
    rulings: int                         # that touch the month


def nation_of_month(
    reader: SqliteRollupReader, month: str, registered: Iterable[Registered], *, now_ms: int,
) -> NationRead:
    """Read a month of all agencies; those that nobody registered are told by what was recorded with their services."""
    with reader.snapshot():
        rolled = reader.month_rollups(month)
        told = tuple(registered)
        known = {one.code for one in told}
        told = (*told, *reader.agency_heads(sorted({one.agency for one in rolled} - known)))
        rulings = _rulings(reader)
        touched = {
            (one.agency, one.service): found for one in rolled
            if (found := [ruling for ruling in rulings if _touches(ruling, one)])
        }
        laid = [
            reader.month_laid(one, _laying(touched[one.agency, one.service]), now_ms=now_ms)
            if (one.agency, one.service) in touched else one for one in rolled
        ]
    return NationRead(
        measured=nation_statement(month, rolled, told), rulings=sum(len(found) for found in touched.values()),
        corrected=nation_statement(month, laid, told) if touched else None,
    )


def _rulings(reader: SqliteRollupReader) -> Sequence[Correction]:
    corrections = reader.entries(EntryKind.CORRECTION)
    if not corrections:                  # the common case: nothing to verify, and no cryptography to load
        return ()
    from monitors.core.correction import from_entries  # noqa: PLC0415
    from monitors.ledger.signatures import verifier  # noqa: PLC0415

    entries = (*corrections, *reader.entries(EntryKind.DISPUTE), *reader.entries(EntryKind.KEY))
    return from_entries(entries, verifier(entries))


def _laying(rulings: Sequence[Correction]) -> Callable[[ServiceTimeline], ServiceTimeline]:
    from monitors.core.correction import corrected  # noqa: PLC0415

    return lambda timeline: corrected(timeline, rulings)


def _touches(ruling: Correction, month: MonthRollup) -> bool:
    is_of_it = (ruling.agency, ruling.service) == (month.agency, month.service)
    return is_of_it and ruling.start_ms < month.until_ms and ruling.end_ms > month.start_ms

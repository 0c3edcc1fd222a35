"""Reads the raw runs of some series on one day as they were digested, with the texts of their evidence.

Lines are written by SQLite itself where a run has no evidence: a nation's day has 37 million. What is read equals
``SqliteBlocks.lines``, which made the blocks; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from monitors.core.seal_lines import evidence_digest
from monitors.ledger.packing import unpacked
from monitors.ledger.sqlite_days import DAY_MINUTES, names_of

if TYPE_CHECKING:
    from monitors.ledger.sql import Sql

DAY_HOURS = 24
HOUR_MINUTES = 60
RUNS = """
WITH RECURSIVE minutes (minute) AS (
    SELECT :first UNION ALL SELECT minute + 1 FROM minutes WHERE minute < :last
)
SELECT r.series, r.minute, r.sequence, r.code, r.minute || ',' || r.sequence || ',' || r.offset_ms || ',' || r.late_ms
    || ',' || r.took_ms || ',' || r.code || ',' || coalesce(lower(hex(r.phases)), '') || ','
FROM minutes CROSS JOIN {run} r WHERE r.minute = minutes.minute AND r.series BETWEEN :low AND :high
"""
LATE = """
SELECT series, hour, minute, sequence, id FROM late
WHERE hour BETWEEN :first AND :last AND series BETWEEN :low AND :high
"""


class Line(NamedTuple):
    """A run."""

    minute: int
    sequence: int
    text: str
    evidence: str | None


@dataclass(slots=True)
class SeriesRuns:
    """Runs of one series on one day: by hour those that were there in time, and those that came late with their row."""

    hours: dict[int, list[Line]] = field(default_factory=dict)
    late: dict[int, list[tuple[int, Line]]] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)     # evidence that no run names


def runs_of(db: Sql, day: int, series: Iterable[int]) -> dict[int, SeriesRuns]:
    """Read the runs of series on a UTC day. Within a snapshot; the day has tables."""
    found = {number: SeriesRuns() for number in series}
    for low, high in _ranges(sorted(found)):
        given = {"first": day * DAY_HOURS, "last": day * DAY_HOURS + DAY_HOURS - 1, "low": low, "high": high}
        late = {(number, minute, sequence): id_ for number, _, minute, sequence, id_ in db.execute(LATE, given)}
        evidence = _evidence(db, day, low, high)
        given = {"first": day * DAY_MINUTES, "last": (day + 1) * DAY_MINUTES - 1, "low": low, "high": high}
        for number, minute, sequence, code, text in db.execute(RUNS.format(run=names_of(day).run), given):
            told = evidence.pop((number, sequence), None) if code else None
            line = Line(minute, sequence, text if told is None else text + evidence_digest(told), told)
            runs, hour = found[number], minute // HOUR_MINUTES
            id_ = late.get((number, minute, sequence)) if late else None
            if id_ is None:
                runs.hours.setdefault(hour, []).append(line)
            else:
                runs.late.setdefault(hour, []).append((id_, line))
        for (number, _), text in evidence.items():
            found[number].surplus.append(text)
    return found


def _evidence(db: Sql, day: int, low: int, high: int) -> dict[tuple[int, int], str]:
    rows = db.execute(
        f"SELECT series, sequence, detail FROM {names_of(day).evidence} "  # noqa: S608 - digits of a date
        "WHERE series BETWEEN ? AND ?", (low, high),
    )
    return {(number, sequence): _text(detail) for number, sequence, detail in rows}


def _text(detail: object) -> str:
    """Read evidence that may have been changed: what cannot be read is not what was sealed either."""
    try:
        return unpacked(detail).decode() if isinstance(detail, bytes) else f"no evidence: {detail!r}"
    except ValueError as exc:
        return f"no evidence: {exc}"


def _ranges(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Give runs of numbers that follow each other: their rows lie side by side in each minute."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        together = [number for _, number in group]
        yield together[0], together[-1]

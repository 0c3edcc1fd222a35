"""How rows get into PostgreSQL: many in one word. Within a transaction of the caller's."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from monitors.ledger.rows import stretch_row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from monitors.core.history import Stretch
    from monitors.ledger.lanes import Lane
    from monitors.ledger.postgres_server import Db
    from monitors.ledger.rows import RunRow

COPY_RUNS = b"COPY run (minute, series, sequence, offset_ms, late_ms, took_ms, code, phases) FROM STDIN"
COPY_EVIDENCE = b"COPY evidence (minute, series, sequence, detail) FROM STDIN"
COPY_DEFINITIONS = b"COPY definition (life, agency, service, recorded_ms, digest, document) FROM STDIN"
STRETCH_COLUMNS = (
    ("series", "integer"), ("first_sequence", "integer"), ("last_sequence", "integer"), ("verdict", "smallint"),
    ("start_ms", "bigint"), ("last_start_ms", "bigint"), ("end_ms", "bigint"), ("hold_ms", "bigint"),
    ("missed", "integer"), ("first_try_failures", "integer"), ("good_end_ms", "bigint"), ("good_start_ms", "bigint"),
    ("bad_start_ms", "bigint"), ("bad_end_ms", "bigint"), ("failed_step", "text"), ("reason", "text"),
)
PUT_STRETCHES = (
    f"INSERT INTO stretch SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for _, kind in STRETCH_COLUMNS)}) "  # noqa: S608 - our own names
    "ON CONFLICT (series, first_sequence) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name, _ in STRETCH_COLUMNS[2:])
    # a new life writes stretches of the one before it again: the same is no change
    + " WHERE stretch.* IS DISTINCT FROM excluded.*"
).encode()
REMOVE_STRETCHES = (
    b"DELETE FROM stretch USING unnest(%s::integer[], %s::integer[]) AS gone (series, first_sequence) "
    b"WHERE stretch.series = gone.series AND stretch.first_sequence = gone.first_sequence"
)
DAY_MINUTES = 1_440


def clean(text: str) -> str:
    """Make a text one that PostgreSQL takes: it has no room for the character 0, which no sentence of ours has."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def put_runs(db: Db, rows: Iterable[RunRow], evidence: Sequence[tuple[int, int, int, bytes]]) -> None:
    """Add runs, and evidence of (minute, series, sequence, detail). None of them may be there."""
    # written out here: numbers and hexadecimal digits need no escape, and each run costs a third of what rows do
    lines = [
        f"{minute}\t{series}\t{sequence}\t{offset_ms}\t{late_ms}\t{took_ms}\t{code}\t"
        + ("\\N\n" if phases is None else f"\\\\x{phases.hex()}\n")
        for minute, series, sequence, offset_ms, late_ms, took_ms, code, phases in rows
    ]
    if lines:
        with db.cursor() as cursor, cursor.copy(COPY_RUNS) as copy:
            copy.write("".join(lines))
    if evidence:
        with db.cursor() as cursor, cursor.copy(COPY_EVIDENCE) as copy:
            copy.write("".join(
                f"{minute}\t{series}\t{sequence}\t\\\\x{detail.hex()}\n"
                for minute, series, sequence, detail in evidence
            ))


def days_of(rows: Sequence[RunRow]) -> list[int]:
    """Give the UTC days of runs that are in order of minute."""
    return [day for day, _ in groupby(row.minute // DAY_MINUTES for row in rows)]


def put_definitions(db: Db, rows: Iterable[tuple[int, str, str, int, str, str]]) -> None:
    """Add definitions of (life, agency, service, recorded_ms, digest, document), in this order."""
    with db.cursor() as cursor, cursor.copy(COPY_DEFINITIONS) as copy:
        for row in rows:
            copy.write_row(row)


def put_stretches(db: Db, stretches: Iterable[tuple[int, Stretch]]) -> None:
    """Write stretches of (series, stretch), in the place of those with the same first sequence."""
    rows: dict[tuple[int, int], tuple[Any, ...]] = {}
    for series, stretch in stretches:
        row = stretch_row(stretch, series)
        rows[row[0], row[1]] = (*row[:14], clean(row[14]), clean(row[15]))
    if rows:
        db.execute(PUT_STRETCHES, [list(column) for column in zip(*rows.values(), strict=True)])


def write_lanes(db: Db, lanes: Collection[Lane]) -> None:
    """Write what changed in lanes, and have it count as written."""
    gone = [(lane.series, first) for lane in lanes for first in lane.gone - set(lane.ready)]
    if gone:
        db.execute(REMOVE_STRETCHES, [list(column) for column in zip(*gone, strict=True)])
    put_stretches(db, ((lane.series, stretch) for lane in lanes for stretch in lane.ready.values()))
    for lane in lanes:
        lane.written()

"""Blocks and seals of a ledger on PostgreSQL: made and read by the code of those of a file, so both are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.seal_lines import run_line
from monitors.ledger.packing import unpacked
from monitors.ledger.postgres_reader import COLUMNS_OF_RUN, EVIDENCE, PostgresReader
from monitors.ledger.postgres_sql import PostgresDays, PostgresSql
from monitors.ledger.sqlite_blocks import HOUR_MINUTES, Line, SqliteBlocks
from monitors.ledger.sqlite_seals import SealReader

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitors.ledger.sql import Days, SealedStore, Sql
    from monitors.ledger_name import ServerLedger


# series whose numbers follow each other lie side by side within each minute: one look for all of them
HOUR_RUNS = f"""
SELECT r.*, {EVIDENCE}
FROM generate_series(%(first)s::integer, %(last)s::integer) AS minutes (minute) CROSS JOIN LATERAL (
    SELECT {COLUMNS_OF_RUN} FROM run
    WHERE run.minute = minutes.minute AND run.series BETWEEN %(low)s AND %(high)s
        AND run.minute BETWEEN %(first)s AND %(last)s
    OFFSET 0
) AS r
"""  # noqa: S608 - our own names


class PostgresBlocks(SqliteBlocks):
    """The blocks of a ledger on PostgreSQL, for one connection that may be made anew.

    ``vantages``: for which a writer writes; the blocks of others' lives are theirs to make.
    """

    def __init__(self, db: PostgresSql, vantages: Collection[str] = ()) -> None:
        super().__init__(db, PostgresDays(db))
        self._asked, self._vantages = db, vantages

    def _unfinished(self, ready: int) -> list[tuple[int, int]]:
        ours = {number for number, in self._asked.raw(
            "SELECT id FROM life WHERE vantage = ANY (%s::text[])", (list(self._vantages),),
        )}
        return [(life, hour) for life, hour in super()._unfinished(ready) if life in ours]

    def lines(self, hour: int, low: int, high: int) -> dict[int, list[Line]]:
        """Read the runs of an hour as they are digested, by series from ``low`` to ``high``, each in its order."""
        found: dict[int, list[Line]] = {}
        first = hour * HOUR_MINUTES
        rows = self._asked.raw(HOUR_RUNS, {
            "first": first, "last": first + HOUR_MINUTES - 1, "low": low, "high": high,
        })
        for minute, series, sequence, offset_ms, late_ms, took_ms, code, phases, detail in rows:
            text = unpacked(detail).decode() if detail is not None else None
            line = run_line((minute, sequence, offset_ms, late_ms, took_ms, code), phases, text)
            found.setdefault(series, []).append(Line(minute, sequence, line))
        for lines in found.values():
            lines.sort()
        return found


class PostgresSeals(SealReader):
    """The seals of the ledger ``name``. Raises LedgerError where there is none."""

    def __init__(self, name: ServerLedger) -> None:
        super().__init__(*of_server(name))


def of_server(name: ServerLedger) -> tuple[SealedStore, Sql, Days, object]:
    """Connect to the ledger ``name`` for a SealReader."""
    reader = PostgresReader(name)
    asked = PostgresSql(lambda: reader.connection)
    return reader, asked, PostgresDays(asked), name

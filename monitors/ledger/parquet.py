"""Writes a ledger's runs, stretches and roll-ups as Parquet files for analysts. The only user of pyarrow.

These are tables for questions, not what was digested: nothing in them proves anything (see export.py for that), and
days that are not sealed yet are in them too. Rows are read and written in batches, so that memory holds one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from monitors.core.errors import LedgerError, UsageError
from monitors.core.seal_lines import COLUMNS
from monitors.ledger.rows import FIRST_TRY_FAILED, MINUTE_MS, MISSED, VERDICTS, read_evidence
from monitors.ledger.sqlite_days import DAY_MS, date_of, names_of
from monitors.ledger.sqlite_reader import SqliteReader

BATCH = 100_000
EPOCH = date(1970, 1, 1).toordinal()
NEEDS = "a Parquet export needs the library pyarrow; install the extra: pip install 'siaga24[parquet]'"
KEYS = {"agency": "string", "service": "string", "transaction": "string", "vantage": "string", "life": "string"}
RUN_COLUMNS = KEYS | {
    "sequence": "int64", "scheduled": "ms", "started": "ms", "ended": "ms", "verdict": "string", "missed": "bool_",
    "first_try_failed": "bool_", "failed_step": "string", "reason": "string",
}
STRETCH_COLUMNS = KEYS | {
    "first_sequence": "int64", "last_sequence": "int64", "verdict": "string", "start": "ms", "last_start": "ms",
    "end": "ms", "hold_ms": "int64", "missed": "int64", "first_try_failures": "int64", "failed_step": "string",
    "reason": "string",
}
ROLLUP_TEXTS = {"calendar", "target"}
ROLLUP_COLUMNS = {"agency": "string", "service": "string"} | {
    name: "date32" if name == "day" else "string" if name in ROLLUP_TEXTS else "int64" for name in COLUMNS["rollup"][1:]
}
JOINED = "JOIN series s ON s.id = {0}.series JOIN life l ON l.id = s.life WHERE (:agency = '' OR s.agency = :agency)"
NAMES = 's.agency, s.service, s."transaction", l.vantage, l.life'
RUNS = (
    f"SELECT {NAMES}, r.sequence, r.minute, r.offset_ms, r.late_ms, r.took_ms, r.code, e.detail FROM {{run}} r "  # noqa: S608
    "LEFT JOIN {evidence} e ON e.series = r.series AND e.sequence = r.sequence "
    + JOINED.format("r") + " ORDER BY r.minute, r.series, r.sequence"
)
STRETCHES = (
    f"SELECT {NAMES}, t.first_sequence, t.last_sequence, t.verdict, t.start_ms, t.last_start_ms, t.end_ms, t.hold_ms, "  # noqa: S608
    "t.missed, t.first_try_failures, t.failed_step, t.reason FROM stretch t "
    + JOINED.format("t") + " AND t.start_ms >= :start AND t.start_ms < :end ORDER BY t.series, t.first_sequence"
)
ROLLUPS = (
    f"SELECT s.agency, s.service, {', '.join(f'r.{name}' for name in COLUMNS['rollup'][1:])} FROM rollup r "  # noqa: S608
    "JOIN rollup_service s ON s.id = r.service WHERE (:agency = '' OR s.agency = :agency) "
    "AND r.day BETWEEN :first AND :last AND NOT EXISTS (SELECT 1 FROM rollup n WHERE n.day = r.day "
    "AND n.service = r.service AND n.version > r.version) ORDER BY r.day, s.agency, s.service"
)


@dataclass(slots=True, kw_only=True)
class Written:
    """What was written."""

    path: Path
    files: int = 0
    rows: int = 0


def write_parquet(
    ledger: Path, to: Path, *, agency: str = "", since: str = "", until: str = "",
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> Written:
    """Write the UTC days from ``since`` to ``until`` (both included; "": no bound) into the new folder ``to``.

    Raises UsageError where pyarrow is not installed, LedgerError where the folder is taken or cannot be written.
    """
    libraries = _arrow()
    if os.path.lexists(to):
        raise LedgerError(f"{to}: there is something already, and nothing is written over; give another name")
    reader = Tables(ledger)
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        done = Written(path=to)
        with reader.snapshot():
            tables = list(reader.tables(agency, _day(since, 0), _day(until, 1 << 31)))
            for number, (name, columns, rows) in enumerate(tables, 1):
                done.rows += _write(libraries, part / f"{name}.parquet", columns, rows)
                done.files += 1
                progress(number, len(tables))
        part.rename(to)
    except OSError as exc:
        raise LedgerError(f"{to}: the files cannot be written: {(exc.strerror or str(exc)).lower()}") from exc
    finally:
        reader.close()
        shutil.rmtree(part, ignore_errors=True)
    return done


class Tables(SqliteReader):
    """A ledger as tables."""

    def tables(
        self, agency: str, first: int, last: int,
    ) -> Iterator[tuple[str, dict[str, str], Iterator[Sequence[Any]]]]:
        """Give the name, the columns and the rows of each file. Within a snapshot; days are counted from 1970."""
        given = {
            "agency": agency, "first": first, "last": last, "start": first * DAY_MS, "end": (last + 1) * DAY_MS,
        }
        for day in self._days.look():
            if first <= day <= last:
                sql = RUNS.format(**names_of(day)._asdict())
                yield f"runs-{date_of(day).isoformat()}", RUN_COLUMNS, map(_run, self._db.execute(sql, given))
        yield "stretches", STRETCH_COLUMNS, map(_stretch, self._db.execute(STRETCHES, given))
        yield "rollups", ROLLUP_COLUMNS, self._db.execute(ROLLUPS, given)


def _run(row: Sequence[Any]) -> tuple[Any, ...]:
    *names, sequence, minute, offset_ms, late_ms, took_ms, code, detail = row
    started = minute * MINUTE_MS + offset_ms
    reason, failed_step, *_ = read_evidence(detail) if detail is not None else ("", "")
    return (
        *names, sequence, started - late_ms, started, started + took_ms, VERDICTS[code & 3].value, bool(code & MISSED),
        bool(code & FIRST_TRY_FAILED), failed_step, reason,
    )


def _stretch(row: Sequence[Any]) -> tuple[Any, ...]:
    return (*row[:7], VERDICTS[row[7]].value, *row[8:])


def _write(libraries: tuple[Any, Any], path: Path, columns: dict[str, str], rows: Iterator[Sequence[Any]]) -> int:
    arrow, parquet = libraries
    types = {"ms": arrow.timestamp("ms", tz="UTC")}
    schema = arrow.schema([(name, types.get(kind) or getattr(arrow, kind)()) for name, kind in columns.items()])
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(rows, BATCH)):
            arrays = [
                arrow.array(values, type=field.type)
                for values, field in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count


def _arrow() -> tuple[Any, Any]:
    """Give pyarrow, imported where it is needed alone."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra that most do without
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as exc:
        raise UsageError(NEEDS) from exc
    return pa, pq


def _day(text: str, otherwise: int) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH if text else otherwise

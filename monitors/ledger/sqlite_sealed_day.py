"""The kept rows of one UTC day in a SQLite ledger, as the lines that a leaf is made of.

Rows that are told once (entries, definitions, events ...) belong to the first seal after they were told; stretches and
blocks belong to their day. Those may be made anew when results come late: the table ``former`` then has what they were,
so that a leaf's lines can be read as they were when any seal was made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from monitors.core.seal_lines import COLUMNS, SeriesLines, kept_line, leaf_lines
from monitors.ledger.sqlite_blocks import DAY_HOURS
from monitors.ledger.sqlite_days import date_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from monitors.ledger.sql import Sql
Owner = tuple[str, str]                  # agency, service; "": of all
STRETCHES = """
SELECT first_sequence, last_sequence, verdict, start_ms, last_start_ms, end_ms, hold_ms, missed, first_try_failures,
       good_end_ms, good_start_ms, bad_start_ms, bad_end_ms, failed_step, reason
FROM stretch WHERE start_ms / 86400000 = ? AND series = ?
"""
BLOCKS = """
WITH RECURSIVE hours (hour) AS (SELECT :first UNION ALL SELECT hour + 1 FROM hours WHERE hour < :first + 23)
SELECT b.hour, b.number, b.runs, b.digest FROM hours CROSS JOIN block b WHERE b.hour = hours.hour AND b.series = :series
"""
SERIES = """
SELECT s.id, s.agency, s.service, s."transaction", l.vantage, l.life FROM series s JOIN life l ON l.id = s.life
WHERE s.id IN (
    SELECT DISTINCT series FROM stretch WHERE start_ms / 86400000 = :day
    UNION SELECT DISTINCT series FROM block WHERE hour BETWEEN :first AND :first + 23
) ORDER BY s.id
"""
OF_SERVICE = """
SELECT s.id, s.agency, s.service, s."transaction", l.vantage, l.life FROM series s JOIN life l ON l.id = s.life
WHERE s.agency = :agency AND s.service = :service ORDER BY s.id
"""
FORMER = "SELECT kind, key, row FROM former WHERE day = ? AND id > ? ORDER BY id"
# rows that are told once: kind -> (what orders them, SQL that gives agency, service, and the columns of the line)
TOLD: dict[str, tuple[str, str]] = {
    "definition": ("definition", """
        SELECT d.agency, d.service, d.id, l.vantage, l.life, d.recorded_ms, d.document
        FROM definition d JOIN life l ON l.id = d.life WHERE d.id > ? AND d.id <= ?"""),
    "entry": ("entry", """
        SELECT agency, service, id, kind, agency, service, at_ms, told_by, body, signature
        FROM entry WHERE id > ? AND id <= ?"""),
    "report": ("report", """
        SELECT key, '', r.id, l.life, r.key, r.at_ms, r.succeeded, r.note
        FROM report r JOIN life l ON l.id = r.life WHERE r.id > ? AND r.id <= ?"""),
    "life": ("life", """
        SELECT '', '', id, life, vantage, opened_ms, host, pid, version FROM life WHERE id > ? AND id <= ?"""),
    "beat": ("beat", """
        SELECT '', '', b.id, l.life, b.heartbeat_ms FROM beat b JOIN life l ON l.id = b.life
        WHERE b.id > ? AND b.id <= ?"""),
    "gap": ("gap_order", """
        SELECT '', '', o.id, l.life, o.start_ms, o.end_ms, g.reason FROM gap_order o JOIN life l ON l.id = o.life
        LEFT JOIN gap g ON g.life = o.life AND g.start_ms = o.start_ms AND g.end_ms = o.end_ms
        WHERE o.id > ? AND o.id <= ?"""),
    "event": ("event", """
        SELECT '', '', e.id, l.life, e.at_ms, e.kind, e.note FROM event e JOIN life l ON l.id = e.life
        WHERE e.id > ? AND e.id <= ?"""),
    "retention": ("retention", """
        SELECT '', '', id, at_ms, day, reason, kept, gone FROM retention WHERE id > ? AND id <= ?"""),
}
# likewise, of a ledger that has roll-ups
ROLLUPS: dict[str, tuple[str, str]] = {
    "rollup": ("rollup_order", f"""
        SELECT s.agency, s.service, o.id, o.day, o.version, {", ".join(f"r.{name}" for name in COLUMNS["rollup"][3:])}
        FROM rollup_order o JOIN rollup_service s ON s.id = o.service
        LEFT JOIN rollup r ON r.day = o.day AND r.service = o.service AND r.version = o.version
        WHERE o.id > ? AND o.id <= ?"""),  # noqa: S608 - our own names
    "rollup_month": ("rollup_month_order", f"""
        SELECT s.agency, s.service, o.id, o.month, o.version,
               {", ".join(f"r.{name}" for name in COLUMNS["rollup_month"][3:])}
        FROM rollup_month_order o JOIN rollup_service s ON s.id = o.service
        LEFT JOIN rollup_month r ON r.month = o.month AND r.service = o.service AND r.version = o.version
        WHERE o.id > ? AND o.id <= ?"""),  # noqa: S608 - our own names
}


class SeriesOfDay(NamedTuple):
    """A series that has rows on the day."""

    id: int
    agency: str
    service: str
    transaction: str
    vantage: str
    life: str


def ends(db: Sql, kinds: Collection[str] = tuple(TOLD)) -> dict[str, int]:
    """Give the last row of each table that is told once, and of ``former``. Within a snapshot.

    ``kinds``: those that the store has; others are in no seal of it.
    """
    tables = {kind: table for kind, (table, _) in (TOLD | ROLLUPS).items() if kind in kinds} | {"former": "former"}
    return {
        kind: int(db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
        for kind, table in tables.items()
    }


def told_lines(db: Sql, since: Mapping[str, int], until: Mapping[str, int]) -> dict[Owner, list[str]]:
    """Read all rows that were told between two seals, by whose they are. Within a snapshot."""
    found: dict[Owner, list[str]] = {}
    for kind, sql in [(kind, sql) for kind, (_, sql) in (TOLD | ROLLUPS).items() if kind in until]:
        for agency, service, *values in db.execute(sql, (since.get(kind, 0), until.get(kind, 0))):
            owner = (agency, service)
            if kind == "report":         # a job's key is agency/service/job
                owner = (agency.split("/")[0], agency.split("/")[1]) if agency.count("/") > 1 else ("", "")
            found.setdefault(owner, []).append(kept_line(kind, *values))
    return found


class DayRows:
    """Stretches and blocks of a day, as they were when ``former`` ended with row ``former_to``. Within a snapshot.

    ``owner``: of one service alone.
    """

    def __init__(self, db: Sql, day: int, former_to: int, owner: Owner | None = None) -> None:
        self._db, self._day = db, day
        given = {"day": day, "first": day * DAY_HOURS}
        if owner is None:
            rows = db.execute(SERIES, given).fetchall()
        else:
            rows = db.execute(OF_SERVICE, {"agency": owner[0], "service": owner[1]}).fetchall()
        self._former = self._changes(former_to)
        known = {row[0] for row in rows}
        for number in self._former:      # all its rows may have been removed since
            if owner is None and number not in known:
                rows += db.execute(
                    'SELECT s.id, s.agency, s.service, s."transaction", l.vantage, l.life FROM series s '
                    "JOIN life l ON l.id = s.life WHERE s.id = ?", (number,),
                ).fetchall()
        self._series: dict[Owner, list[SeriesOfDay]] = {}
        for row in rows:
            series = SeriesOfDay(*row)
            self._series.setdefault((series.agency, series.service), []).append(series)

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Whose rows there are."""
        return tuple(sorted(self._series))

    def lines(self, owner: Owner) -> list[str]:
        """Give the lines of one service's stretches and blocks, in no order."""
        found: list[str] = []
        for series in self._series.get(owner, ()):
            write = SeriesLines(series.transaction, series.vantage, series.life)
            former = self._former.get(series.id)
            stretches = self._db.execute(STRETCHES, (self._day, series.id)).fetchall()
            blocks = self._db.execute(BLOCKS, {"first": self._day * DAY_HOURS, "series": series.id}).fetchall()
            if former:
                stretches = _as_before(stretches, former["stretch"], lambda row: (row[0],))
                blocks = _as_before(blocks, former["block"], lambda row: (row[0], row[1]))
            found += [write.stretch(row) for row in stretches]
            found += [write.block(hour, number, runs, digest.hex()) for hour, number, runs, digest in blocks]
        return found

    def _changes(self, former_to: int) -> dict[int, dict[str, dict[tuple[int, ...], tuple[Any, ...] | None]]]:
        """Read what rows were, by series, kind and key; the first change after ``former_to`` has it."""
        found: dict[int, dict[str, dict[tuple[int, ...], tuple[Any, ...] | None]]] = {}
        for kind, key, row in self._db.execute(FORMER, (self._day, former_to)):
            numbers = [int(part) for part in key.split(":")]
            series, rest = (numbers[0], numbers[1:]) if kind == "stretch" else (numbers[1], [numbers[0], numbers[2]])
            of_series = found.setdefault(series, {"stretch": {}, "block": {}})
            of_series[kind].setdefault(tuple(rest), tuple(json.loads(row)[1:]) if row is not None else None)
        return found


def all_lines(day: int, owner: Owner, rows: list[str]) -> list[str]:
    """Give a leaf's lines in order."""
    return leaf_lines(date_of(day).isoformat(), *owner, rows)


def _as_before(rows: list[Any], former: dict[tuple[int, ...], tuple[Any, ...] | None], key: Any) -> list[Any]:
    kept = [row for row in rows if key(row) not in former]
    return kept + [row for row in former.values() if row is not None]

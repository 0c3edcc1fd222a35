"""What is asked and written of roll-ups in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.rollup import SPENT
from monitors.ledger.rollup_rows import COUNTS, DAY_COLUMNS, DAY_PARTS, MONTH_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

# of each day and month the row of the newest version counts
NEWEST_OF_DAY = """AND NOT EXISTS (
    SELECT 1 FROM rollup n WHERE n.version > r.version AND n.version > 0 AND n.day = r.day AND n.service = r.service
)"""
NEWEST_OF_MONTH = """AND NOT EXISTS (
    SELECT 1 FROM rollup_month n WHERE n.version > r.version AND n.version > 0 AND n.month = r.month
      AND n.service = r.service
)"""
ANY_DAY_ANEW = "SELECT EXISTS (SELECT 1 FROM rollup WHERE day BETWEEN :first AND :last AND version > 0)"
ANY_MONTH_ANEW = "SELECT EXISTS (SELECT 1 FROM rollup_month WHERE month = :month AND version > 0)"

A_DAY = f"""
SELECT {", ".join(f"r.{name}" for name in DAY_COLUMNS)} FROM rollup r
WHERE r.day = ? AND r.service = ? ORDER BY r.version DESC LIMIT 1
"""  # noqa: S608 - our own names
ROLLED_SERVICES = "SELECT id, agency, service, last_day FROM rollup_service WHERE last_day IS NOT NULL ORDER BY id"
COUNTED_DAYS = "SELECT count(*) FROM rollup WHERE version = 0"
MONTHS = f"""
SELECT s.agency, s.service, {", ".join(f"r.{name}" for name in MONTH_COLUMNS)}
FROM rollup_month r JOIN rollup_service s ON s.id = r.service WHERE r.month = :month
"""  # noqa: S608 - our own names
# services with a day that may lie in the month, and no sum of it
UNSUMMED = """
SELECT s.id FROM rollup_service s WHERE s.last_day >= :first AND NOT EXISTS (
    SELECT 1 FROM rollup_month m WHERE m.month = :month AND m.service = s.id
)
"""
# target, weight and hours are those in force when the month began: the same on each of its days
_SUMS = f"""
SELECT s.agency, s.service, s.zone, min(r.start_ms), max(r.end_ms), sum(r.end_ms - r.start_ms), max(r.calendar),
    min(r.target), min(r.weight), count(*), max(r.has_hours),
    {", ".join(f"sum(r.{part}_{name})" for part in DAY_PARTS for name in SPENT)},
    {", ".join(f"sum(r.is_closed * ({' + '.join(f'r.{part}_{name}' for part in DAY_PARTS)}))" for name in SPENT)},
    {", ".join(f"sum(r.{name})" for name in COUNTS)}
FROM """  # noqa: S608 - our own names
SUMS_OF_MOST = _SUMS + """rollup r JOIN rollup_service s ON s.id = r.service
WHERE r.day BETWEEN :first AND :last AND r.service NOT IN (SELECT m.service FROM rollup_month m WHERE m.month = :month)
"""  # noqa: S608 - our own names
SUMS_OF_FEW = _SUMS + """(
    WITH RECURSIVE d (day) AS (SELECT :first UNION ALL SELECT day + 1 FROM d WHERE day < :last) SELECT day FROM d
) d CROSS JOIN (SELECT value AS id FROM json_each(:few)) w
CROSS JOIN rollup r ON r.day = d.day AND r.service = w.id CROSS JOIN rollup_service s ON s.id = r.service
WHERE r.day BETWEEN :first AND :last
"""  # noqa: S608 - our own names
BY_SERVICE = "GROUP BY r.service"

DUE = """
SELECT id, agency, service, zone, next_ms, last_day FROM rollup_service WHERE due_ms <= ? ORDER BY due_ms, id
"""
LATE = """
SELECT d.series, d.times, d.from_ms, d.to_ms, s.id, s.agency, s.service FROM rollup_due d
JOIN series x ON x.id = d.series JOIN rollup_service s ON s.agency = x.agency AND s.service = x.service
ORDER BY d.series
"""
LATE_SERVICES = "SELECT DISTINCT x.agency, x.service FROM rollup_due d JOIN series x ON x.id = d.series"
NEW_SERVICES = """
SELECT d.agency, d.service, min(d.recorded_ms) FROM definition d WHERE NOT EXISTS (
    SELECT 1 FROM rollup_service s WHERE s.agency = d.agency AND s.service = d.service
) GROUP BY d.agency, d.service
"""
NEWEST_DOCUMENT = """
SELECT document FROM definition WHERE agency = ? AND service = ? ORDER BY recorded_ms DESC, id DESC LIMIT 1
"""
NEWEST_OF_AGENCY = "SELECT document FROM definition WHERE agency = ? ORDER BY recorded_ms DESC, id DESC LIMIT 1"
TAKE_UP = """
INSERT OR IGNORE INTO rollup_service (agency, service, zone, next_ms, last_day, due_ms, open_ms)
VALUES (?, ?, ?, ?, NULL, ?, 0)
"""
UNDECIDED = """
SELECT r.service, min(r.start_ms), max(r.end_ms) FROM rollup r WHERE r.calendar <> ?
  AND r.undecided_up_ms + r.undecided_degraded_ms + r.undecided_down_ms + r.undecided_unknown_ms > 0 GROUP BY r.service
"""
LOOK_AGAIN = """
INSERT INTO rollup_due SELECT x.id, ?, ?, 1 FROM series x
JOIN rollup_service s ON s.agency = x.agency AND s.service = x.service WHERE s.id = ? ORDER BY x.id DESC LIMIT 1
ON CONFLICT (series) DO UPDATE SET
    from_ms = min(from_ms, excluded.from_ms), to_ms = max(to_ms, excluded.to_ms), times = times + 1
"""


def _insert(table: str, key: str, columns: Sequence[str]) -> str:
    names = (key, "service", "version", *columns)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - ours


def _newest(table: str, key: str, columns: Sequence[str]) -> str:
    return (
        f"SELECT version, {', '.join(columns)} FROM {table} WHERE {key} = ? AND service = ? "  # noqa: S608 - ours
        "ORDER BY version DESC LIMIT 1"
    )


PUT_DAY, NEWEST_DAY = _insert("rollup", "day", DAY_COLUMNS), _newest("rollup", "day", DAY_COLUMNS)
PUT_MONTH = _insert("rollup_month", "month", MONTH_COLUMNS)
NEWEST_MONTH = _newest("rollup_month", "month", MONTH_COLUMNS)

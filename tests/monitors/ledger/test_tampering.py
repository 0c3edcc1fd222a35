"""Any single row of a sealed ledger that is changed, removed or added is found, by an export and in the file itself.

The ledger is real: written, sealed twice with late runs, and then changed by SQL with its guards taken away, as whoever
owns the machine can. What a row does not say to anybody (how a series is numbered, how evidence is packed) is no change.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from monitors.core.errors import LedgerError
from monitors.core.heartbeat import Report
from monitors.core.history import Event
from monitors.core.seal import Seal
from monitors.ledger.export import write_export
from monitors.ledger.export_source import SqliteExport
from monitors.ledger.packing import packed, unpacked
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from monitors.ledger.verify import verify_export
from monitors.ledger.verify_ledger import verify_ledger
from tests.factories import NOON_MS
from tests.monitors.ledger.sealed import A_DAY, KEY, MIDNIGHT_MS, SETTLED_MS, runs_of, sealed, write, written
from tests.tools.independent import independent_faults

RAW = ("run_20260101", "run_20260102", "evidence_20260101")
KEPT = ("stretch", "block", "definition", "entry", "life", "beat", "gap", "event", "report", "leaf", "seal", "series", "rollup")
# what states nothing: state that the writer moves on, and notes of the sealer's own
END_MS = MIDNIGHT_MS + DAY_MS              # of the last sealed day
SILENT = {"block": {"late_to"}, "life": {"folded_ms", "heartbeat_ms"}, "leaf": {"marks"}, "seal": {"told", "sealed_ms"}}
# what follows from other rows, or stands where no seal looks: the file alone has it
NOT_EXPORTED = (
    "digest of definition", "digest of entry", "rollup: added",
    *(f"{table}: added" for table in ("definition", "entry", "life", "beat", "event", "report", "gap")),
)


@pytest.fixture(scope="module")
def ledger() -> Iterator[tuple[Path, tuple[Seal, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        one = written(path, until=A_DAY + 20, leave_out=(30, 43))
        one.keep_event(Event(life="life-1", at_ms=NOON_MS, kind="clock", note="set"))
        one.keep_report("dinkes/obat/salin", Report(at_ms=NOON_MS, succeeded=True), life="life-1")
        sealed(path)
        late = [runs_of("dinkes", "obat")[30], runs_of("dinkes", "obat")[43]]
        one.append(late, life="life-1", heartbeat_ms=SETTLED_MS)
        write(one, A_DAY + 20, 2 * A_DAY + 60)
        rollups = SqliteRollups(path)
        rollups.roll(now_ms=END_MS, pause=lambda _: None, is_stopped=lambda: False)
        rollups.close()
        sealed(path)
        one.close()
        with contextlib.closing(sqlite3.connect(path)) as db:
            guards = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
            for name in guards:
                db.execute(f"DROP TRIGGER {name}")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        source = SqliteExport(path)
        seals = source.seals()
        source.close()
        yield path, seals


def is_found(path: Path, kept: tuple[Seal, ...] = ()) -> tuple[bool, bool, bool]:
    """Tell whether it is found in the file, in an export, and in that by the independent verifier."""
    try:
        in_file = bool(verify_ledger(path, [KEY.public], kept).findings)
    except LedgerError:
        in_file = True
    source = SqliteExport(path)
    try:
        to = path.with_name("export")
        write_export(source, to)
        in_export = bool(verify_export(to, [KEY.public], kept).findings)
        by_other = bool(independent_faults(to, KEY.public, kept))
        shutil.rmtree(to)
    except LedgerError:
        in_export = by_other = True
    finally:
        source.close()
    return in_file, in_export, by_other


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],        # each example is a whole ledger: not to be made smaller
)
@given(st.data())
def test_any_single_changed_removed_or_added_row_of_a_sealed_day_is_found(ledger, data: st.DataObject):
    whole, seals = ledger
    table = data.draw(st.sampled_from([*RAW, *RAW, *KEPT]))
    what = data.draw(st.sampled_from(["changed", "removed", "added"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        shutil.copyfile(whole, path)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            try:
                told = tampered(db, data, table, what)
            except sqlite3.IntegrityError:
                reject()                         # there is a row of that key
        in_file, in_export, by_other = is_found(path, seals)
        assert in_file, told
        assert in_export or told.startswith(NOT_EXPORTED), told
        assert by_other or told.startswith((*NOT_EXPORTED, "digest of leaf")), told      # which it never reads


def tampered(db: sqlite3.Connection, data: st.DataObject, table: str, what: str) -> str:
    """Change, remove or add one row; say which."""
    columns = [(row[1], row[5]) for row in db.execute(f"PRAGMA table_info({table})")]
    key = [name for name, place in columns if place]
    sealed_rows = {"stretch": f"start_ms < {END_MS}", "block": f"hour < {END_MS // 3_600_000}"}.get(table, "1")
    rows = db.execute(f"SELECT * FROM {table} WHERE {sealed_rows} ORDER BY {', '.join(key)}").fetchall()  # noqa: S608
    row = dict(zip((name for name, _ in columns), data.draw(st.sampled_from(rows)), strict=True))
    where = " AND ".join(f"{name} = :{name}" for name in key)
    if table == "series" and what == "added":    # one of which nothing speaks says nothing
        what = "changed"
    if what == "removed":
        db.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608
        return f"{table}: removed {row}"
    spoken = [name for name, _ in columns if name not in SILENT.get(table, set())]
    if what == "changed":
        name = data.draw(st.sampled_from([name for name in spoken if name != "id"]))
        other = another(row[name])
        db.execute(f"UPDATE {table} SET [{name}] = :other WHERE {where}", {**row, "other": other})  # noqa: S608
        return f"{name} of {table} {row} is {other}"
    if key == ["id"]:                            # behind the last one it would be told, and enter the next seal
        row["id"] = -data.draw(st.integers(0, 9))
    else:
        name = "service" if table == "leaf" else key[-1]
        row[name] = another(row[name], by=data.draw(st.integers(1_000_000, 2_000_000)))
    if table in {"entry", "life", "seal"}:
        row |= {name: another(row[name]) for name in ("digest", "life", "day") if name in row}
    db.execute(f"INSERT INTO {table} VALUES ({', '.join(f':{name}' for name, _ in columns)})", row)  # noqa: S608
    return f"{table}: added {row}"


def another(value: object, by: int = 1) -> object:
    """Give another value of the same type; evidence that reads otherwise."""
    if isinstance(value, int):
        return value + by
    if isinstance(value, bytes):
        try:
            return packed(unpacked(value) + b" ")
        except ValueError:
            return bytes([value[0] ^ 1]) + value[1:]
    return "x" if value is None else f"{value}x{by}"


@pytest.mark.parametrize("table", ["run_20260101", "run_20260102"])
def test_a_changed_sequence_number_is_found_and_named(ledger, tmp_path: Path, table: str):
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(ledger[0], path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(
            f"UPDATE {table} SET sequence = 77777 WHERE series = 2 AND sequence = (SELECT min(sequence) + 9 FROM {table})",  # noqa: S608
        )
    found = verify_ledger(path, [KEY.public]).findings
    assert any(",77777," in text and "was changed; it was sealed as" in text for text in found), found
    assert is_found(path) == (True, True, True)


def test_a_cut_off_end_is_found_by_a_kept_seal(ledger, tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(ledger[0], path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM seal WHERE number = 2")
        db.execute("DELETE FROM leaf WHERE seal = 2")
    assert is_found(path, ledger[1]) == (True, True, True)
    source = SqliteExport(path)
    write_export(source, tmp_path / "out")
    source.close()
    assert verify_export(tmp_path / "out", [KEY.public]).findings == [], "nobody can tell without a newer seal"
    assert "cut off" in verify_export(tmp_path / "out", [KEY.public], ledger[1]).findings[0]


def test_the_ledger_that_nobody_changed_agrees(ledger, tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(ledger[0], path)
    assert is_found(path, ledger[1]) == (False, False, False)

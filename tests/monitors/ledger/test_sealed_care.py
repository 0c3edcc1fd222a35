"""What cares for a ledger leaves its seals whole: retention, copies, migration and rebuilding."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitors.ledger.backup import back_up, restore
from monitors.ledger.retention import RetentionRules
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_rebuild import SqliteRebuild
from monitors.ledger.sqlite_tidy import SqliteTidy
from tests.monitors.ledger.sealed import A_DAY, DAY, sealed, sealing, write, written
from tests.monitors.ledger.test_sqlite_sealer import checked, lines_of

LATER_MS = (DAY + 200) * DAY_MS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ledger = written(tmp_path / "ledger.sqlite")
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    return tmp_path / "ledger.sqlite"


def due(path: Path) -> list[int]:
    tidy = SqliteTidy(path)
    found = [day - DAY for day, _ in tidy.due(RetentionRules(), LATER_MS)]
    tidy.close()
    return found


def test_no_day_is_let_go_before_it_is_sealed_where_a_key_is_set_up(path: Path) -> None:
    assert due(path) == [0, 1, 2]
    with sealing(path):                  # introduces the key
        assert due(path) == []
    sealed(path)
    assert due(path) == [0]
    sealed(path)
    assert due(path) == [0, 1]


def test_letting_go_of_raw_runs_changes_no_leaf_and_is_sealed_itself(path: Path) -> None:
    sealed(path)
    before = lines_of(path, 1)
    tidy = SqliteTidy(path)
    done = tidy.tidy(RetentionRules(), now_ms=LATER_MS, pause=lambda _: None, is_stopped=lambda: False)
    tidy.close()
    assert [one.gone > 0 for one in done] == [True]
    assert lines_of(path, 1) == before
    assert checked(path) == []
    sealed(path)
    assert any(line.startswith('["retention",') for line in lines_of(path, 2)[1, "", ""])
    assert checked(path) == []


def test_a_copy_has_the_seals_and_goes_on_with_them(path: Path, tmp_path: Path) -> None:
    first, = sealed(path)
    back_up(path, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "other.sqlite")
    second, = sealed(tmp_path / "other.sqlite")
    assert second.previous == first.digest
    assert checked(tmp_path / "other.sqlite") == []


def test_stretches_made_anew_are_those_that_were_sealed(path: Path) -> None:
    sealed(path, 2)
    reader = SqliteRebuild(path)
    found = reader.compare()
    reader.close()
    assert found.difference is None
    assert found.days == 3


def test_a_ledger_of_before_seals_is_brought_forward_and_sealed_from_its_first_day(path: Path) -> None:
    """Its days have no blocks yet: the sealing command makes them."""
    with sqlite3.connect(path) as db:
        keep = ("life", "definition", "series", "gap", "stretch", "report", "event", "entry", "retention")
        made = [(name, sql) for name, sql in db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'",
        ) if name not in keep and not name.startswith(("run_", "evidence_"))]
        of_these = {name for name, _ in made}
        assert {"block", "leaf", "seal", "former", "late"} <= of_these
        for kind in ("trigger", "index"):
            for name, sql in db.execute("SELECT name, sql FROM sqlite_schema WHERE type = ?", (kind,)).fetchall():
                if sql and any(f" {one}" in sql or f"{one} " in sql for one in of_these):
                    db.execute(f"DROP {kind} {name}")
        for name in ("stretch_of_day", "series_of_life"):
            db.execute(f"DROP INDEX IF EXISTS {name}")
        for name in of_these:
            db.execute(f"DROP TABLE {name}")
        db.execute("PRAGMA user_version = 6")
    db.close()
    ledger = SqliteLedger(path)
    ledger.close()
    first, second = sealed(path, 2)
    assert (first.runs, second.runs) == (3 * A_DAY, 3 * 144)
    assert any(line.startswith('["gap",') for line in lines_of(path, 1)[0, "", ""])
    assert checked(path) == []

"""Roll-ups are sealed too: each version in the first seal after it was made, and a changed one is found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitors.core.seal_lines import COLUMNS, parts_of
from monitors.ledger.rollup_rows import DAY_COLUMNS, MONTH_COLUMNS
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from monitors.ledger.verify_ledger import verify_ledger
from tests.monitors.ledger.sealed import A_DAY, KEY, SETTLED_MS, sealed, write, written
from tests.monitors.ledger.test_sqlite_sealer import by_hand, checked, lines_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ledger = written(tmp_path / "ledger.sqlite")
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    job = SqliteRollups(tmp_path / "ledger.sqlite")
    job.roll(now_ms=SETTLED_MS + 3_600_000, pause=lambda _: None, is_stopped=lambda: False)
    job.close()
    return tmp_path / "ledger.sqlite"


def found(path: Path) -> list[str]:
    return list(verify_ledger(path, [KEY.public]).findings)


def test_a_line_has_all_columns_of_a_roll_up() -> None:
    assert COLUMNS["rollup"] == ("number", "day", "version", *DAY_COLUMNS)
    assert COLUMNS["rollup_month"] == ("number", "month", "version", *MONTH_COLUMNS)


def test_a_roll_up_lies_in_its_services_leaf(path: Path) -> None:
    sealed(path)
    with sqlite3.connect(path) as db:
        count, up_ms = db.execute("SELECT count(*), max(outside_up_ms) FROM rollup").fetchone()
    db.close()
    lines = [
        parts for (_, _, service), of_leaf in lines_of(path, 1).items() if service for line in of_leaf
        if (parts := parts_of(line))[0] == "rollup"
    ]
    assert len(lines) == count >= 3
    place = 1 + COLUMNS["rollup"].index("outside_up_ms")
    assert max(int(str(parts[place])) for parts in lines) == up_ms
    assert checked(path) == []
    assert found(path) == []


@pytest.mark.parametrize(("statement", "without", "told"), [
    ("UPDATE rollup SET outside_up_ms = outside_up_ms + 1 WHERE service = 1", "rollup_is_never_changed", "row"),
    ("DELETE FROM rollup WHERE service = 1", "rollup_is_never_removed", "row"),
    (f"INSERT INTO rollup SELECT 1, service, version, {', '.join(DAY_COLUMNS)} FROM rollup WHERE service = 1 LIMIT 1",  # noqa: S608
     "rollup_has_an_order", "in its turn"),
], ids=["changed", "removed", "added"])
def test_a_roll_up_changed_past_the_ledger_is_found(path: Path, statement: str, without: str, told: str) -> None:
    sealed(path)
    by_hand(path, statement, without=without)
    assert any(told in one for one in found(path)), found(path)

"""``siaga24 ledger backup|restore|migrate|rebuild|tidy`` over real files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from monitors.core.errors import Siaga24Error
from monitors.ledger.sqlite import SqliteLedger
from tests.cli.ledgers import write_ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "ledger.sqlite")


def code_of(result: Result) -> int:
    """The exit code that ``cli.main.run`` makes of it."""
    return result.exception.exit_code if isinstance(result.exception, Siaga24Error) else result.exit_code


def run(path: Path, *args: str) -> Result:
    name, *rest = args
    return CliRunner().invoke(main, ["ledger", name, "--ledger", str(path), *rest])


def test_a_backup_is_told_and_a_restore_needs_an_empty_place(path: Path, tmp_path: Path):
    to = tmp_path / "one.backup"
    found = run(path, "backup", str(to))
    assert found.exit_code == 0, found.output
    assert "3 services, 30 raw runs, 1 lives" in found.output
    assert code_of(run(path, "backup", str(to))) == 1, "nothing is written over"
    refused = run(path, "restore", str(to))
    assert code_of(refused) == 1
    path.rename(tmp_path / "lost")
    restored = run(path, "restore", str(to), "--json")
    assert (restored.exit_code, json.loads(restored.output)["raw_runs"]) == (0, 30)


def test_migrate_tells_the_schema_and_is_refused_under_a_monitor(path: Path):
    assert run(path, "migrate").exit_code == 0
    ledger = SqliteLedger(path)
    assert code_of(run(path, "migrate")) == 1
    ledger.close()


def test_rebuild_agrees_and_fails_with_the_row_that_does_not(path: Path):
    ledger = SqliteLedger(path)
    ledger.append([], life="life-1", heartbeat_ms=1_767_243_600_000 + 7_200_000)
    ledger.close()
    found = run(path, "rebuild", "--check")
    assert found.exit_code == 0, found.output
    assert "of 30 raw runs on 1 days are the same" in found.output
    with sqlite3.connect(path) as db:
        db.execute("UPDATE stretch SET reason = 'lain' WHERE verdict = 2")
    db.close()
    found = run(path, "rebuild", "--check", "--json")
    assert code_of(found) == 1
    assert "dinkes-bandung/antrean/ambil-nomor" in json.loads(found.stdout)["difference"]
    assert code_of(run(path, "rebuild")) == 2


def test_tidy_says_what_it_would_do_does_it_and_changes_no_figure(path: Path):
    def figures() -> str:
        return CliRunner().invoke(main, ["sla", "show", "--month", "2026-01", "--json", "--ledger", str(path)]).output

    ledger = SqliteLedger(path)
    ledger.append([], life="life-1", heartbeat_ms=1_767_243_600_000 + 7_200_000)
    ledger.close()
    before = figures()
    assert "2026-01-01" in run(path, "tidy", "--dry-run").output
    assert json.loads(run(path, "tidy", "--json").output) == [
        {"day": "2026-01-01", "reason": "deadline", "kept": 0, "gone": 30},
    ]
    assert "nothing is to be let go" in run(path, "tidy").output
    assert '"availability' in before
    assert figures() == before

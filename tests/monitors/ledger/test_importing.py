"""A ledger that is made of an export has an export of the same bytes, verifies, and can be gone on with."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError
from monitors.core.history import Life
from monitors.ledger.export import write_export
from monitors.ledger.export_source import SqliteExport
from monitors.ledger.importing import import_export
from monitors.ledger.retention import RetentionRules
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_rebuild import SqliteRebuild
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from monitors.ledger.sqlite_tidy import SqliteTidy
from monitors.ledger.verify_ledger import verify_ledger
from tests.monitors.ledger.sealed import A_DAY, DAY, KEY, SETTLED_MS, runs_of, sealed, write, written
from tests.monitors.ledger.test_export import contents


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of two sealed days with late runs, roll-ups, a late gap, and a day whose raw runs were let go."""
    path = tmp_path / "ledger.sqlite"
    ledger = written(path, leave_out=(30, 43))
    sealed(path)
    ledger.append([runs_of("dinkes", "obat")[30], runs_of("dinkes", "obat")[43]], life="life-1", heartbeat_ms=SETTLED_MS)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    rollups = SqliteRollups(path)
    rollups.roll(now_ms=(DAY + 2) * DAY_MS, pause=lambda _: None, is_stopped=lambda: False)
    rollups.close()
    sealed(path)
    return path


def export(path: Path, to: Path, agency: str = "") -> Path:
    source = SqliteExport(path)
    try:
        write_export(source, to, agency=agency)
    finally:
        source.close()
    return to


def live_on(path: Path, day: int, life: str = "life-1") -> None:
    ledger = SqliteLedger(path)
    if life != "life-1":
        ledger.open_life(Life(life=life, vantage="local", opened_ms=(day - 1) * DAY_MS))
    ledger.append([], life=life, heartbeat_ms=day * DAY_MS)
    ledger.close()


def test_an_import_has_the_same_export_and_goes_on(path: Path, tmp_path: Path):
    export(path, tmp_path / "out")
    done = import_export(tmp_path / "out", tmp_path / "new.sqlite", [KEY.public])
    assert (done.days, done.runs, done.left_out) == (2, 3 * (A_DAY - 2 + 144) + 2, 0)
    export(tmp_path / "new.sqlite", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")
    kept = b"".join(gzip.decompress(data) for name, data in contents(tmp_path / "out").items() if "rows" in name)
    assert all(f'\n["{kind}",'.encode() in kept for kind in ("entry", "gap", "beat", "rollup", "stretch"))
    assert verify_ledger(tmp_path / "new.sqlite", [KEY.public]).findings == []
    rebuild = SqliteRebuild(tmp_path / "new.sqlite")
    assert rebuild.compare().difference is None
    rebuild.close()
    live_on(tmp_path / "new.sqlite", DAY + 5, life="life-2")
    third, = sealed(tmp_path / "new.sqlite")
    assert third.number == 3
    assert verify_ledger(tmp_path / "new.sqlite", [KEY.public]).findings == []


def test_days_whose_raw_runs_were_let_go_are_the_same_too(path: Path, tmp_path: Path):
    tidy = SqliteTidy(path)
    assert tidy.tidy(
        RetentionRules(raw_days=2), now_ms=(DAY + 4) * DAY_MS, pause=lambda _: None, is_stopped=lambda: False,
    )
    tidy.close()
    live_on(path, DAY + 5)
    sealed(path)
    export(path, tmp_path / "out")
    import_export(tmp_path / "out", tmp_path / "new.sqlite", [KEY.public])
    export(tmp_path / "new.sqlite", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


def test_what_does_not_verify_is_refused_unless_told(path: Path, tmp_path: Path):
    export(path, tmp_path / "out")
    with pytest.raises(LedgerError, match="it does not verify, in 1 places: seal 2"):
        import_export(tmp_path / "out", tmp_path / "new.sqlite", ["00" * 32])
    assert not (tmp_path / "new.sqlite").exists()
    assert import_export(tmp_path / "out", tmp_path / "new.sqlite", None).days == 2
    with pytest.raises(LedgerError, match="nothing is ever written over"):
        import_export(tmp_path / "out", tmp_path / "new.sqlite", None)


def test_a_part_makes_no_ledger_and_a_broken_one_leaves_none(path: Path, tmp_path: Path):
    export(path, tmp_path / "one", "dinkes")
    with pytest.raises(LedgerError, match="of one agency or of some days"):
        import_export(tmp_path / "one", tmp_path / "new.sqlite", None)
    export(path, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "2026-01-02" / "dinkes")
    with pytest.raises(LedgerError):
        import_export(tmp_path / "out", tmp_path / "new.sqlite", None)
    assert not [entry.name for entry in tmp_path.iterdir() if "new" in entry.name]

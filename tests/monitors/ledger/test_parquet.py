"""Runs, stretches and roll-ups as Parquet; a clear sentence where the library is not there."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitors.core.errors import LedgerError, UsageError
from monitors.ledger.parquet import NEEDS, write_parquet
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from tests.factories import NOON_MS
from tests.monitors.ledger.sealed import A_DAY, DAY, LETTERS, write, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    ledger = written(path)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    rollups = SqliteRollups(path)
    rollups.roll(now_ms=(DAY + 2) * DAY_MS, pause=lambda _: None, is_stopped=lambda: False)
    rollups.close()
    return path


def table(path: Path) -> list[dict[str, Any]]:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra: pip install 'siaga24[parquet]'")
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


def test_runs_stretches_and_roll_ups_are_written(path: Path, tmp_path: Path):
    pytest.importorskip("pyarrow", reason="needs the extra: pip install 'siaga24[parquet]'")
    done = write_parquet(path, tmp_path / "out")
    names = ["rollups", "runs-2026-01-01", "runs-2026-01-02", "runs-2026-01-03", "stretches"]
    assert sorted(file.stem for file in (tmp_path / "out").iterdir()) == names
    runs = table(tmp_path / "out" / "runs-2026-01-01.parquet")
    assert len(runs) == 3 * A_DAY
    first = runs[0]
    assert (first["agency"], first["verdict"], first["missed"], first["reason"]) == ("dinkes", "up", False, "")
    assert first["started"] == datetime.fromtimestamp(NOON_MS / 1000, UTC)
    down = [run for run in runs if run["verdict"] == "down" and run["service"] == "obat"]
    assert len(down) == 3
    assert down[0]["failed_step"] == "buka halaman"
    assert "got 503" in down[0]["reason"]
    stretches = table(tmp_path / "out" / "stretches.parquet")
    assert {stretch["verdict"] for stretch in stretches} == {"up", "degraded", "down", "unknown"}
    rollups = table(tmp_path / "out" / "rollups.parquet")
    assert {rollup["service"] for rollup in rollups} == {"antrean", "obat", "ppdb"}
    assert done.rows == len(rollups) + len(stretches) + 3 * len(LETTERS)


def test_of_one_agency_and_one_day(path: Path, tmp_path: Path):
    pytest.importorskip("pyarrow", reason="needs the extra: pip install 'siaga24[parquet]'")
    write_parquet(path, tmp_path / "out", agency="disdik", since="2026-01-02", until="2026-01-02")
    assert sorted(file.stem for file in (tmp_path / "out").iterdir()) == ["rollups", "runs-2026-01-02", "stretches"]
    assert {run["agency"] for run in table(tmp_path / "out" / "runs-2026-01-02.parquet")} == {"disdik"}
    starts = [stretch["start"].date().isoformat() for stretch in table(tmp_path / "out" / "stretches.parquet")]
    assert set(starts) == {"2026-01-02"}
    with pytest.raises(LedgerError, match="nothing is written over"):
        write_parquet(path, tmp_path / "out")


def test_without_the_library_a_sentence_says_what_to_install(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError) as told:
        write_parquet(path, tmp_path / "out")
    assert str(told.value) == NEEDS
    assert not (tmp_path / "out").exists()

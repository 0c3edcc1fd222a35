"""A real sealed ledger is exported, verifies there and where it lies, and tells late, restated and let go rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from monitors.ledger import verify
from monitors.ledger.export import Exported, write_export
from monitors.ledger.export_runs import runs_of as read_runs
from monitors.ledger.export_source import SqliteExport
from monitors.ledger.retention import RetentionRules
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_blocks import SqliteBlocks
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_tidy import SqliteTidy
from monitors.ledger.verify import verify_export
from monitors.ledger.verify_ledger import verify_ledger
from tests.monitors.ledger.sealed import A_DAY, DAY, KEY, SETTLED_MS, runs_of, sealed, write, written
from tests.monitors.ledger.test_export import contents
from tests.tools.independent import independent_faults


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def two_days(path: Path) -> None:
    """Seal two days; two runs of the first came late."""
    ledger = written(path, leave_out=(30, 43))
    sealed(path)
    ledger.append([runs_of("dinkes", "obat")[30], runs_of("dinkes", "obat")[43]], life="life-1", heartbeat_ms=SETTLED_MS)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    sealed(path)
    ledger.close()


def live_on(path: Path) -> None:
    """Let the monitor be heard of some days later."""
    ledger = SqliteLedger(path)
    ledger.append([], life="life-1", heartbeat_ms=(DAY + 5) * DAY_MS)
    ledger.close()


def export(path: Path, to: Path, agency: str = "") -> Exported:
    source = SqliteExport(path)
    try:
        return write_export(source, to, agency=agency)
    finally:
        source.close()


@pytest.mark.parametrize("agency", ["", "dinkes"])
def test_a_sealed_ledger_is_exported_and_verifies(path: Path, tmp_path: Path, agency: str):
    two_days(path)
    done = export(path, tmp_path / "out", agency)
    found = verify_export(tmp_path / "out", [KEY.public])
    assert (found.findings, found.notes) == ([], [])
    assert independent_faults(tmp_path / "out", KEY.public) == []
    services = 2 if agency else 3
    # the second day has 24 hours of six runs; two runs of each service were left out, and two of one came late
    assert done.runs == found.counts.runs == services * (A_DAY - 2 + 144) + 2
    assert (found.counts.late, found.counts.restated) == (2, 1)


def test_an_agencys_export_of_a_real_ledger_names_no_other(path: Path, tmp_path: Path):
    two_days(path)
    export(path, tmp_path / "out", "dinkes")
    for name, data in contents(tmp_path / "out").items():
        plain = gzip.decompress(data) if name.endswith(".gz") else data
        assert b"disdik" not in plain + name.encode()
        assert b"ppdb" not in plain


def test_several_processes_find_the_same(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verify, "WORTH_PROCESSES", 1)
    two_days(path)
    export(path, tmp_path / "out")
    (tmp_path / "out" / "2026-01-02" / "disdik" / "runs.txt.gz").write_bytes(b"")
    found = [verify_export(tmp_path / "out", [KEY.public], workers=workers) for workers in (1, 2)]
    assert found[0].findings == found[1].findings != []
    assert found[0].counts == found[1].counts


def test_it_verifies_where_it_lies(path: Path):
    two_days(path)
    found = verify_ledger(path, [KEY.public])
    assert (found.findings, found.notes) == ([], [])
    assert found.counts.runs == 3 * (A_DAY - 2 + 144) + 2


def test_lines_that_sqlite_writes_are_those_that_blocks_were_made_of(path: Path):
    two_days(path)
    source = SqliteExport(path)
    with source.snapshot():
        blocks = SqliteBlocks(source._db, source._days)
        found = read_runs(source._db, DAY, [1, 2, 3])
        for hour in range(DAY * 24, DAY * 24 + 24):
            for series, lines in blocks.lines(hour, 1, 3).items():
                of = found[series]
                both = [*of.hours.get(hour, []), *(line for _, line in of.late.get(hour, []))]
                assert sorted(line.text for line in both) == sorted(line.text for line in lines)
                assert all((line.evidence is not None) is (not line.text.endswith(",")) for line in both)
    source.close()


def test_late_runs_that_no_seal_covers_yet_are_left_out_and_told(path: Path, tmp_path: Path):
    ledger = written(path, leave_out=(30,))
    sealed(path)
    ledger.append([runs_of("dinkes", "obat")[30]], life="life-1", heartbeat_ms=SETTLED_MS)
    ledger.close()
    assert export(path, tmp_path / "out").runs == 3 * (A_DAY - 1)
    assert verify_export(tmp_path / "out", [KEY.public]).findings == []
    found = verify_ledger(path, [KEY.public])
    assert (found.findings, found.notes) == ([], ["1 runs of sealed days came late and are not sealed yet"])


def test_runs_that_were_let_go_are_told_and_their_blocks_stand(path: Path, tmp_path: Path):
    two_days(path)
    tidy = SqliteTidy(path)
    rules = RetentionRules(raw_days=2)
    now_ms = (DAY + 4) * DAY_MS
    done = tidy.tidy(rules, now_ms=now_ms, pause=lambda _: None, is_stopped=lambda: False)
    tidy.close()
    assert done
    export(path, tmp_path / "early")
    found = verify_export(tmp_path / "early", [KEY.public])
    assert [text.partition(":")[0] for text in found.findings] == ["2026-01-01", "2026-01-02"], found.findings
    live_on(path)
    sealed(path)                                 # the day after: the rows that say so are sealed
    export(path, tmp_path / "out")
    found = verify_export(tmp_path / "out", [KEY.public])
    assert found.findings == []
    assert f"{sum(one.gone for one in done)} raw runs of 2 days" in found.notes[0]
    assert found.counts.gone == sum(one.gone for one in done)
    assert verify_ledger(path, [KEY.public]).findings == []
    assert independent_faults(tmp_path / "out", KEY.public) == []


def test_days_without_anything_are_exported_too(path: Path, tmp_path: Path):
    two_days(path)
    live_on(path)
    sealed(path, 2)
    export(path, tmp_path / "out")
    assert verify_export(tmp_path / "out", [KEY.public]).findings == []
    assert independent_faults(tmp_path / "out", KEY.public) == []

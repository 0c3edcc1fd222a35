"""``siaga24 ledger entries`` over a real file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from monitors.core.entry import EntryKind
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.cli.ledgers import write_ledger
from tests.factories import an_entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = write_ledger(tmp_path / "ledger.sqlite")
    entries = SqliteEntries(path)
    entries.keep_entry(an_entry(agency="", kind=EntryKind.CALENDAR, by="kementerian", body={"version": "2026-1"}))
    entries.keep_entry(an_entry(agency="disdukcapil-jayapura", body={"result": "done", "services": ["akta"]}))
    entries.keep_entry(an_entry(agency="dinkes-bandung", service="antrean", signature="ab" * 64, by="=SUM(1)"))
    entries.close()
    return path


def run(path: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["ledger", "entries", "--ledger", str(path), *args], catch_exceptions=False)


def test_the_table_says_who_told_what_of_whom_by_the_agencys_clock(path: Path):
    lines = run(path).output.splitlines()
    assert next(line.split() for line in lines if "deployment" in line) == [
        "2", "1", "Jan", "2026", "14:00:00", "WIT", "deployment", "disdukcapil-jayapura", "petugas", "no", "result",
        "done,", "services", '["akta"]',
    ]
    rows = [line for line in lines if "2026" in line]
    assert " all " in rows[0]
    assert "dinkes-bandung/antrean" in rows[2]
    assert " yes " in rows[2]


def test_json_has_the_body_whole_and_a_kind_narrows(path: Path):
    (only,) = json.loads(run(path, "disdukcapil-jayapura", "--kind", "deployment", "--json").output)
    assert only["body"] == {"result": "done", "services": ["akta"]}
    assert only["at"] == "2026-01-01T14:00:00.000+09:00"
    assert [one["number"] for one in json.loads(run(path, "dinkes-bandung/antrean", "--json").output)] == [1, 3]


def test_csv_runs_no_formula(path: Path):
    rows = list(csv.DictReader(io.StringIO(run(path, "--output", "csv").output)))
    assert rows[2]["by"] == "'=SUM(1)"
    assert json.loads(rows[2]["body"]) == {"result": "done"}


def test_nothing_told_is_said(tmp_path: Path):
    path = write_ledger(tmp_path / "other.sqlite")
    assert run(path, "dinkes-bandung").output == "nothing was told of dinkes-bandung\n"

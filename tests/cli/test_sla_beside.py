"""``siaga24 sla show``: beside the measured figure stand the corrected one, the one without maintenance, what is disputed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import sla as sla_module
from cli.main import main
from monitors.core.entry import Entry, EntryKind
from monitors.ledger.keys import PrivateKey
from monitors.ledger.signatures import registration, signed
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.cli.ledgers import END_MS, write_ledger
from tests.factories import NOON_MS, an_entry

SITI, BUDI = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
DAY = 86_400_000
RANGE = ("--from", "2026-01-01T12:00", "--to", "2026-01-01T12:05")


def told(kind: EntryKind, **given) -> Entry:
    return an_entry(**{"kind": kind, "agency": "dinkes-bandung", "service": "antrean", "at_ms": END_MS, **given})


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch) -> Path:
    """antrean was down from 12:01:30 to 12:03:00."""
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 1_500)
    path = write_ledger(tmp_path / "ledger.sqlite")
    keep(path, registration(SITI, "Siti", NOON_MS), registration(BUDI, "Budi", NOON_MS))
    return path


def keep(path: Path, *entries: Entry) -> list[int]:
    ledger = SqliteEntries(path)
    numbers = [ledger.keep_entry(entry).number for entry in entries]
    ledger.close()
    return numbers


def dispute(path: Path, start_s: int, end_s: int) -> int:
    (number,) = keep(path, signed(told(EntryKind.DISPUTE, by="Siti", body={
        "act": "open", "claim": "up", "reason": "r", "start_ms": NOON_MS + start_s * 1_000,
        "end_ms": NOON_MS + end_s * 1_000,
    }), SITI))
    return number


def rule(path: Path, number: int, key: PrivateKey = BUDI, by: str = "Budi") -> None:
    keep(path, signed(told(EntryKind.CORRECTION, by=by, body={
        "dispute": number, "outcome": "upheld", "verdict": "up", "reason": "r",
    }), key))


def show(path: Path, *args: str) -> str:
    result = CliRunner().invoke(main, ["sla", "show", "dinkes-bandung/antrean", "--ledger", str(path), *args])
    assert result.exit_code == 0, result.output
    return result.output


def plain(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(show(path, *RANGE, "--json"))[0]["services"][0]
    return found


def test_disputed_time_is_marked_and_counts_as_measured_until_the_ruling(ledger: Path):
    number = dispute(ledger, 90, 150)
    found = plain(ledger)
    assert (found["disputed_ms"], found["down_ms"]) == (60_000, 90_000)
    assert "corrected" not in found
    assert f"1 min disputed and not ruled upon (dispute {number})" in show(ledger, *RANGE)


def test_after_the_ruling_the_original_and_the_corrected_figure_stand_beside_each_other(ledger: Path):
    """90 s of 300 s down; 60 s of them are ruled to have been up: 30 s are left, 90 % instead of 70 %."""
    number = dispute(ledger, 90, 150)
    rule(ledger, number)
    found = plain(ledger)
    assert (found["availability_percent"], found["down_ms"], found["disputed_ms"]) == (70.0, 90_000, 0)
    assert (found["corrected"]["availability_percent"], found["corrected"]["down_ms"]) == (90.0, 30_000)
    assert found["corrected"]["disputes"] == [number]
    assert (
        f"corrected by the ruling on dispute {number}: 90.000 % available, down 30 s, running; measured 70.000 %, "
        "down 1 min 30 s, broken"
    ) in show(ledger, *RANGE)
    (row,) = csv.DictReader(io.StringIO(show(ledger, *RANGE, "--output", "csv")))
    assert (row["availability_percent"], row["corrected_availability_percent"]) == ("70.0", "90.0")


def test_the_agencys_total_stands_as_measured_and_as_corrected(ledger: Path):
    """With rujukan, which was never down: 510 of 600 s as measured, 570 of 600 s as corrected."""
    number = dispute(ledger, 90, 150)

    def agency(*args: str) -> Any:
        return CliRunner().invoke(main, ["sla", "show", "dinkes-bandung", "--ledger", str(ledger), *RANGE, *args]).output

    assert "corrected" not in json.loads(agency("--json"))[0]
    assert "as corrected" not in agency()
    rule(ledger, number)
    (found,) = json.loads(agency("--json"))
    assert (found["availability_percent"], found["down_ms"]) == (85.0, 90_000)
    assert (found["corrected"]["availability_percent"], found["corrected"]["down_ms"]) == (95.0, 30_000)
    lines = [" ".join(line.split()) for line in agency().splitlines()]
    assert any(line.startswith("dinkes-bandung 85.000 %") for line in lines)
    assert any(line.startswith("as corrected 95.000 %") for line in lines)


def test_a_ruling_by_the_opener_or_with_a_key_of_nobody_corrects_nothing(ledger: Path):
    number = dispute(ledger, 90, 150)
    rule(ledger, number, SITI, "Siti")
    rule(ledger, number, PrivateKey(b"\x03" * 32), "Budi")
    rule(ledger, number, SITI, "Budi")
    found = plain(ledger)
    assert "corrected" not in found
    assert found["disputed_ms"] == 60_000


def test_agreed_maintenance_is_left_out_of_a_second_figure_only(ledger: Path):
    """The window 12:01-12:02 has 30 s of the 90 s of down time: 60 s of 240 s are left, 75 % beside 70 %."""
    window = told(EntryKind.MAINTENANCE, at_ms=NOON_MS - 3 * DAY, by="Siti", body={
        "act": "announce", "start_ms": NOON_MS + 60_000, "end_ms": NOON_MS + 120_000, "reason": "r",
    })
    (number,) = keep(ledger, window)
    assert "not left out: not approved" in show(ledger, *RANGE)
    keep(ledger, told(EntryKind.MAINTENANCE, at_ms=NOON_MS - 2 * DAY, by="Budi", body={"act": "approve", "window": number}))
    found = plain(ledger)
    assert (found["availability_percent"], found["down_ms"]) == (70.0, 90_000)
    second = found["without_agreed_maintenance"]
    assert (second["availability_percent"], second["down_ms"], second["excluded_ms"]) == (75.0, 60_000, 60_000)
    assert "without agreed maintenance (1 min left out): 75.000 % available, down 1 min" in show(ledger, *RANGE)


def test_where_nothing_was_told_nothing_stands_beside(ledger: Path):
    found = plain(ledger)
    assert found["disputed_ms"] == 0
    assert not {"corrected", "without_agreed_maintenance"} & set(found)

"""``siaga24 sla simulate``: what a month would have been under another promise, other hours, another rule."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import sla_simulate as module
from cli.main import main
from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import UsageError
from monitors.core.history import Life
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.cli.ledgers import END_MS, write_ledger
from tests.factories import NOON_MS, a_target, an_entry, some_runs

DAY_MS = 86_400_000
RANGE = ("--from", "2026-01-01T12:00", "--to", "2026-01-01T12:05")
ANTREAN = "dinkes-bandung/antrean"


@pytest.fixture(autouse=True)
def _a_moment_after(monkeypatch) -> None:
    monkeypatch.setattr(module, "now_ms", lambda: END_MS + 120_000)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """antrean was down from 12:01:30 to 12:03:00 of five minutes."""
    return write_ledger(tmp_path / "ledger.sqlite")


def simulate(ledger: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["sla", "simulate", "--ledger", str(ledger), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def plain(ledger: Path, *arguments: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(simulate(ledger, ANTREAN, *arguments, "--json"))
    assert len(found) == 1
    return found[0]


def test_another_target_judges_the_same_figures_anew(ledger: Path):
    """60 s of 300 s are certainly down: 80 % at the most. Possibly down are the first 12 ms, 120.012 s around the outage
    and the 30 s from the last good run on: 49.992 % at the least.
    """
    found = plain(ledger, *RANGE, "--promise", "49.9")
    assert (found["as_promised"]["target_percent"], found["as_promised"]["judgement"]) == (99.5, "broken")
    assert (found["as_asked"]["target_percent"], found["as_asked"]["judgement"]) == (49.9, "kept")
    assert found["as_asked"]["availability_percent"] == found["as_promised"]["availability_percent"] == 70.0
    assert found["as_asked"]["budget_ms"] == 150_300
    assert plain(ledger, *RANGE, "--promise", "50")["as_asked"]["judgement"] == "not proven"
    assert plain(ledger, *RANGE, "--promise", "80.1 %")["as_asked"]["judgement"] == "broken"


def test_other_hours_count_alone(ledger: Path):
    """From 12.02 to 12.05: one minute of three is down. The promise in force covers all five."""
    found = plain(ledger, *RANGE, "--hours", "12:02-24:00")
    assert (found["as_asked"]["counted_ms"], found["as_asked"]["down_ms"]) == (180_000, 60_000)
    assert (found["as_promised"]["counted_ms"], found["as_promised"]["down_ms"]) == (300_000, 90_000)
    assert found["asked"]["week"] == "Mon-Sun 12:02-24:00"


def test_of_a_day_off_no_office_hour_counts(ledger: Path):
    found = plain(ledger, *RANGE, "--rule", "office-hours")
    assert found["as_asked"] is None
    assert found["as_promised"]["down_ms"] == 90_000
    assert "nothing of it counts" in simulate(ledger, *RANGE, "--rule", "office-hours")


def keep(path: Path, *entries: Entry) -> int:
    told = SqliteEntries(path)
    number = max(told.keep_entry(entry).number for entry in entries)
    told.close()
    return number


def test_agreed_maintenance_is_left_out_where_it_is_asked(ledger: Path):
    """12:01-12:02 has 30 s of the 90 s: 60 s of 240 s are left."""
    given: dict[str, Any] = {"kind": EntryKind.MAINTENANCE, "agency": "dinkes-bandung", "service": "antrean"}
    number = keep(ledger, an_entry(**given, at_ms=NOON_MS - 3 * DAY_MS, by="Siti", body={
        "act": "announce", "start_ms": NOON_MS + 60_000, "end_ms": NOON_MS + 120_000, "reason": "r",
    }))
    assert plain(ledger, *RANGE, "--rule", "maintenance-excluded")["as_asked"]["down_ms"] == 90_000   # not approved yet
    keep(ledger, an_entry(**given, at_ms=NOON_MS - 2 * DAY_MS, by="Budi", body={"act": "approve", "window": number}))
    found = plain(ledger, *RANGE, "--rule", "maintenance-excluded")
    assert (found["as_asked"]["counted_ms"], found["as_asked"]["down_ms"]) == (240_000, 60_000)
    assert (found["as_promised"]["counted_ms"], found["as_promised"]["down_ms"]) == (300_000, 90_000)


def test_one_vantage_is_enough_where_it_is_asked(tmp_path: Path):
    """Three vantages, of which one saw it down for 90 s, and two for 30 s of these."""
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path)
    target = a_target(agency="dinkes-bandung")
    for vantage, letters in {"a": "uuudddu", "b": "uuuuduu", "c": "uuuuuuu"}.items():
        life = f"life-{vantage}"
        ledger.open_life(Life(life=life, vantage=vantage, opened_ms=NOON_MS))
        ledger.record_targets([target], life=life, at_ms=NOON_MS)
        runs = [replace(run, agency=target.agency, vantage=vantage, life=life) for run in some_runs(letters)]
        ledger.append(runs, life=life, heartbeat_ms=NOON_MS + 210_000)
    ledger.close()
    found = plain(path, "--from", "2026-01-01T12:00", "--to", "2026-01-01T12:03:30", "--rule", "any-vantage")
    assert (found["as_promised"]["down_ms"], found["as_asked"]["down_ms"]) == (30_000, 90_000)
    assert found["as_asked"]["low_percent"] <= found["as_asked"]["availability_percent"] <= found["as_asked"]["high_percent"]
    assert found["asked"]["quorum"] == "any"


def test_without_a_range_it_is_last_month_by_the_agencys_clock(ledger: Path, monkeypatch):
    assert plain(ledger, "--promise", "99")["window"] == "December 2025"
    monkeypatch.setattr(module, "now_ms", lambda: END_MS + 40 * DAY_MS)
    output = simulate(ledger, ANTREAN, "--promise", "99", "--rule", "all-hours")
    assert "January 2026" in output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert any(line.startswith("dinkes-bandung/antrean promise in force 99.5 % 70.000 %") for line in lines)
    assert any(line.startswith("as asked 99 % 70.000 %") for line in lines)
    assert "asked: 99 %; all 24 hours of every day; agreed maintenance counted; vantages as they are" in lines


@pytest.mark.parametrize(("arguments", "told"), [
    ([], "nothing is asked; give --promise PERCENT, --hours HH:MM-HH:MM or --rule NAME"),
    (["--promise", "100"], '--promise "100": expected percent above 0 and below 100, as 99.9'),
    (["--promise", "tinggi"], '--promise "tinggi": expected percent'),
    (["--hours", "22:00-06:00"], '--hours "22:00-06:00": expected when they begin and end, as 06:00-22:00'),
    (["--hours", "siang"], '--hours "siang": expected when they begin and end'),
    (["--hours", "06:00-22:00", "--rule", "office-hours"], "say each which hours count; give one of them"),
])
def test_wrong_use_is_told(ledger: Path, arguments, told):
    result = CliRunner().invoke(main, ["sla", "simulate", "--ledger", str(ledger), *arguments])
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)

"""``siaga24 sla show``: beside a promise stands what can be proven, whether it was looked often enough, and what is left."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import attribution as attribution_module
from cli import sla as sla_module
from cli.main import main
from cli.sla_outlook import week
from monitors.core.entry import EntryKind
from monitors.core.history import Life
from monitors.core.hours import MIDNIGHT, OfficeWeek
from monitors.core.model import Promise, Target
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.factories import NOON_MS, a_target, an_entry, some_runs

MINUTE_MS = 60_000


def write(path: Path, letters: str, *, vantages: Sequence[str] = ("local",), **given: Any) -> Target:
    """Write runs every 30 s from noon on, 1 January 2026 in Jakarta: the same at each vantage."""
    target = a_target(**given)
    ledger = SqliteLedger(path)
    for vantage in vantages:
        life = f"life-{vantage}"
        ledger.open_life(Life(life=life, vantage=vantage, opened_ms=NOON_MS))
        ledger.record_targets([target], life=life, at_ms=NOON_MS)
        runs = [replace(run, vantage=vantage, life=life) for run in some_runs(letters)]
        ledger.append(runs, life=life, heartbeat_ms=NOON_MS + len(letters) * 30_000)
    ledger.close()
    return target


def show(path: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["sla", "show", "--ledger", str(path), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def plain(path: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(show(path, "--json", *arguments))[0]["services"][0]
    return found


@pytest.fixture
def path(tmp_path: Path, monkeypatch) -> Path:
    """A ledger's place; it is half past twelve there."""
    monkeypatch.setattr(sla_module, "now_ms", lambda: NOON_MS + 30 * MINUTE_MS)
    return tmp_path / "ledger.sqlite"


def test_a_promise_narrower_than_what_can_be_proven_is_told_with_the_limit(path: Path):
    """99.894 %: see the table of the method page for 30 s and 10 s at 0.05 %."""
    write(path, "u" * 60, promise=Promise(target=Decimal("99.9")))
    output = show(path)
    assert "99.9 % is narrower than can be proven: at most 99.894 % with these intervals, deadlines and 1 vantage" in output
    assert "99.894 %   99.9 % running" in output
    assert (plain(path)["provable_percent"], plain(path)["is_provable"]) == (99.894, False)
    (row,) = csv.DictReader(io.StringIO(show(path, "--output", "csv")))
    assert row["provable_percent"] == "99.894"


def test_three_vantages_prove_it(path: Path):
    write(path, "u" * 60, promise=Promise(target=Decimal("99.9")), vantages=("a", "b", "c"))
    found = plain(path)
    assert (found["vantages"], found["provable_percent"], found["is_provable"]) == (3, 99.996, True)
    assert "provable is at most 99.996 %" in show(path)
    assert "narrower than can be proven" not in show(path)


def test_the_runs_that_a_claim_would_need_are_told_with_what_there_was(path: Path):
    write(path, "u" * 50 + "d" * 5 + "u" * 5)
    assert "99.5 % in the long run asks for 598 clean runs, or 947 with 1 outage among them; there were 60" in show(path)
    assert plain(path)["confidence"] == {
        "runs": 60, "failed": 1, "clean_runs_needed": 598, "runs_needed": 947, "is_enough": False,
    }


def test_a_fast_burn_is_found_and_told(path: Path):
    """Ten minutes of the 30 are down, the last ones: 30 min known of the hour are half of it."""
    write(path, "u" * 40 + "d" * 20)
    found = plain(path)
    rates = {one["window_s"]: one["rate"] for one in found["burns"]}
    assert (rates[300], rates[3600], rates[21600]) == (200.0, pytest.approx(200 / 3), None)
    assert [(one["severity"], one["factor"]) for one in found["findings"]] == [("page", 14.4)]
    assert "page: the budget burns 66.6 times as fast as it may over 1 h and 200 times over 5 min" in show(path)


def test_a_budget_that_is_gone_is_told_with_its_moment(path: Path):
    """90 % of half an hour leave 3 min; down from 12.10 on."""
    write(path, "u" * 20 + "d" * 40, promise=Promise(target=Decimal(90)))
    between = ("--from", "2026-01-01T12:00", "--to", "2026-01-01T12:30")
    assert "the budget of 3 min is gone since 1 Jan 2026 12:13:00 WIB" in show(path, *between)
    assert plain(path, *between)["budget_is_gone"] is True
    assert plain(path, *between)["budget_gone_by"] == "2026-01-01T12:13:00+07:00"


def test_only_the_hours_of_the_promise_count_and_they_are_told(path: Path):
    """Promised from 12.10 to 12.20 on each day; down from 12.05 to 12.12."""
    hours = ((time(12, 10), time(12, 20)),) * 7
    write(path, "u" * 10 + "d" * 14 + "u" * 36, promise=Promise(hours=hours))
    found = plain(path, "--from", "2026-01-01T12:00", "--to", "2026-01-01T12:30")
    assert (found["down_ms"], found["up_ms"], found["unknown_ms"]) == (2 * MINUTE_MS, 8 * MINUTE_MS, 0)
    assert (found["observed_ms"], found["not_covered_ms"]) == (10 * MINUTE_MS, 20 * MINUTE_MS)
    assert (found["availability_percent"], found["budget_ms"]) == (80.0, 3_000)
    assert sum(found["split"][part]["observed_ms"] for part in ("office", "outside", "undecided")) == 10 * MINUTE_MS
    assert "the promise covers Mon-Sun 12:10-12:20, and only that counts" in show(path)


def test_an_agencys_own_office_hours_decide_over_the_split(path: Path, monkeypatch):
    """Friday 2 January: counters are open from 11.00 to 13.00 here, and usually from 07.30."""
    monkeypatch.setattr(sla_module, "now_ms", lambda: NOON_MS + 30 * 60 * MINUTE_MS)
    write(path, "u" * 10, office_hours=OfficeWeek(usual=((time(11), time(13)),) * 7))
    day = ("--from", "2026-01-02T10:00", "--to", "2026-01-02T12:00")
    parts = plain(path, *day)["split"]
    assert (parts["office"]["observed_ms"], parts["outside"]["observed_ms"]) == (60 * MINUTE_MS, 60 * MINUTE_MS)


def test_a_week_is_told_by_the_days_that_are_alike():
    day, late = (time(6), time(22)), (time(8), MIDNIGHT)
    assert week((day,) * 7) == "Mon-Sun 06:00-22:00"
    assert week((day, day, None, day, late, late, None)) == "Mon-Tue 06:00-22:00, Thu 06:00-22:00, Fri-Sat 08:00-24:00"


def test_the_worst_vantage_stands_beside_the_headline(path: Path):
    """Jayapura saw it down for 1 min of 30, the two others never."""
    write(path, "u" * 60, vantages=("bandung", "jayapura", "medan"))
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="again", vantage="jayapura", opened_ms=NOON_MS + 30 * MINUTE_MS))
    down = some_runs("dd", started_ms=NOON_MS + 30 * MINUTE_MS)
    ledger.append([replace(run, vantage="jayapura", life="again") for run in down], life="again", heartbeat_ms=NOON_MS + 31 * MINUTE_MS)
    ledger.close()
    between = ("--from", "2026-01-01T12:00", "--to", "2026-01-01T12:31")
    found = plain(path, *between)
    assert found["down_ms"] == 0
    assert found["worst_vantage"] == "jayapura"
    assert {one["vantage"]: one["down_ms"] for one in found["by_vantage"]} == {
        "bandung": 0, "jayapura": MINUTE_MS, "medan": 0,
    }
    lines = [" ".join(line.split()) for line in show(path, *between).splitlines()]
    assert any(line.startswith("worst: jayapura 96.774 %") for line in lines)
    (row,) = csv.DictReader(io.StringIO(show(path, *between, "--output", "csv")))
    assert (row["worst_vantage"], row["worst_vantage_availability_percent"]) == ("jayapura", "96.774")


def test_maintenance_and_attribution_count_the_same_hours_as_the_statement(path: Path, monkeypatch):
    """Promised from 12.10 to 12.20, down from 12.05 to 12.12, agreed maintenance from 12.00 to 12.11."""
    monkeypatch.setattr(attribution_module, "now_ms", lambda: NOON_MS + 30 * MINUTE_MS)
    write(path, "u" * 10 + "d" * 14 + "u" * 36, promise=Promise(hours=((time(12, 10), time(12, 20)),) * 7))
    told = SqliteEntries(path)
    given: dict[str, Any] = {"kind": EntryKind.MAINTENANCE, "service": "antrean"}
    number = told.keep_entry(an_entry(**given, at_ms=NOON_MS - 3 * 1440 * MINUTE_MS, by="Siti", body={
        "act": "announce", "start_ms": NOON_MS, "end_ms": NOON_MS + 11 * MINUTE_MS, "reason": "r",
    })).number
    told.keep_entry(an_entry(
        **given, at_ms=NOON_MS - 2 * 1440 * MINUTE_MS, by="Budi", body={"act": "approve", "window": number},
    ))
    told.close()
    between = ("--from", "2026-01-01T12:00", "--to", "2026-01-01T12:30")
    second = plain(path, *between)["without_agreed_maintenance"]
    assert (second["excluded_ms"], second["down_ms"], second["known_ms"]) == (MINUTE_MS, MINUTE_MS, 9 * MINUTE_MS)
    result = CliRunner().invoke(main, ["attribution", "list", "--ledger", str(path), "--json", *between])
    (owned,) = json.loads(result.output)
    assert owned["down_ms"] == sum(owned["owners_ms"].values()) == 2 * MINUTE_MS

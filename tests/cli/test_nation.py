"""``siaga24 sla nation`` over a real ledger and a real workspace: the headline, the groups, and those not on board."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from monitors.core.entry import EntryKind
from monitors.core.errors import Siaga24Error
from monitors.core.history import Life
from monitors.core.model import Run
from monitors.ledger.keys import PrivateKey
from monitors.ledger.signatures import registration, signed
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs

HOUR_MS, INTERVAL_MS = 3_600_000, 3_600_000
HOURS = 32 * 24
AGENCY = "version: 1\ncode: {code}\nname: {name}\nkind: {kind}\nprovince: {province}\ntime_zone: Asia/Jakarta\nwave: {wave}\nservices: {{}}\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of a run each hour: dinkes kept its promise, disdik broke it; disdukcapil is not on board, bapenda no file."""
    tmp_path = tmp_path_factory.mktemp("nation")
    (tmp_path / "siaga24.yaml").write_text("version: 1\n", encoding="utf-8")
    for code, kind, province, wave in (
        ("dinkes", "city", "jawa-barat", "pilot"), ("disdik", "city", "papua", "rest"),
        ("disdukcapil", "regency", "papua", "rest"),
    ):
        (tmp_path / f"{code}.yaml").write_text(
            AGENCY.format(code=code, name=f"Dinas {code}", kind=kind, province=province, wave=wave), encoding="utf-8",
        )
    slow = (a_transaction(interval_ms=INTERVAL_MS),)
    letters = {"dinkes": "u" * HOURS, "disdik": "u" * 100 + "d" * 9 + "u" * HOURS, "bapenda": "u" * HOURS}
    targets = [
        a_target(agency=agency, transactions=slow, agency_name=f"Dinas {agency}", agency_kind="province", wave="pilot")
        for agency in letters
    ]
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(targets, life="life-1", at_ms=NOON_MS)
    runs: list[Run] = [
        replace(run, agency=agency) for agency, told in letters.items()
        for run in some_runs(told[:HOURS], interval_ms=INTERVAL_MS)
    ]
    ledger.append(runs, life="life-1", heartbeat_ms=max(run.ended_ms for run in runs))
    ledger.close()
    return tmp_path


@pytest.fixture(scope="module")
def workspace(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with all its days rolled up; nobody writes there."""
    path = shutil.copytree(written, tmp_path_factory.mktemp("rolled") / "workspace")
    job = SqliteRollups(path / "ledger.sqlite")
    job.roll(now_ms=NOON_MS + HOURS * HOUR_MS, pause=lambda _: None, is_stopped=lambda: False)
    job.close()
    return path


def run(workspace: Path, *words: str) -> Result:
    given = ["sla", "nation", "-w", str(workspace), "--ledger", str(workspace / "ledger.sqlite"), *words]
    return CliRunner().invoke(main, given, env={"NO_COLOR": "1"})


def test_all_that_are_registered_are_counted_and_shown(workspace: Path):
    found = run(workspace, "--month", "2026-01", "--agencies")
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    assert lines[0] == "January 2026, each agency by its own clock"
    assert lines[1] == "promise kept by 2 of 4 registered agencies (50.000 %), of the 3 on board 66.666 %"
    assert lines[2] == "broken 1, not proven 0, running 0, not on board 1; 3 services"
    assert "bapenda" in found.output
    assert "disdukcapil" in found.output
    assert "not on board" in found.output
    assert "office hours by calendar" in found.output
    assert "\x1b[" not in found.output


def test_programs_get_sums_that_agree_with_each_other(workspace: Path):
    found = json.loads(run(workspace, "--month", "2026-01", "--json").output)
    nation = found["nation"]
    counts = ("kept", "broken", "not_proven", "running", "not_on_board")
    assert sum(nation[name] for name in counts) == nation["registered"] == len(found["agencies"]) == 4
    for grouping in ("by_province", "by_kind", "by_wave"):
        for name in (*counts, "registered", "services"):
            assert sum(group[name] for group in found[grouping]) == nation[name]
        assert sum(group["promised"]["known_ms"] for group in found[grouping]) == nation["promised"]["known_ms"]
    assert nation["promised"]["down_ms"] == 9 * HOUR_MS
    assert found["is_final"]
    agencies = {one["code"]: one for one in found["agencies"]}
    assert agencies["disdukcapil"]["judgement"] == "not on board"
    assert agencies["disdukcapil"]["promised"]["availability_percent"] is None
    assert agencies["disdik"]["province"] == "papua", "what the file says counts"
    assert agencies["bapenda"]["kind"] == "province", "without a file, what was recorded with its services"


def test_what_a_ruling_made_of_it_stands_beside_what_was_measured(workspace: Path, tmp_path: Path):
    """The nine hours that disdik was down are ruled to have been up: it kept its promise, and the ledger stays as it is."""
    shutil.copytree(workspace, tmp_path / "w")
    siti, budi = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
    entries = SqliteEntries(tmp_path / "w" / "ledger.sqlite")
    span = {"start_ms": NOON_MS + 90 * HOUR_MS, "end_ms": NOON_MS + 120 * HOUR_MS}
    entries.keep_entry(registration(siti, "Siti", NOON_MS))
    entries.keep_entry(registration(budi, "Budi", NOON_MS))
    given = {"agency": "disdik", "service": "antrean"}
    opened = entries.keep_entry(signed(an_entry(
        kind=EntryKind.DISPUTE, by="Siti", body={"act": "open", "claim": "up", "reason": "r", **span}, **given,
    ), siti))
    assert json.loads(run(tmp_path / "w", "--month", "2026-01", "--json").output)["corrected"] is None
    entries.keep_entry(signed(an_entry(
        kind=EntryKind.CORRECTION, by="Budi", **given,
        body={"dispute": opened.number, "outcome": "upheld", "verdict": "up", "reason": "r", **span},
    ), budi))
    entries.close()
    found = json.loads(run(tmp_path / "w", "--month", "2026-01", "--json").output)
    assert (found["nation"]["kept"], found["nation"]["promised"]["down_ms"]) == (2, 9 * HOUR_MS)
    laid = found["corrected"]["nation"]
    assert (laid["kept"], laid["broken"], laid["promised"]["down_ms"]) == (3, 0, 0)
    assert laid["promised"]["observed_ms"] == found["nation"]["promised"]["observed_ms"]
    assert laid["outside"]["good_ms"] == found["nation"]["outside"]["good_ms"] + found["nation"]["outside"]["down_ms"]
    assert "as corrected by 1 ruling on disputes: kept by 3 of 4" in run(tmp_path / "w", "--month", "2026-01").output
    rows = list(csv.DictReader(io.StringIO(run(tmp_path / "w", "--month", "2026-01", "-o", "csv").output)))
    assert [row["kept"] for row in rows[:2]] == ["2", "3"]


def test_a_spreadsheet_gets_a_row_for_the_nation_each_group_and_each_agency(workspace: Path):
    rows = list(csv.DictReader(io.StringIO(run(workspace, "--month", "2026-01", "-o", "csv").output)))
    assert [(row["level"], row["name"]) for row in rows[:4]] == [
        ("nation", ""), ("province", "jawa-barat"), ("province", "papua"), ("province", ""),
    ]
    assert [row["name"] for row in rows if row["level"] == "agency"] == ["bapenda", "dinkes", "disdik", "disdukcapil"]


def test_a_month_that_runs_says_up_to_when_it_is_rolled_up(workspace: Path):
    found = run(workspace, "--month", "2026-02")
    assert "running 3, not on board 1" in found.output
    assert "figures of finished days, of every service up to 2 Feb 2026 00:00:00 WIB; they are not final" in found.output


def test_before_any_day_is_rolled_up_nobody_is_on_board_and_it_is_told_why(written: Path):
    found = run(written, "--month", "2026-01")
    assert "not on board 3; 0 services" in found.output
    assert '"siaga24 ledger rollup" now' in found.output


def test_a_month_that_is_none_is_told_with_an_example(workspace: Path):
    found = run(workspace, "--month", "2026-13")
    assert isinstance(found.exception, Siaga24Error)
    assert found.exception.exit_code == 2
    assert "expected YYYY-MM, for example 2026-11" in str(found.exception)


def test_by_hand_days_are_rolled_up_once(written: Path, tmp_path: Path):
    path = str(shutil.copy(written / "ledger.sqlite", tmp_path))

    def by_hand() -> dict[str, int]:
        return dict(json.loads(CliRunner().invoke(main, ["ledger", "rollup", "--ledger", path, "--json"]).output))

    first, second = by_hand(), by_hand()
    assert first["days"] > 3 * 31
    assert first["months"] >= 3
    assert (second["days"], second["anew"], second["months"]) == (0, 0, 0)
    checked = json.loads(CliRunner().invoke(main, ["ledger", "rebuild", "--check", "--ledger", path, "--json"]).output)
    assert (checked["is_same"], checked["rolled_up_days"]) == (True, first["days"])

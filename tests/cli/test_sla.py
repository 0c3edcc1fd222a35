"""``siaga24 sla show``: figures as people and programs get them, from the ledger alone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import sla as sla_module
from cli.main import main
from monitors.core.errors import LedgerError, UsageError
from monitors.ledger.sqlite import SqliteLedger
from tests.cli.ledgers import END_MS, write_ledger
from tests.factories import a_run


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "ledger.sqlite")


@pytest.fixture(autouse=True)
def _the_time_is_that_of_the_ledger(monkeypatch) -> None:
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 1_500)


def show(ledger: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["sla", "show", "--ledger", str(ledger), *arguments])


def shown(ledger: Path, *arguments: str) -> str:
    result = show(ledger, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_table_has_each_agency_with_its_services(ledger: Path):
    """Worked by hand: 90 s of 300 s down leave 70 %. It may have been down in the first 12 ms and from the good run
    at 60 s to the end of the one at 180 s, which leaves 179,976 ms; it was for sure from 90.012 s to 150.012 s.
    """
    lines = [line.split() for line in shown(ledger).splitlines() if line.strip()]
    antrean = next(line for line in lines if line[0] == "antrean")
    assert " ".join(antrean) == (
        "antrean up 70.000 % 100.000 % 59.992 % 80.000 % 1 min 30 s 0 s 3 of 10 3 h 38 min 99.894 % 99.5 % running"
    )
    akta = next(line for line in lines if line[0] == "akta")
    assert akta[1:4] == ["up", "100.000", "%"]
    assert "30 s 1 of 9" in " ".join(akta)
    agency = next(line for line in lines if line[0] == "dinkes-bandung")
    assert agency[1:3] == ["85.000", "%"]


def test_the_table_says_how_far_figures_reach_and_when_the_window_ends(ledger: Path):
    output = shown(ledger)
    assert "January 2026" in output
    assert "open: figures reach to 1 Jan 2026 12:05:00 WIB; the window ends 1 Feb 2026 00:00:00 WIB" in output
    assert "open: figures reach to 1 Jan 2026 14:05:00 WIT; the window ends 1 Feb 2026 00:00:00 WIT" in output
    assert "dinkes-bandung/antrean is counted since 1 Jan 2026 12:00:00 WIB" in output
    assert "no monitor" not in output


def test_on_a_narrow_terminal_each_service_has_lines_of_its_own(ledger: Path, monkeypatch):
    monkeypatch.setattr("cli.output.PIPE_WIDTH", 80)
    output = shown(ledger, "dinkes-bandung/antrean")
    assert "  antrean up  70.000 %  99.5 % running\n" in output
    assert "    coverage 100.000 %, between 59.992 % and 80.000 %\n" in output
    assert max(len(line) for line in output.splitlines() if not line.startswith(("open", "dinkes-bandung/"))) <= 80


def test_a_monitor_that_is_gone_is_told_and_its_time_is_unknown(ledger: Path, monkeypatch):
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 300_000)
    output = shown(ledger, "dinkes-bandung/rujukan")
    assert "no monitor has given a sign of life since 1 Jan 2026 12:05:00 WIB" in output
    (agency,) = json.loads(shown(ledger, "dinkes-bandung/rujukan", "--json"))
    (service,) = agency["services"]
    assert (service["unknown_ms"], service["verdict_now"], service["coverage_percent"]) == (300_000, "unknown", 50.0)
    assert agency["is_watched"] is False


def test_json_has_whole_milliseconds_and_local_times(ledger: Path):
    agencies = json.loads(shown(ledger, "--output", "json"))
    assert [one["agency"] for one in agencies] == ["dinkes-bandung", "disdukcapil-jayapura"]
    antrean = agencies[0]["services"][0]
    parts = ("up_ms", "degraded_ms", "down_ms", "unknown_ms")
    assert [antrean[part] for part in parts] == [210_000, 0, 90_000, 0]
    assert (antrean["possibly_down_ms"], antrean["certainly_down_ms"]) == (120_012 + 12, 60_000)
    assert (antrean["from"], antrean["until"]) == ("2026-01-01T12:00:00.000+07:00", "2026-01-01T12:05:00.000+07:00")
    assert (antrean["runs"], antrean["first_try_failures"], antrean["judgement"]) == (10, 3, "running")
    assert agencies[1]["to"] == "2026-02-01T00:00:00.000+09:00"


def test_csv_has_a_row_for_each_service(ledger: Path):
    rows = list(csv.DictReader(io.StringIO(shown(ledger, "--output", "csv"))))
    assert [(row["agency"], row["service"]) for row in rows] == [
        ("dinkes-bandung", "antrean"), ("dinkes-bandung", "rujukan"), ("disdukcapil-jayapura", "akta"),
    ]
    assert rows[0]["down_ms"] == "90000"
    assert rows[2]["target_percent"] == "99.9"
    assert None not in rows[0]


def test_one_agency_or_one_service_can_be_asked_for(ledger: Path):
    assert "jayapura" not in shown(ledger, "dinkes-bandung")
    assert "rujukan" not in shown(ledger, "dinkes-bandung/antrean")


def test_a_range_is_read_by_the_agencys_clock_and_counts_only_what_lies_in_it(ledger: Path):
    (bandung, jayapura) = json.loads(
        shown(ledger, "--from", "2026-01-01T12:01", "--to", "2026-01-01T12:02", "--json"),
    )
    assert bandung["services"][0]["down_ms"] == 30_000
    assert bandung["services"][0]["runs"] == 2
    assert jayapura["services"][0]["judgement"] is None        # noon in Jayapura was two hours earlier
    same = json.loads(shown(ledger, "--from", "2026-01-01T05:01Z", "--to", "2026-01-01T05:02Z", "--json"))
    akta = same[1]["services"][0]
    assert (akta["degraded_ms"], akta["unknown_ms"]) == (30_000, 30_000)


def test_a_month_before_the_service_was_says_so(ledger: Path):
    output = shown(ledger, "--month", "2025-12", "dinkes-bandung/antrean")
    assert "December 2025" in output
    assert "not in this window" in output
    assert "not on board" in output


def test_a_closed_window_is_judged(ledger: Path, monkeypatch):
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 40 * 86_400_000)
    output = shown(ledger, "--month", "2026-01", "dinkes-bandung")
    assert "99.5 % not proven" in output
    assert "closed and final" in output
    broken = shown(ledger, "--from", "2026-01-01T12:00", "--to", "2026-01-01T12:04", "dinkes-bandung/antrean")
    assert "99.5 % broken" in broken
    kept = shown(ledger, "--from", "2026-01-01T12:00:01", "--to", "2026-01-01T12:04", "dinkes-bandung/rujukan")
    assert "99.5 % kept" in kept


def test_figures_are_read_while_the_monitor_writes(ledger: Path):
    with_more = SqliteLedger(ledger)
    with_more.append(
        [a_run(agency="dinkes-bandung", sequence=10, started_ms=END_MS)], life="life-1", heartbeat_ms=END_MS + 1_000,
    )
    (agency,) = json.loads(shown(ledger, "dinkes-bandung/antrean", "--json"))
    assert agency["services"][0]["runs"] == 11
    assert agency["until"] == "2026-01-01T12:05:01.000+07:00"
    with_more.close()


@pytest.mark.parametrize(("arguments", "told"), [
    (["dinkes"], 'no agency "dinkes" in the ledger; did you mean "dinkes-bandung"; known: dinkes-bandung, disdukcapil'),
    (["dinkes-bandung/antren"], 'did you mean "dinkes-bandung/antrean"; known: dinkes-bandung/antrean, dinkes-bandung/r'),
    (["zzz/antrean"], 'no service "zzz/antrean" in the ledger; known: '),
    (["--month", "2026-13"], 'month "2026-13": expected YYYY-MM, for example 2026-11'),
    (["--month", "2026-01", "--from", "2026-01-02"], "--month names a whole month and does not go with --from or --to"),
    (["--to", "2026-01-02"], "--to alone says no range; give --from too"),
    (["--from", "2026-01-03", "--to", "2026-01-02"], "--from 2026-01-03 does not lie before --to 2026-01-02"),
    (["--from", "kemarin"], '"kemarin": expected a date or a time as 2026-11-24'),
])
def test_wrong_use_is_told_with_what_would_be_right(ledger: Path, arguments: list[str], told: str):
    result = show(ledger, *arguments)
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_without_a_ledger_it_says_what_to_start(tmp_path: Path):
    result = show(tmp_path / "none.sqlite")
    assert isinstance(result.exception, LedgerError)
    assert 'start "siaga24 monitor run" first' in str(result.exception)


def test_an_empty_ledger_is_no_error(tmp_path: Path):
    SqliteLedger(tmp_path / "ledger.sqlite").close()
    assert "the ledger holds no service yet" in shown(tmp_path / "ledger.sqlite")
    assert json.loads(shown(tmp_path / "ledger.sqlite", "--json")) == []
    result = show(tmp_path / "ledger.sqlite", "dinkes")
    assert "it holds none yet" in str(result.exception)


def test_the_ledger_of_the_workspace_is_the_default(workspace_folder: Path, state_folder: Path, tmp_path: Path):
    write_ledger(state_folder / "ledger.sqlite")
    result = CliRunner().invoke(main, ["sla", "show", "--workspace", str(workspace_folder)])
    assert "antrean" in result.output
    nowhere = CliRunner().invoke(main, ["sla", "show", "--workspace", str(tmp_path)])
    assert "is no workspace: it has no siaga24.yaml" in str(nowhere.exception)


def test_the_denominators_are_told(ledger: Path):
    """Two services for five minutes each, 90 s of one down; the one of Jayapura has 30 s unknown."""
    output = shown(ledger)
    assert "dinkes-bandung: available 8 min 30 s of 10 min known, 10 min counted (2 services)\n" in output
    assert "disdukcapil-jayapura: available 4 min 30 s of 4 min 30 s known, 5 min counted (1 service)\n" in output
    bandung = json.loads(shown(ledger, "--json"))[0]
    assert (bandung["services_counted"], bandung["good_ms"], bandung["known_ms"], bandung["observed_ms"]) == (
        2, 510_000, 600_000, 600_000,
    )
    assert (bandung["services"][0]["good_ms"], bandung["services"][0]["known_ms"]) == (210_000, 300_000)


def test_it_tells_what_was_kept_outside_office_hours_by_which_calendar(ledger: Path):
    # noon of 1 January is no office hour: a public holiday
    output = shown(ledger)
    assert "dinkes-bandung outside office hours: 85.000 % available, down 1 min 30 s\n" in output
    assert "dinkes-bandung in office hours: no data available, down 0 s\n" in output
    assert "office hours by calendar id-2026-11\n" in output
    found = json.loads(shown(ledger, "dinkes-bandung/antrean", "--json"))[0]["services"][0]["split"]
    assert found["calendar"] == "id-2026-11"
    assert (found["outside"]["availability_percent"], found["outside"]["down_ms"]) == (70.0, 90_000)
    assert found["office"]["availability_percent"] is None
    assert sum(found[part]["observed_ms"] for part in ("office", "outside", "undecided")) == 300_000

"""``siaga24 incident list`` and ``show``: since when, which step, of what, with the evidence."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import incident as incident_module
from cli.main import main
from monitors.core.errors import UsageError
from monitors.core.evidence import Evidence
from monitors.core.history import Life
from monitors.core.model import Verdict
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.cli.ledgers import END_MS, TARGETS, write_ledger
from tests.factories import NOON_MS, a_run, a_step_result, a_try, an_entry

NAME = "dinkes-bandung/antrean/20260101T050130Z"
LETTERS = {"antrean": "uuuddduuuu", "rujukan": "uuuuuuuudd", "akta": "duuuuuuuuu"}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "ledger.sqlite", LETTERS)


@pytest.fixture(autouse=True)
def _the_time_is_that_of_the_ledger(monkeypatch) -> None:
    monkeypatch.setattr(incident_module, "now_ms", lambda: END_MS + 1_500)


def run(ledger: Path, *arguments: str):
    return CliRunner().invoke(main, ["incident", *arguments, "--ledger", str(ledger)])


def shown(ledger: Path, *arguments: str) -> str:
    result = run(ledger, *arguments)
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_the_list_has_the_newest_first_with_the_failed_step_and_local_time(ledger: Path):
    lines = shown(ledger, "list").splitlines()
    found = [line.split()[0] for line in lines if "/20260101" in line]
    assert found == [
        "dinkes-bandung/rujukan/20260101T050400Z", NAME, "disdukcapil-jayapura/akta/20260101T050000Z",
    ]
    antrean = next(line for line in lines if NAME in line)
    assert "1 Jan 2026 12:01:30 WIB" in antrean
    assert "1 min 30 s   over    buka halaman" in antrean
    assert "expected status 200, got 503" in antrean
    assert "1 Jan 2026 14:00:00 WIT" in next(line for line in lines if "akta" in line)


def test_on_a_narrow_terminal_each_has_lines_of_its_own(ledger: Path, monkeypatch):
    monkeypatch.setattr("cli.output.PIPE_WIDTH", 100)
    output = shown(ledger, "list", "dinkes-bandung/antrean")
    assert output == (
        f"{NAME} over 1 min 30 s down since 1 Jan 2026 12:01:30 WIB\n"
        '  step 1 of 1 "buka halaman": expected status 200, got 503 after 12 ms\n'
    )


def test_only_open_ones_can_be_asked_for(ledger: Path):
    found = json.loads(shown(ledger, "list", "--open", "--json"))
    assert [one["incident"] for one in found] == ["dinkes-bandung/rujukan/20260101T050400Z"]
    assert found[0]["first_good"] is None
    assert "no incident is open" in shown(ledger, "list", "--open", "disdukcapil-jayapura")


def test_json_has_the_four_edges_and_the_cause(ledger: Path):
    (one,) = json.loads(shown(ledger, "list", "dinkes-bandung/antrean", "--json"))
    assert (one["agency"], one["service"], one["is_open"]) == ("dinkes-bandung", "antrean", False)
    assert one["last_good"] == "2026-01-01T12:01:00.000+07:00"
    assert one["first_bad"] == "2026-01-01T12:01:30.000+07:00"
    assert one["last_bad"] == "2026-01-01T12:02:30.024+07:00"
    assert one["first_good"] == "2026-01-01T12:03:00.000+07:00"
    assert (one["down_ms"], one["unknown_ms"], one["failed_step"]) == (90_000, 0, "buka halaman")
    assert one["failing"][0]["runs"] == 3


def test_csv_has_a_row_for_each(ledger: Path):
    rows = list(csv.DictReader(io.StringIO(shown(ledger, "list", "--output", "csv"))))
    assert len(rows) == 3
    assert rows[1]["incident"] == NAME
    assert rows[2]["last_good"] == ""


def test_a_window_shows_what_touches_it(ledger: Path):
    def names(*arguments: str) -> list[str]:
        return [one["service"] for one in json.loads(shown(ledger, "list", *arguments, "--json"))]

    assert names("dinkes-bandung", "--from", "2026-01-01T12:02", "--to", "2026-01-01T12:03") == ["antrean"]
    assert names("dinkes-bandung", "--from", "2026-01-01T12:03:30", "--to", "2026-01-01T12:03:40") == []
    assert names("--month", "2026-01") == ["rujukan", "antrean", "akta"]
    assert "no incident in this time" in shown(ledger, "list", "--month", "2025-12")


def test_show_tells_the_edges_the_step_and_each_step_of_the_telling_runs(ledger: Path):
    output = shown(ledger, "show", NAME)
    lines = output.splitlines()
    assert lines[0].split() == [NAME, "over"]
    assert "Dinas Kesehatan Kota Bandung / Antrean" in output
    for label, moment in (
        ("last good", "1 Jan 2026 12:01:00 WIB"), ("first bad", "1 Jan 2026 12:01:30 WIB"),
        ("last bad", "1 Jan 2026 12:02:30 WIB"), ("first good", "1 Jan 2026 12:03:00 WIB"),
    ):
        assert f"{label:<12}{moment}" in lines
    assert "down        1 min 30 s" in lines
    assert "failed      ambil-nomor: buka halaman, 3 bad runs seen from local since 1 Jan 2026 12:01:30 WIB" in lines
    assert "first bad   down ambil-nomor, run 4, 1 Jan 2026 12:01:30 WIB" in lines
    assert "last bad    down ambil-nomor, run 6, 1 Jan 2026 12:02:30 WIB" in lines
    assert "first good  up ambil-nomor, run 7, 1 Jan 2026 12:03:00 WIB" in lines
    failed = [line.split() for line in lines if "FAILED" in line]
    assert failed[0] == ["1", "buka", "halaman", "FAILED", "503", "0.5", "2.0", "9.0", "0.5", "12.0"]
    assert len(failed) == 4              # two tries of the first and of the last bad run


def test_a_service_alone_means_its_newest_incident(ledger: Path):
    output = shown(ledger, "show", "dinkes-bandung/rujukan")
    assert output.startswith("dinkes-bandung/rujukan/20260101T050400Z open")
    assert "first good  not yet" in output


def test_one_from_the_first_run_on_has_no_good_run_before(ledger: Path):
    output = shown(ledger, "show", "disdukcapil-jayapura/akta")
    assert "last good   none before" in output
    assert "1 bad run seen from local" in output


def test_show_json_has_the_evidence_step_by_step(ledger: Path):
    one = json.loads(shown(ledger, "show", NAME, "--json"))
    assert list(one["runs"]) == ["last_good", "first_bad", "last_bad", "first_good"]
    step = one["runs"]["first_bad"]["tries"][0]["steps"][0]
    assert (step["name"], step["passed"], step["status"], step["phases"]["tls_us"]) == ("buka halaman", False, 503, 2_000)


def test_an_incident_of_long_ago_is_still_shown(ledger: Path, monkeypatch):
    monkeypatch.setattr(incident_module, "now_ms", lambda: END_MS + 400 * 86_400_000)
    assert shown(ledger, "show", NAME).startswith(NAME)
    assert "no incident in this time" in shown(ledger, "list", "disdukcapil-jayapura")


@pytest.mark.parametrize(("name", "told"), [
    ("antrean", 'expected AGENCY/SERVICE or AGENCY/SERVICE/TIME, as "incident list" prints it'),
    ("dinkes-bandung/antren", 'did you mean "dinkes-bandung/antrean"'),
    ("dinkes-bandung/antrean/20260101T050131Z", f'did you mean "{NAME}"'),
])
def test_a_wrong_name_is_told_with_a_near_one(ledger: Path, name: str, told: str):
    result = run(ledger, "show", name)
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_a_service_without_incidents_says_so(tmp_path: Path):
    ledger = write_ledger(tmp_path / "l.sqlite")
    result = run(ledger, "show", "dinkes-bandung/rujukan")
    assert "has had no incident as far as the ledger reaches back" in str(result.exception)


def test_the_pictures_that_a_browser_step_kept_are_named_and_written(tmp_path: Path):
    place = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(place)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(TARGETS, life="life-1", at_ms=NOON_MS)
    evidence = Evidence(request="GET https://a.example/", body="Loket", screenshot=base64.b64encode(b"\xff\xd8\xff" * 4000).decode())
    pictured = a_try(steps=(a_step_result(passed=False, evidence=evidence),))
    ledger.append([a_run(agency="dinkes-bandung", verdict=Verdict.DOWN, tries=(a_try(passed=False), pictured))], life="life-1", heartbeat_ms=END_MS)
    ledger.close()
    folder = tmp_path / "gambar"
    output = shown(place, "show", "dinkes-bandung/antrean", "--pictures", str(folder))
    assert "picture     of the page, 12 kB; incident show --pictures FOLDER writes it" in output
    (file,) = folder.iterdir()
    assert file.name == "dinkes-bandung-antrean-20260101T050000Z-first-bad-try-2-step-1.jpg"
    assert file.read_bytes() == b"\xff\xd8\xff" * 4000


def test_an_incident_without_a_picture_says_so(ledger: Path, tmp_path: Path):
    assert "no picture was kept" in run(ledger, "show", NAME, "--pictures", str(tmp_path / "gambar")).output


def test_what_stands_near_an_incident_is_told(tmp_path: Path):
    path = write_ledger(tmp_path / "near.sqlite", {"antrean": "uuuddduuuu", "rujukan": "uuuddduuuu", "akta": "u" * 10})
    entries = SqliteEntries(path)
    entries.keep_entry(an_entry(
        agency="dinkes-bandung", at_ms=NOON_MS + 60_000, body={"command": "up", "result": "done", "changed": 3},
    ))
    entries.close()
    output = shown(path, "show", NAME)
    assert "deployed    1 Jan 2026 12:01:00 WIB stack up by petugas: changed 3 resources" in output
    assert (
        "together    2 of 3 services of host antrean.dinkes.example failed within one interval: dinkes-bandung/antrean, "
        "dinkes-bandung/rujukan"
    ) in output
    plain = json.loads(shown(path, "show", NAME, "--json"))
    assert [one["number"] for one in plain["deployments"]] == [1]
    assert [one["services"] for one in plain["common_causes"]] == [["dinkes-bandung/antrean", "dinkes-bandung/rujukan"]]


def test_outages_that_flap_are_listed_as_one_whose_name_is_the_first_ones_wherever_the_window_begins(tmp_path: Path):
    path = write_ledger(tmp_path / "flaps.sqlite", {"antrean": "uuuduuuduu", "rujukan": "u" * 10, "akta": "u" * 10})
    for window in ((), ("--from", "2026-01-01T12:03", "--to", "2026-01-01T12:05")):
        (one,) = json.loads(shown(path, "list", "--json", *window))
        assert (one["incident"], one["outages"], one["down_ms"], one["good_between_ms"]) == (NAME, 2, 60_000, 90_000)
    assert "flapping    2 outages, 1 min 30 s good between them" in shown(path, "show", NAME)

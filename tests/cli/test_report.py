"""``siaga24 report``: drafts, versions that are recorded before they are written, and reissues that say what changed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import report as report_module
from cli import report_issue
from cli import sla as sla_module
from cli.main import main
from monitors import calendars, figures
from monitors.core.entry import EntryKind
from monitors.core.window import moment
from monitors.ledger.keys import generate
from monitors.ledger.signatures import registration, verifier
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.reports import gather
from monitors.reports.issue import issued
from tests.cli.ledgers import END_MS, write_ledger
from tests.cli.test_sla_beside import BUDI, SITI, dispute, keep, rule
from tests.factories import NOON_MS

AGENCY = "dinkes-bandung"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch) -> Path:
    """A month that is over: the monitor watched five minutes of it, and antrean was down in them."""
    monkeypatch.setattr(report_module, "now_ms", lambda: END_MS + 40 * 86_400_000)
    path = write_ledger(tmp_path / "ledger.sqlite")
    keep(path, registration(SITI, "Siti", NOON_MS), registration(BUDI, "Budi", NOON_MS))
    return path


def run(ledger: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["report", *args, "--ledger", str(ledger)])


def monthly(ledger: Path, *args: str, out: str = "out") -> dict[str, Any]:
    result = run(ledger, "monthly", "--agency", AGENCY, "--month", "2026-01", "--out", str(ledger.parent / out), "--json",
                 *args)
    assert result.exit_code == 0, result.output + str(result.exception)
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def error(ledger: Path, *args: str) -> str:
    result = run(ledger, *args)
    assert result.exit_code != 0
    return str(result.exception)


def test_a_report_that_is_not_issued_is_a_draft_and_records_nothing(ledger):
    told = monthly(ledger, "--format", "html,csv")
    assert (told["state"], told["version"], told["recorded"]) == ("draft", 0, False)
    assert [Path(one["path"]).name for one in told["files"]] == [
        "siaga24-dinkes-bandung-2026-01-draft-id.html", "siaga24-dinkes-bandung-2026-01-draft-services.csv",
        "siaga24-dinkes-bandung-2026-01-draft-incidents.csv",
    ]
    assert entries(ledger) == []


def test_what_was_issued_is_recorded_with_its_digest_and_made_again_with_the_same_bytes(ledger):
    first = monthly(ledger, "--format", "pdf,xlsx,csv,html", "--issue", "--by", "Siti")
    assert (first["state"], first["version"], first["recorded"]) == ("final", 1, True)
    again = monthly(ledger, "--format", "pdf,xlsx,csv,html", out="again")
    assert again["state"] == "final"
    assert [one["sha256"] for one in again["files"]] == [one["sha256"] for one in first["files"]]
    for one in again["files"]:
        assert hashlib.sha256(Path(one["path"]).read_bytes()).hexdigest() == one["sha256"]
    (listed,) = json.loads(run(ledger, "list", "--json").stdout)
    assert listed["files"] == {Path(one["path"]).name: one["sha256"] for one in first["files"]}
    assert (listed["report"], listed["by"], listed["is_signed"]) == ("monthly/2026-01", "Siti", False)


def test_a_ruling_makes_the_next_version_which_says_what_changed_and_leaves_the_first(ledger):
    monthly(ledger, "--format", "html", "--issue", "--by", "Siti")
    first = ledger.parent / "out" / "siaga24-dinkes-bandung-2026-01-v1-id.html"
    before = first.read_bytes()
    rule(ledger, dispute(ledger, 90, 180))
    draft = monthly(ledger, "--format", "html")
    assert draft["state"] == "draft"
    assert "--issue makes version 2" in draft["notes"][0]
    second = monthly(ledger, "--format", "html", "--issue", "--by", "Budi")
    assert (second["state"], second["version"]) == ("reissued", 2)
    changes = {(one["service"], one["figure"]): (one["before"], one["now"]) for one in second["changes"]}
    assert changes["antrean", "down_ms"] == ("90000", "0")
    assert first.read_bytes() == before
    page = (ledger.parent / "out" / "siaga24-dinkes-bandung-2026-01-v2-id.html").read_text()
    assert "DITERBITKAN ULANG, versi 2" in page
    assert "Perubahan sejak versi sebelumnya" in page
    assert " †</td>" in page


def test_an_issued_file_in_the_way_is_refused_before_anything_is_recorded(ledger):
    folder = ledger.parent / "out"
    folder.mkdir()
    (folder / "siaga24-dinkes-bandung-2026-01-v1-id.html").write_text("another")
    said = error(ledger, "monthly", "--agency", AGENCY, "--month", "2026-01", "--out", str(folder), "--format", "html",
                 "--issue", "--by", "Siti")
    assert "never overwritten" in said
    assert entries(ledger) == []


def test_a_month_that_runs_cannot_be_issued(ledger, monkeypatch):
    monkeypatch.setattr(report_module, "now_ms", lambda: END_MS + 1_000)
    said = error(ledger, "monthly", "--agency", AGENCY, "--month", "2026-01", "--out", str(ledger.parent / "out"),
                 "--issue", "--by", "Siti")
    assert "is not final" in said
    assert entries(ledger) == []


def test_a_report_can_be_issued_with_a_signature(ledger, tmp_path):
    keep(ledger, registration(generate(tmp_path / "ani.key"), "Ani", END_MS))
    monthly(ledger, "--format", "csv", "--issue", "--by", "Ani", "--key", str(tmp_path / "ani.key"))
    reader = SqliteEntries(ledger)
    told = reader.entries()
    reader.close()
    (entry,) = (one for one in told if one.kind is EntryKind.REPORT)
    assert verifier(told)(entry)
    (listed,) = json.loads(run(ledger, "list", "--json").stdout)
    assert listed["is_signed"] is True


def test_the_other_language_of_a_version_joins_its_record(ledger):
    monthly(ledger, "--format", "html", "--issue", "--by", "Siti")
    other = monthly(ledger, "--format", "html", "--lang", "en")
    assert (other["state"], other["recorded"]) == ("final", False)
    assert monthly(ledger, "--format", "html", "--lang", "en", "--issue", "--by", "Siti")["version"] == 1
    (listed,) = json.loads(run(ledger, "list", "--json").stdout)
    assert len(listed["files"]) == 2


def test_a_quarter_stands_its_months_side_by_side_and_is_kept_only_if_all_are(ledger):
    result = run(ledger, "quarterly", "--agency", AGENCY, "--quarter", "2026-Q1", "--out", str(ledger.parent / "out"),
                 "--format", "html,csv", "--lang", "en")
    assert result.exit_code == 0, result.output
    page = (ledger.parent / "out" / "siaga24-dinkes-bandung-2026-Q1-draft-en.html").read_text()
    assert "Quarterly report, Quarter 1 of 2026" in page
    assert "January 2026" in page
    assert "February 2026" in page
    assert "kept only if it is in each of its months" in page


@pytest.mark.parametrize(("args", "expected"), [
    (("monthly", "--month", "2026-13", "--agency", AGENCY), 'month "2026-13": expected YYYY-MM'),
    (("monthly", "--month", "November", "--agency", AGENCY), 'month "November": expected YYYY-MM'),
    (("quarterly", "--quarter", "2026-11", "--agency", AGENCY), 'quarter "2026-11": expected YYYY-Qn'),
    (("monthly", "--agency", "dinkes-bandun"), 'did you mean "dinkes-bandung"'),
    (("monthly", "--agency", "dinkes-bandung/antrean"), "expected an agency, not a service"),
    (("monthly",), "the ledger has 2 agencies; give one of them with --agency"),
    (("monthly", "--agency", AGENCY, "--format", "pdf,docx"), '"docx" is no format; expected some of pdf, xlsx, csv, html'),
    (("monthly", "--agency", AGENCY, "--issue"), "give --by NAME"),
])
def test_wrong_use_is_told_in_a_sentence(ledger, args, expected):
    assert expected in error(ledger, *args)


def test_the_usual_period_is_the_last_one_that_is_over(ledger, monkeypatch):
    monkeypatch.chdir(ledger.parent)
    monkeypatch.setattr(report_module, "now_ms", lambda: moment("2026-02-01T00:00+07:00", None))  # type: ignore[arg-type]
    assert run(ledger, "monthly", "--agency", AGENCY, "--format", "csv").exit_code == 0
    assert run(ledger, "quarterly", "--agency", AGENCY, "--format", "csv").exit_code == 0
    assert sorted(path.name for path in ledger.parent.glob("*services.csv")) == [
        "siaga24-dinkes-bandung-2025-Q4-draft-services.csv", "siaga24-dinkes-bandung-2026-01-draft-services.csv",
    ]


def entries(ledger: Path) -> list[object]:
    reader = SqliteEntries(ledger)
    try:
        return list(reader.entries(EntryKind.REPORT))
    finally:
        reader.close()


def test_the_nation_is_reported_from_roll_ups_and_issued_once_they_are_final(ledger, tmp_path):
    folder = ("--out", str(tmp_path / "out"), "--month", "2026-01", "--workspace", str(tmp_path))
    assert "is not final" in error(ledger, "monthly", "--nation", "--issue", "--by", "Siti", *folder)
    assert CliRunner().invoke(main, ["ledger", "rollup", "--ledger", str(ledger)]).exit_code == 0
    result = run(ledger, "monthly", "--nation", "--issue", "--by", "Siti", "--format", "html,csv", "--json", *folder)
    assert result.exit_code == 0, result.output + str(result.exception)
    told = json.loads(result.stdout)
    assert (told["state"], told["version"], told["recorded"]) == ("final", 1, True)
    assert "2 instansi" in (tmp_path / "out" / "siaga24_nation-2026-01-v1-id.html").read_text()
    (listed,) = json.loads(run(ledger, "list", "--json").stdout)
    assert (listed["agency"], listed["report"]) == ("", "monthly/2026-01")
    assert "does not go with --agency" in error(ledger, "monthly", "--nation", "--agency", AGENCY)


def test_the_report_has_the_figures_of_sla_show_to_the_millisecond(ledger, monkeypatch):
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 40 * 86_400_000)
    rule(ledger, dispute(ledger, 90, 120))
    shown = CliRunner().invoke(main, ["sla", "show", AGENCY, "--month", "2026-01", "--json", "--ledger", str(ledger)])
    (agency,) = json.loads(shown.stdout)
    told = monthly(ledger, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(Path(told["files"][0]["path"]).read_text())))
    assert len(rows) == len(agency["services"]) == 2
    for row, one in zip(rows, agency["services"], strict=True):
        for name in (
            "up_ms", "degraded_ms", "down_ms", "unknown_ms", "possibly_down_ms", "certainly_down_ms", "judgement",
            "availability_percent", "coverage_percent", "low_percent", "high_percent",
        ):
            assert row[f"measured_{name}"] == str(one[name]), name
        assert row["measured_outside_down_ms"] == str(one["split"]["outside"]["down_ms"])
    assert rows[0]["down_ms"] == str(agency["services"][0]["corrected"]["down_ms"]) == "60000"
    assert rows[0]["outside_down_ms"] == "60000"  # New Year is no working day


def test_two_who_issue_at_once_do_not_make_one_version_twice(ledger, monkeypatch):
    monthly(ledger, "--format", "html", "--issue", "--by", "Siti")
    # the second one read the ledger before the first had issued
    monkeypatch.setattr(report_issue, "issued", Once(issued))
    said = error(ledger, "monthly", "--agency", AGENCY, "--month", "2026-01", "--out", str(ledger.parent / "other"),
                 "--format", "html", "--issue", "--by", "Budi")
    assert "somebody else issued version 1 meanwhile" in said
    assert len(entries(ledger)) == 1
    assert not (ledger.parent / "other").exists()


class Once:
    """Sees no version the first time it is asked."""

    def __init__(self, true: Any) -> None:
        self._true, self._is_first = true, True

    def __call__(self, *args: Any) -> Any:
        is_first, self._is_first = self._is_first, False
        return () if is_first else self._true(*args)


def test_what_was_issued_is_made_again_by_the_calendar_of_its_time_when_days_off_are_decreed_later(ledger, monkeypatch):
    first = monthly(ledger, "--format", "html", "--issue", "--by", "Siti")
    old = calendars.calendar()
    # by a calendar to come New Year is a working day, so that what was down lay within office hours
    newer = replace(old, version="id-2099-01", public=frozenset(), joint_leave=frozenset())
    for module in (gather, figures):
        monkeypatch.setattr(module, "calendar", lambda version="": old if version == old.version else newer)
    again = monthly(ledger, "--format", "html", out="again")
    assert (again["state"], again["files"][0]["sha256"]) == ("final", first["files"][0]["sha256"])
    second = monthly(ledger, "--format", "html", "--issue", "--by", "Siti")
    assert (second["state"], second["version"]) == ("reissued", 2)
    changed = {(one["service"], one["figure"]): (one["before"], one["now"]) for one in second["changes"]}
    assert changed["antrean", "outside_down_ms"] == ("90000", "0")
    assert ("antrean", "down_ms") not in changed


def test_the_newest_seal_is_printed_as_the_sealing_command_told_it(ledger, tmp_path):
    key = str(tmp_path / "seal.key")
    for words in (("key", "new", key, "--by", "Segel"), ("seal", "--key", key, "--day", "2026-01-02")):
        result = CliRunner().invoke(main, ["ledger", *words, "--ledger", str(ledger)])
    digest = re.findall(r"\b[0-9a-f]{64}\b", result.stdout)[-1]
    told = monthly(ledger, "--format", "html", "--issue", "--by", "Siti")
    page = Path(told["files"][0]["path"]).read_text()
    assert "segel terbaru: 2026-01-02 no. " in page
    assert page.count(f"SHA-256 {digest}") == 2    # at the foot and on the method page
    (listed,) = json.loads(run(ledger, "list", "--json").stdout)
    assert digest in listed["seal"]

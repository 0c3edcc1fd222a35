"""``siaga24 maintenance``: announced by one, approved by another, while the ledger is the monitor's."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import maintenance as module
from cli.main import main
from monitors.core.errors import UsageError
from tests.cli.ledgers import END_MS, write_ledger
from tests.factories import NOON_MS

DAY = 86_400_000


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_ledger(tmp_path / "ledger.sqlite")


def run(ledger: Path, monkeypatch, *args: str, at_ms: int = END_MS) -> Result:
    monkeypatch.setattr(module, "now_ms", lambda: at_ms)
    return CliRunner().invoke(main, ["maintenance", args[0], "--ledger", str(ledger), *args[1:]])


def did(ledger: Path, monkeypatch, *args: str, at_ms: int = END_MS) -> str:
    result = run(ledger, monkeypatch, *args, at_ms=at_ms)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def announce(ledger: Path, monkeypatch, *, at_ms: int = END_MS, to: str = "2026-01-05T00:00") -> str:
    return did(
        ledger, monkeypatch, "announce", "disdukcapil-jayapura/akta", "--from", "2026-01-04T22:00", "--to", to,
        "--reason", "pembaruan", "--by", "Siti", at_ms=at_ms,
    )


def test_a_window_is_announced_by_the_agencys_clock_and_counts_once_another_has_approved_it(ledger: Path, monkeypatch):
    said = announce(ledger, monkeypatch)
    assert "window 1 of disdukcapil-jayapura/akta announced: 4 Jan 2026 22:00:00 WIT to 5 Jan 2026 00:00:00 WIT (2 h)" in said
    assert "siaga24 maintenance approve 1 --by NAME" in said
    assert "second figure: excluded, 2 h" in did(ledger, monkeypatch, "approve", "1", "--by", "Budi")
    (row,) = csv.DictReader(io.StringIO(did(ledger, monkeypatch, "list", "--output", "csv")))
    assert (row["standing"], row["excluded_ms"], row["approved_by"]) == ("excluded", str(2 * 3_600_000), "Budi")


@pytest.mark.parametrize(("by", "said"), [("siti", "expected another person to approve it"), ("  SITI ", "another person")])
def test_nobody_approves_her_own_window_and_nothing_is_recorded(ledger: Path, monkeypatch, by, said):
    announce(ledger, monkeypatch)
    result = run(ledger, monkeypatch, "approve", "1", "--by", by)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    (one,) = json.loads(did(ledger, monkeypatch, "list", "--json"))
    assert one["standing"] == "not approved"


def test_late_notice_is_told_at_once_and_nothing_is_left_out(ledger: Path, monkeypatch):
    late_ms = NOON_MS + 3 * DAY          # 14:00 in Jayapura on 4 January, 8 h before it begins
    assert "nothing is left out (notice too short; notice 8 h, expected 2 d)" in announce(ledger, monkeypatch, at_ms=late_ms)
    assert "notice too short" in did(ledger, monkeypatch, "approve", "1", "--by", "Budi", at_ms=late_ms)
    (one,) = json.loads(did(ledger, monkeypatch, "list", "--json"))
    assert (one["excluded_ms"], one["standing"]) == (0, "notice too short")


def test_what_is_over_the_months_cap_is_not_left_out(ledger: Path, monkeypatch):
    assert "at most 4 h a month" in did(ledger, monkeypatch, "rule")
    did(ledger, monkeypatch, "rule", "--cap-minutes", "90", "--by", "PANRB")
    announce(ledger, monkeypatch)
    did(ledger, monkeypatch, "approve", "2", "--by", "Budi")
    (one,) = json.loads(did(ledger, monkeypatch, "list", "--json"))
    assert one["standing"] == "excluded in part, rest over the month's cap"
    assert one["excluded_ms"] == 90 * 60_000
    assert [piece["from"][11:16] for piece in one["services"][0]["pieces"]] == ["22:00", "23:30"]


def test_a_window_of_the_whole_agency_tells_down_time_and_overrun_of_each_service(ledger: Path, monkeypatch):
    """antrean was down from 12:01:30 to 12:03:00; the window ended at 12:02."""
    did(
        ledger, monkeypatch, "announce", "dinkes-bandung", "--from", "2026-01-01T12:01", "--to", "2026-01-01T12:02",
        "--reason", "pembaruan", "--by", "Siti", at_ms=NOON_MS - 3 * DAY,
    )
    did(ledger, monkeypatch, "approve", "1", "--by", "Budi", at_ms=NOON_MS - 2 * DAY)
    (one,) = json.loads(did(ledger, monkeypatch, "list", "dinkes-bandung", "--json"))
    assert {s["service"]: (s["down_ms"], s["overrun_ms"]) for s in one["services"]} == {
        "antrean": (30_000, 60_000), "rujukan": (0, 0),
    }


def test_a_cancelled_window_counts_no_more(ledger: Path, monkeypatch):
    announce(ledger, monkeypatch)
    did(ledger, monkeypatch, "approve", "1", "--by", "Budi")
    did(ledger, monkeypatch, "cancel", "1", "--by", "Siti", "--reason", "ditunda")
    (one,) = json.loads(did(ledger, monkeypatch, "list", "--json"))
    assert (one["standing"], one["cancelled_by"], one["excluded_ms"]) == ("cancelled", "Siti", 0)
    assert "cancelled by Siti already" in str(run(ledger, monkeypatch, "cancel", "1", "--by", "Siti").exception)


@pytest.mark.parametrize(("args", "said"), [
    (("announce", "dinkes-bandun", "--from", "2026-01-02", "--to", "2026-01-03", "--reason", "x", "--by", "S"),
     'did you mean "dinkes-bandung"'),
    (("announce", "dinkes-bandung", "--from", "2026-01-03", "--to", "2026-01-02", "--reason", "x", "--by", "S"),
     "does not lie before"),
    (("announce", "dinkes-bandung", "--from", "besok", "--to", "2026-01-02", "--reason", "x", "--by", "S"),
     '"besok": expected a date'),
    (("approve", "7", "--by", "Budi"), "there is no maintenance window 7"),
    (("rule", "--cap-minutes", "5"), "give --by NAME"),
])
def test_wrong_use_is_told_and_records_nothing(ledger: Path, monkeypatch, args, said):
    result = run(ledger, monkeypatch, *args)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert json.loads(did(ledger, monkeypatch, "list", "--json")) == []

"""``siaga24 dispute``: opened by one key, answered, ruled upon by another; nothing measured is touched."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import dispute as module
from cli.main import main
from monitors.core.errors import LedgerError, UsageError
from monitors.ledger.sqlite_reader import SqliteReader
from tests.cli.ledgers import END_MS, write_ledger

DAY = 86_400_000
DOWN = ("--from", "2026-01-01T12:01:30", "--to", "2026-01-01T12:03:00")


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    """A folder with a ledger and the registered keys of two people."""
    write_ledger(tmp_path / "ledger.sqlite")
    for who in ("Siti", "Budi"):
        did(tmp_path, monkeypatch, "key", str(tmp_path / f"{who}.key"), "--by", who)
    return tmp_path


def run(place: Path, monkeypatch, *args: str, at_ms: int = END_MS + DAY) -> Result:
    monkeypatch.setattr(module, "now_ms", lambda: at_ms)
    return CliRunner().invoke(main, ["dispute", args[0], "--ledger", str(place / "ledger.sqlite"), *args[1:]])


def did(place: Path, monkeypatch, *args: str, at_ms: int = END_MS + DAY) -> str:
    result = run(place, monkeypatch, *args, at_ms=at_ms)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def by(place: Path, who: str) -> tuple[str, ...]:
    return ("--by", who, "--key", str(place / f"{who}.key"))


def open_one(place: Path, monkeypatch, *more: str) -> int:
    plain = json.loads(did(
        place, monkeypatch, "open", "dinkes-bandung/antrean", *DOWN, "--claim", "up", "--reason", "dapat diakses", "--json",
        *by(place, "Siti"), *more,
    ))
    return int(plain["number"])


def test_a_dispute_is_opened_answered_and_ruled_upon_by_two_people(place: Path, monkeypatch):
    (place / "log.txt").write_text("200 OK\n", encoding="utf-8")
    number = open_one(place, monkeypatch, "--evidence", str(place / "log.txt"))
    said = did(place, monkeypatch, "answer", str(number), "--reason", "benar", "--by", "Tim Siaga")
    assert "answered; 1 Jan 2026 12:01:30 WIB to 1 Jan 2026 12:03:00 WIB is said to have been up" in said
    assert hashlib.sha256(b"200 OK\n").hexdigest() in said
    assert "ruling until 23 Jan 2026" in said
    did(place, monkeypatch, "rule", str(number), "upheld", "--reason", "berita acara", *by(place, "Budi"))
    (row,) = csv.DictReader(io.StringIO(did(place, monkeypatch, "list", "--output", "csv")))
    assert (row["state"], row["opened_by"], row["ruled_by"], row["claim"]) == ("upheld", "Siti", "Budi", "up")
    assert did(place, monkeypatch, "list", "--open") == "no dispute\n"


@pytest.mark.parametrize("outcome", ["upheld", "rejected"])
def test_whoever_opened_it_cannot_rule_and_nothing_is_recorded(place: Path, monkeypatch, outcome):
    number = open_one(place, monkeypatch)
    result = run(place, monkeypatch, "rule", str(number), outcome, "--reason", "r", *by(place, "Siti"))
    assert isinstance(result.exception, UsageError)
    assert "expected another person, with another key" in str(result.exception)
    (one,) = json.loads(did(place, monkeypatch, "list", "--json"))
    assert one["state"] == "open"


def test_nobody_signs_with_anothers_key_or_one_that_is_not_registered(place: Path, monkeypatch):
    args = ("open", "dinkes-bandung/antrean", *DOWN, "--claim", "up", "--reason", "r")
    borrowed = run(place, monkeypatch, *args, "--by", "Siti", "--key", str(place / "Budi.key"))
    assert "this is the key of Budi" in str(borrowed.exception)
    did(place, monkeypatch, "key", str(place / "Budi.key"), "--by", "Budi", "--withdraw")
    assert "was withdrawn" in str(run(place, monkeypatch, *args, *by(place, "Budi")).exception)
    missing = run(place, monkeypatch, *args, "--by", "Siti", "--key", str(place / "none.key"))
    assert isinstance(missing.exception, LedgerError)
    taken = run(place, monkeypatch, "key", str(place / "Siti.key"), "--by", "Budi")
    assert "registered as that of Siti" in str(taken.exception)


def test_a_ruling_may_put_right_a_part_and_not_more_than_was_disputed(place: Path, monkeypatch):
    number = str(open_one(place, monkeypatch))
    wide = run(
        place, monkeypatch, "rule", number, "upheld", "--from", "2026-01-01T12:00", "--to", "2026-01-01T12:02",
        "--reason", "r", *by(place, "Budi"),
    )
    assert "reach beyond the disputed time" in str(wide.exception)
    part = ("--from", "2026-01-01T12:01:30", "--to", "2026-01-01T12:02", "--verdict", "degraded")
    did(place, monkeypatch, "rule", number, "upheld", *part, "--reason", "r", *by(place, "Budi"))
    reader = SqliteReader(place / "ledger.sqlite")
    body = reader.entries()[-1].body
    reader.close()
    assert (body["verdict"], body["end_ms"]) == ("degraded", END_MS - 180_000)


@pytest.mark.parametrize(("args", "said"), [
    (("answer", "99", "--reason", "r", "--by", "X"), "there is no dispute 99"),
    (("open", "dinkes-bandung", *DOWN, "--claim", "up", "--reason", "r"), "a dispute is of one service"),
    (("open", "dinkes-bandung/antrean", "--from", "2026-03-01", "--to", "2026-03-02", "--claim", "up", "--reason", "r"),
     "lies ahead"),
])
def test_wrong_use_is_told(place: Path, monkeypatch, args, said):
    more = by(place, "Siti") if args[0] == "open" else ()
    result = run(place, monkeypatch, *args, *more)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)


def test_after_the_deadline_of_its_month_time_can_no_longer_be_disputed(place: Path, monkeypatch):
    args = ("open", "dinkes-bandung/antrean", *DOWN, "--claim", "up", "--reason", "r", *by(place, "Siti"))
    late = run(place, monkeypatch, *args, at_ms=END_MS + 92 * DAY)
    assert "the time to dispute it is over: that is 60 days after the end of its month" in str(late.exception)


def test_deadlines_that_passed_are_told(place: Path, monkeypatch):
    open_one(place, monkeypatch)
    assert "answer until 9 Jan 2026" in did(place, monkeypatch, "list")
    (one,) = json.loads(did(place, monkeypatch, "list", "--json", at_ms=END_MS + 9 * DAY))
    assert one["overdue"] == "answer"
    assert "(overdue)" in did(place, monkeypatch, "list", at_ms=END_MS + 23 * DAY)


def test_a_second_ruling_is_refused(place: Path, monkeypatch):
    number = str(open_one(place, monkeypatch))
    did(place, monkeypatch, "rule", number, "rejected", "--reason", "r", *by(place, "Budi"))
    again = run(place, monkeypatch, "rule", number, "upheld", "--reason", "r", *by(place, "Budi"))
    assert "was rejected by Budi already" in str(again.exception)

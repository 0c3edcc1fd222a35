"""``siaga24 attribution``: the owners sum to the down time; a signed decision takes its part."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import attribution as module
from cli.main import main
from monitors.core.attribution import Owner, Rule
from monitors.core.entry import EntryKind
from monitors.ledger.keys import generate
from monitors.ledger.signatures import registration
from monitors.ledger.sqlite_entries import SqliteEntries
from tests.cli.ledgers import END_MS, write_ledger
from tests.factories import NOON_MS, an_entry


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """All three services of one host go down within one interval: for 90, 60 and 60 s."""
    path = write_ledger(tmp_path / "ledger.sqlite", {"antrean": "uuuddduuuu", "rujukan": "uuudduuuuu", "akta": "uudduuuuuu"})
    entries = SqliteEntries(path)
    entries.keep_entry(registration(generate(tmp_path / "siti.key"), "Siti", NOON_MS))
    entries.close()
    return tmp_path


def run(place: Path, monkeypatch, *args: str) -> Result:
    monkeypatch.setattr(module, "now_ms", lambda: END_MS + 1_000)
    return CliRunner().invoke(main, ["attribution", args[0], "--ledger", str(place / "ledger.sqlite"), *args[1:]])


def listed(place: Path, monkeypatch, *args: str) -> dict[str, dict[str, Any]]:
    result = run(place, monkeypatch, "list", "--json", *args)
    assert result.exit_code == 0, (result.output, result.exception)
    return {one["service"]: one for one in json.loads(result.output)}


def test_owners_sum_to_down_time_and_the_rule_is_told(place: Path, monkeypatch):
    found = listed(place, monkeypatch)
    nobodys = dict.fromkeys((owner.value for owner in Owner), 0)
    assert {name: (one["down_ms"], one["owners_ms"]) for name, one in found.items()} == {
        "antrean": (90_000, nobodys | {"hosting": 90_000}), "rujukan": (60_000, nobodys | {"hosting": 60_000}),
        "akta": (60_000, nobodys | {"hosting": 60_000}),
    }
    output = run(place, monkeypatch, "list", "dinkes-bandung/antrean").output
    assert Rule.WHOLE_HOST.value in output


def test_where_one_of_the_host_stays_up_it_is_the_applications(tmp_path: Path, monkeypatch):
    write_ledger(tmp_path / "ledger.sqlite", {"antrean": "uuuddduuuu", "rujukan": "u" * 10, "akta": "u" * 10})
    found = listed(tmp_path, monkeypatch)
    assert found["antrean"]["owners_ms"] == dict.fromkeys((o.value for o in Owner), 0) | {"agency application": 90_000}


def test_a_signed_decision_takes_its_part_and_the_rest_stays(place: Path, monkeypatch):
    before = listed(place, monkeypatch, "dinkes-bandung/antrean")["antrean"]
    args = (
        "decide", "dinkes-bandung/antrean", "--from", "2026-01-01T12:02", "--to", "2026-01-01T12:10", "--owner", "network",
        "--reason", "berita acara", "--key", str(place / "siti.key"),
    )
    assert "expected" not in run(place, monkeypatch, *args, "--by", "Siti").output
    after = listed(place, monkeypatch, "dinkes-bandung/antrean")["antrean"]
    assert after["down_ms"] == before["down_ms"]
    assert after["owners_ms"]["network"] == 60_000
    rows = list(csv.DictReader(io.StringIO(run(place, monkeypatch, "list", "--output", "csv").output)))
    assert [row["rule"] for row in rows if row["owner"] == "network"] == [Rule.DECISION.value]


def test_the_down_time_of_a_service_that_vanished_is_nobodys_known_until_its_end(place: Path, monkeypatch):
    """Unknown since the last heartbeat at 12:05; vanished then, and its end is approved for 12:06."""
    entries = SqliteEntries(place / "ledger.sqlite")
    told = {"kind": EntryKind.RETIREMENT, "agency": "dinkes-bandung", "service": "rujukan", "at_ms": END_MS}
    entries.keep_entry(an_entry(**told, body={"act": "vanished"}))
    number = entries.keep_entry(an_entry(**told, by="Siti", body={"act": "propose", "end_ms": END_MS + 60_000})).number
    entries.keep_entry(an_entry(**told, by="Budi", body={"act": "approve", "retirement": number}))
    entries.close()
    monkeypatch.setattr(module, "now_ms", lambda: END_MS + 600_000)
    args = ["attribution", "list", "dinkes-bandung/rujukan", "--json", "--ledger", str(place / "ledger.sqlite")]
    (found,) = json.loads(CliRunner().invoke(main, args).output)
    assert found["down_ms"] == 120_000
    assert (found["owners_ms"]["hosting"], found["owners_ms"]["undetermined"]) == (60_000, 60_000)


def test_nobody_decides_with_a_name_that_is_not_the_keys(place: Path, monkeypatch):
    result = run(
        place, monkeypatch, "decide", "dinkes-bandung", "--from", "2026-01-01T12:00", "--to", "2026-01-01T12:01", "--owner",
        "hosting", "--reason", "r", "--by", "Budi", "--key", str(place / "siti.key"),
    )
    assert "this is the key of Siti" in str(result.exception)

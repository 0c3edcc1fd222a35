"""``siaga24 retirement``: proposed by one, approved by another; what vanished counts as down in ``sla show``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import retirement as module
from cli import sla as sla_module
from cli.main import main
from monitors.core.document import to_document
from tests.cli.ledgers import END_MS, TARGETS, write_ledger

HOUR = 3_600_000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_ledger(tmp_path / "ledger.sqlite")
    return tmp_path


def run(place: Path, monkeypatch, *args: str, at_ms: int = END_MS) -> Result:
    monkeypatch.setattr(module, "now_ms", lambda: at_ms)
    return CliRunner().invoke(main, ["retirement", args[0], "--ledger", str(place / "ledger.sqlite"), *args[1:]])


def did(place: Path, monkeypatch, *args: str, at_ms: int = END_MS) -> str:
    result = run(place, monkeypatch, *args, at_ms=at_ms)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def figures(place: Path, monkeypatch, at_ms: int) -> dict[str, dict[str, Any]]:
    monkeypatch.setattr(sla_module, "now_ms", lambda: at_ms)
    args = ["sla", "show", "dinkes-bandung", "--from", "2026-01-01T12:00", "--to", "2026-01-01T16:05", "--json"]
    result = CliRunner().invoke(main, [*args, "--ledger", str(place / "ledger.sqlite")])
    assert result.exit_code == 0, (result.output, result.exception)
    return {one["service"]: one for one in json.loads(result.output)[0]["services"]}


def targets(place: Path, *services: str) -> str:
    path = place / "targets.json"
    path.write_text(json.dumps(to_document([t for t in TARGETS if t.service in services])), encoding="utf-8")
    return str(path)


def test_a_service_that_vanished_counts_as_down_until_it_is_retired(place: Path, monkeypatch):
    """Unknown since the last heartbeat at 12:05, when the check finds it gone; its end is approved at 14:05."""
    watched = targets(place, "antrean", "akta")
    assert did(place, monkeypatch, "check", "-t", watched) == "dinkes-bandung/rujukan vanished\n"
    assert did(place, monkeypatch, "check", "-t", watched) == "nothing vanished or returned\n"
    before = figures(place, monkeypatch, END_MS + 4 * HOUR)
    assert before["rujukan"]["down_ms"] == 4 * HOUR
    assert before["antrean"]["down_ms"] == 90_000
    did(
        place, monkeypatch, "propose", "dinkes-bandung/rujukan", "--at", "2026-01-01T12:00", "--reason", "SK", "--by",
        "Siti", at_ms=END_MS + HOUR,
    )
    said = did(place, monkeypatch, "approve", "2", "--by", "Budi", at_ms=END_MS + 2 * HOUR)
    assert said == "dinkes-bandung/rujukan ends 1 Jan 2026 14:05:00 WIB\n"
    after = figures(place, monkeypatch, END_MS + 4 * HOUR)
    assert after["rujukan"]["down_ms"] == 2 * HOUR
    assert after["rujukan"]["to"] == "2026-01-01T14:05:00.000+07:00"
    assert [one["what"] for one in json.loads(did(place, monkeypatch, "list", "--json"))] == ["retired", "vanished"]


def test_a_service_that_comes_back_has_returned(place: Path, monkeypatch):
    did(place, monkeypatch, "check", "-t", targets(place, "antrean", "akta"))
    every = targets(place, "antrean", "akta", "rujukan")
    assert did(place, monkeypatch, "check", "-t", every, at_ms=END_MS + HOUR) == "dinkes-bandung/rujukan returned\n"
    assert figures(place, monkeypatch, END_MS + 4 * HOUR)["rujukan"]["down_ms"] == HOUR


@pytest.mark.parametrize(("args", "said"), [
    (("propose", "dinkes-bandung", "--at", "2026-12-31", "--reason", "r", "--by", "S"), "give AGENCY/SERVICE"),
    (("propose", "dinkes-bandung/antrean", "--at", "nanti", "--reason", "r", "--by", "S"), "expected a date"),
    (("approve", "9", "--by", "Budi"), "there is no retirement 9"),
])
def test_wrong_use_is_told(place: Path, monkeypatch, args, said):
    assert said in str(run(place, monkeypatch, *args).exception)


def test_whoever_proposed_it_cannot_approve_it(place: Path, monkeypatch):
    did(place, monkeypatch, "propose", "dinkes-bandung/antrean", "--at", "2026-12-31", "--reason", "r", "--by", "Siti")
    assert "expected another person" in str(run(place, monkeypatch, "approve", "1", "--by", "SITI").exception)

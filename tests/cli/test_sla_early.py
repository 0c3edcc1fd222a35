"""``siaga24 sla early``: a signed decision that a changed promise counts for its own month; and changes as they show."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import sla as sla_module
from cli import sla_early as module
from cli.main import main
from monitors.core.errors import UsageError
from monitors.core.model import Promise
from monitors.ledger.keys import generate
from monitors.ledger.signatures import registration
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.statements import early_promises, figures_now
from tests.cli.ledgers import END_MS, TARGETS, write_ledger
from tests.factories import NOON_MS, a_target

NAME = "dinkes-bandung/antrean"
STRICT = a_target(
    agency="dinkes-bandung", agency_name="Dinas Kesehatan Kota Bandung", promise=Promise(target=Decimal("99.9")),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    """The promise of antrean was changed from 99.5 % to 99.9 % at 12.05; it is a moment later."""
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 2_000)
    monkeypatch.setattr(module, "now_ms", lambda: END_MS + 2_000)
    path = write_ledger(tmp_path / "ledger.sqlite")
    ledger = SqliteLedger(path)
    ledger.record_targets([STRICT, *TARGETS[1:]], life="life-1", at_ms=END_MS)
    ledger.close()
    entries = SqliteEntries(path)
    entries.keep_entry(registration(generate(tmp_path / "siti.key"), "Siti", NOON_MS))
    entries.close()
    return tmp_path


def early(place: Path, name: str = NAME, *more: str) -> Result:
    return CliRunner().invoke(main, [
        "sla", "early", name, "--reason", "SE 12/2026", "--by", "Siti", "--key", str(place / "siti.key"), "--ledger",
        str(place / "ledger.sqlite"), *more,
    ])


def show(place: Path, *more: str) -> str:
    result = CliRunner().invoke(main, ["sla", "show", NAME, "--ledger", str(place / "ledger.sqlite"), *more])
    assert result.exit_code == 0, result.output
    return result.output


def plain(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(show(place, "--json"))[0]["services"][0]
    return found


def test_a_changed_promise_shows_and_counts_from_the_next_month_on(place: Path):
    assert plain(place)["target_percent"] == 99.5
    (change,) = plain(place)["changes"]
    assert change["what"] == ["the promise from 99.5 % to 99.9 %"]
    assert (
        f"{NAME} changed 1 Jan 2026 12:05:00 WIB: the promise from 99.5 % to 99.9 %; the promise counts from the next month on"
    ) in show(place)


def test_by_a_signed_decision_it_counts_at_once_on_all_faces(place: Path):
    result = early(place)
    assert result.exit_code == 0, result.output
    assert "counts for all of January 2026" in result.output
    found = plain(place)
    assert (found["target_percent"], found["changes"][0]["early_decision"]) == (99.9, 2)
    assert "the promise counts for January 2026 already by decision 2 of Siti: SE 12/2026" in show(place)
    reader = SqliteReader(place / "ledger.sqlite")
    metric = figures_now(reader, STRICT, END_MS + 2_000, early_promises(reader))
    reader.close()
    assert metric is not None
    assert (metric[0].target, metric[0].budget_left_ms) == (Decimal("99.9"), found["budget_left_ms"])


def test_the_decision_is_told_for_programs(place: Path):
    told = json.loads(early(place, NAME, "--json").output)
    assert (told["service"], told["month"], told["changed"]) == (
        "antrean", "2026-01", ["the promise from 99.5 % to 99.9 %"],
    )


@pytest.mark.parametrize(("name", "told"), [
    ("dinkes-bandung/rujukan", "its promise was not changed in January 2026"),
    ("dinkes-bandung", "a promise is that of a service; name one, as dinkes-bandung/SERVICE"),
    ("dinkes-bandung/antren", 'did you mean "dinkes-bandung/antrean"'),
])
def test_wrong_use_is_told(place: Path, name: str, told: str):
    result = early(place, name)
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_a_month_later_the_change_is_history(place: Path, monkeypatch):
    monkeypatch.setattr(module, "now_ms", lambda: END_MS + 40 * 86_400_000)
    result = early(place)
    assert isinstance(result.exception, UsageError)
    assert "its promise was not changed in February 2026" in str(result.exception)

"""``siaga24 sla show --quarter``: three months, and what they are together."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import sla as sla_module
from cli.main import main
from monitors.core.errors import UsageError
from tests.cli.ledgers import END_MS, write_ledger

DAY_MS = 86_400_000


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch) -> Path:
    """Five minutes of 1 January 2026, and it is a moment after them."""
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 1_500)
    return write_ledger(tmp_path / "ledger.sqlite")


def show(ledger: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["sla", "show", "--ledger", str(ledger), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_quarter_that_runs_lists_its_months(ledger: Path):
    lines = [" ".join(line.split()) for line in show(ledger, "dinkes-bandung", "--quarter", "2026-Q1").splitlines()]
    assert "2026-Q1" in lines
    assert "agency, service January 2026 February 2026 March 2026 available coverage low high down promise" in lines
    assert (
        "antrean 70.000 %, 99.5 % running - - 70.000 % 100.000 % 59.992 % 80.000 % 1 min 30 s running"
    ) in lines
    assert lines[-1] == "a quarter is kept only if each of its months is"


def test_a_quarter_that_is_over_is_judged_by_its_months(ledger: Path, monkeypatch):
    """Nothing is known after five minutes: coverage is far below 99 %, so no month is proven."""
    monkeypatch.setattr(sla_module, "now_ms", lambda: END_MS + 100 * DAY_MS)
    (agency,) = json.loads(show(ledger, "dinkes-bandung/antrean", "--quarter", "2026-Q1", "--json"))
    (service,) = agency["services"]
    assert (agency["quarter"], agency["judgement"], service["judgement"]) == ("2026-Q1", "not proven", "not proven")
    assert [month["month"] for month in service["months"]] == ["2026-01", "2026-02", "2026-03"]
    assert [month["judgement"] for month in service["months"]] == ["not proven"] * 3
    # 12 h of 1 January lie before the service's life
    assert service["observed_ms"] == 90 * DAY_MS - DAY_MS // 2
    assert service["down_ms"] == 90_000
    assert service["months"][0]["down_ms"] == 90_000


def test_a_quarter_before_the_service_was_is_not_on_board(ledger: Path):
    (row,) = csv.DictReader(io.StringIO(
        show(ledger, "dinkes-bandung/antrean", "--quarter", "2025-Q4", "--output", "csv"),
    ))
    assert (row["judgement"], row["availability_percent"]) == ("not on board", "")


@pytest.mark.parametrize(("arguments", "told"), [
    (["--quarter", "2026-3"], 'quarter "2026-3": expected YYYY-Qn, for example 2026-Q3'),
    (["--quarter", "2026-Q1", "--month", "2026-01"], "--quarter names three months: it does not go with --month"),
])
def test_wrong_use_is_told(ledger: Path, arguments, told):
    result = CliRunner().invoke(main, ["sla", "show", "--ledger", str(ledger), *arguments])
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)

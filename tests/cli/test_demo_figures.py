"""What the demo shows and judges comes from the ledger, of the monitor's newest life."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from rich.console import Console

from cli.demo_figures import figures, result
from cli.demo_table import picture
from monitors.core.history import Life
from monitors.core.model import Promise, Verdict
from monitors.ledger.memory import MemoryLedger
from tests.factories import NOON_MS, a_target, a_transaction, some_runs

FIVE_S = 5_000
TARGET = a_target(
    agency="dinkes", service="antrean", time_zone="Asia/Jayapura", promise=Promise(target=Decimal("99.5")),
    transactions=(a_transaction(name="ambil-nomor", interval_ms=FIVE_S, deadline_ms=2_000),),
)


def recorded(verdicts: str, *, life: str = "life-1", into: MemoryLedger | None = None, at_ms: int = NOON_MS):
    """A ledger with runs 5 s apart from ``at_ms`` on."""
    ledger = into or MemoryLedger()
    runs = some_runs(verdicts, interval_ms=FIVE_S, life=life, started_ms=at_ms)
    ledger.open_life(Life(life=life, vantage="local", opened_ms=at_ms))
    ledger.record_targets([TARGET], life=life, at_ms=at_ms)
    ledger.append(runs, life=life, heartbeat_ms=at_ms + len(verdicts) * FIVE_S)
    return ledger


def end(verdicts: str, at_ms: int = NOON_MS) -> int:
    return at_ms + len(verdicts) * FIVE_S


def test_a_service_is_shown_with_its_verdict_since_when_by_the_agency_s_clock():
    row, = figures(recorded("uudd"), now_ms=end("uudd"))
    assert row.verdict is Verdict.DOWN
    assert row.since == "14:00:10 WIT"           # noon in Jakarta is 14:00 in Jayapura; the third run is 10 s later
    assert not row.is_up
    assert "buka halaman" in row.reason


def test_its_availability_is_that_of_the_statement():
    row, = figures(recorded("uudd"), now_ms=end("uudd"))
    assert row.statement is not None
    assert (row.statement.good_ms, row.statement.known_ms) == (10_000, 20_000)


def test_it_is_up_only_once_it_ran_in_the_newest_life():
    ledger = recorded("uu")
    later = NOON_MS + 600_000
    ledger.open_life(Life(life="life-2", vantage="local", opened_ms=later))
    ledger.record_targets([TARGET], life="life-2", at_ms=later)
    row, = figures(ledger, now_ms=later + 1)
    assert not row.is_up
    assert row.newest == ()
    row, = figures(recorded("u", life="life-3", into=ledger, at_ms=later + 10_000), now_ms=later + 15_000)
    assert row.is_up


def test_an_empty_ledger_shows_nothing():
    assert figures(MemoryLedger(), now_ms=NOON_MS) == ()


def test_all_runs_up_is_a_good_result():
    found = result(recorded("uuuu"), now_ms=end("uuuu"))
    assert (found.is_good, found.services, found.runs) == (True, 1, 4)


@pytest.mark.parametrize(("verdicts", "bad"), [("duuu", 1), ("uuue", 1), ("uu-u", 1), ("nddu", 3)])
def test_one_run_that_is_not_up_makes_it_bad_and_is_told(verdicts, bad):
    found = result(recorded(verdicts), now_ms=end(verdicts))
    assert not found.is_good
    assert found.bad_runs == bad
    assert found.bad[0].startswith("dinkes/antrean ambil-nomor, run ")


def test_runs_of_an_earlier_life_do_not_count():
    ledger = recorded("dd")
    later = NOON_MS + 600_000
    assert result(recorded("uu", life="life-2", into=ledger, at_ms=later), now_ms=later + 10_000).is_good


def test_a_transaction_that_never_ran_makes_it_bad():
    found = result(recorded(""), now_ms=NOON_MS + FIVE_S)
    assert not found.is_good
    assert found.silent == ("dinkes/antrean ambil-nomor",)


def test_the_picture_has_a_line_for_each_service_and_the_reason_below():
    printed = io.StringIO()
    Console(file=printed, width=80).print(picture(figures(recorded("uudd"), now_ms=end("uudd")), "Ctrl-C ends it."))
    text = printed.getvalue()
    assert "  antrean" in text
    assert "…" not in text, "a figure is cut off in 80 columns"
    assert "50.000 %" in text
    assert "100.000 %" in text
    assert 'dinkes/antrean: step 1 of 1 "buka halaman"' in text
    assert "Ctrl-C ends it." in text
